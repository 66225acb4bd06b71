/**
 * The Jupyter server that serves this page: where it is, and what its nbstream extension answers by REST.
 *
 * The page's own cookie says who asks. The token that Jupyter puts into the page is not touched: nothing here could
 * leak it.
 */

import { WireError, toMessages, toView } from "./message.ts";
import type { AgentMessage, StatusUpdate } from "./message.ts";

/** Milliseconds for one answer. */
const TIMEOUT = 10_000;

/** Rows asked for at a time; the server may give fewer. */
const PAGE = 1000;

/** Statuses after which asking again changes nothing. */
const FINAL: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 410]);

/** The server answered, and the answer was no. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly status: number;
  readonly reason: string | null;

  constructor(status: number, message: string, reason: string | null) {
    super(message);
    this.status = status;
    this.reason = reason;
  }

  /** Whether it will say the same next time: no extension, no such agent, no right to it. */
  get final(): boolean {
    return FINAL.has(this.status);
  }
}

/** One answer to "what came after N". */
export interface Page {
  readonly messages: readonly AgentMessage[];
  readonly head: number;
  readonly nextSince: number;
  readonly hasMore: boolean;
}

/** What is used of the page. */
export interface Place {
  readonly origin: string;
  cookie(): string;
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

export class Server {
  readonly #base: string;
  readonly #place: Place;
  readonly #fetch: Fetch;

  /** @param base whole and with a slash at its end, for instance that of `/user/bob/` under a hub. */
  constructor(base: string, place: Place, ask: Fetch = (input, init) => fetch(input, init)) {
    this.#base = `${base}nbstream/`;
    this.#place = place;
    this.#fetch = ask;
  }

  get socketUrl(): string {
    return `${this.#base.replace(/^http/, "ws")}ws`;
  }

  /** Where the agent is. Throws `Refused` where this server does not know it. */
  async status(agentId: string): Promise<StatusUpdate> {
    const message = toView(await this.#json("GET", `${agent(agentId)}/status`));
    if (message?.type === "agent:status" || message?.type === "agent:complete") return message;
    throw new WireError("expected an agent's status");
  }

  /** Saved rows after `since`, in order, as many as fit one answer. */
  async page(agentId: string, since: number): Promise<Page> {
    const query = `since=${since}&limit=${PAGE}&compact=true`;
    return toPage(await this.#json("GET", `${agent(agentId)}/messages?${query}`), agentId, since);
  }

  /** The source as received of one row, or null where nothing was kept. */
  async raw(agentId: string, sequenceNumber: number): Promise<string | null> {
    const query = `since=${sequenceNumber - 1}&limit=1&raw=true`;
    const answer = await this.#json("GET", `${agent(agentId)}/messages?${query}`);
    const row: unknown = Array.isArray(member(answer, "messages")) ? (member(answer, "messages") as unknown[])[0] : null;
    const raw = member(row, "raw");
    return member(row, "sequence_number") === sequenceNumber && typeof raw === "string" ? raw : null;
  }

  /** Stops the agent. Throws `Refused` where that was not done. */
  async stop(agentId: string): Promise<void> {
    await this.#request("DELETE", agent(agentId));
  }

  async #json(method: string, path: string): Promise<unknown> {
    return (await this.#request(method, path)).json();
  }

  async #request(method: string, path: string): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    const xsrf = cookieNamed(this.#place.cookie(), "_xsrf");
    if (method !== "GET" && xsrf !== null) headers["X-XSRFToken"] = xsrf;
    const response = await this.#fetch(`${this.#base}api/${path}`, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

/** The server of this page, or null where the page is of no Jupyter server (VS Code, Colab, a saved page). */
export function findServer(document: Document, origin: string): Server | null {
  const text = document.getElementById("jupyter-config-data")?.textContent;
  const base = baseUrl(text ?? "", origin);
  return base === null ? null : new Server(base, { origin, cookie: () => document.cookie });
}

/** The base URL that a Jupyter page's configuration names, or null; another origin's is not taken. */
export function baseUrl(configuration: string, origin: string): string | null {
  try {
    const named = member(JSON.parse(configuration), "baseUrl");
    if (typeof named !== "string") return null;
    const url = new URL(named.endsWith("/") ? named : `${named}/`, origin);
    return url.origin === origin && url.protocol.startsWith("http") ? url.origin + url.pathname : null;
  } catch {
    return null;
  }
}

/** The value of one cookie. Of several with the name, the first: browsers put the longest path first. */
export function cookieNamed(cookies: string, name: string): string | null {
  for (const pair of cookies.split("; ")) if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  return null;
}

function agent(agentId: string): string {
  return `agents/${encodeURIComponent(agentId)}`;
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function toPage(value: unknown, agentId: string, since: number): Page {
  const messages = member(value, "messages");
  const head = member(value, "head");
  const nextSince = member(value, "next_since");
  if (!Array.isArray(messages) || typeof head !== "number" || typeof nextSince !== "number") {
    throw new WireError("expected a page with messages, head and next_since");
  }
  return { messages: toMessages(messages, agentId, since), head, nextSince, hasMore: member(value, "has_more") === true };
}

async function refusal(response: Response): Promise<Refused> {
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // A proxy in between answers in HTML; the status is all there is then.
  }
  const message = member(body, "message");
  const reason = member(body, "reason");
  const said = typeof message === "string" && message !== "" ? message : `the Jupyter server answered ${response.status}`;
  return new Refused(response.status, said, typeof reason === "string" ? reason : null);
}
