/**
 * The renderer of `application/vnd.nbstream.agent+json` for JupyterLab and Notebook: `{"agent_id": …}`, several as
 * `{"agent_ids": […]}`, a run to be played again as `{"agent_id": …, "replay_speed": …}`, one to be opened at a message
 * as `{"agent_id": …, "at": …, "words": […]}`.
 *
 * The output holds the agent's id and a static copy, nothing else. Where this server knows the agent, its live view is
 * mounted; where it does not (somebody else's notebook), the copy's text is shown and says what it is.
 */

import { Backoff } from "./backoff.ts";
import { mountCopy } from "./copy.ts";
import { mountGrid } from "./grid.ts";
import type { StatusUpdate } from "./message.ts";
import { askedOf } from "./place.ts";
import type { Asked } from "./place.ts";
import { mountReplay } from "./replay.ts";
import { Refused, findServer } from "./server.ts";
import type { Page, Server } from "./server.ts";
import { ServerTransport, unreachable } from "./servertransport.ts";
import { mountView } from "./view.ts";

export const MIME = "application/vnd.nbstream.agent+json";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Agents of one output at most: each is a view of its own. */
const AGENTS = 50;

/** What is used of Lumino's `Widget`; the application brings its own. */
interface LuminoWidget {
  readonly node: HTMLElement;
  dispose(): void;
}

/** What is used of an output's model. */
interface MimeModel {
  readonly data: Readonly<Record<string, unknown>>;
}

/** A Lumino widget class with `renderModel`, for the application's renderer factory. */
export function agentRenderer(Widget: new () => LuminoWidget): new () => LuminoWidget {
  return class AgentOutput extends Widget {
    #output: Output | null = null;

    constructor() {
      super();
      this.node.classList.add("nbstream-output");
    }

    /** Called again whenever the output is updated in place; the same agents keep their view. */
    renderModel(model: MimeModel): Promise<void> {
      const ids = agentIds(model.data[MIME]);
      const copy = text(model.data["text/markdown"]) || text(model.data["text/plain"]);
      const speed = replaySpeed(model.data[MIME]);
      const place = placeOf(model.data[MIME]);
      if (this.#output?.shows(ids, speed, place) === true) {
        this.#output.copy = copy;
        return Promise.resolve();
      }
      this.#output?.close();
      this.#output = new Output(this.node, ids, speed, place, copy, findServer(document, location.origin));
      return this.#output.ready;
    }

    override dispose(): void {
      this.#output?.close();
      this.#output = null;
      super.dispose();
    }
  };
}

/** The agents that an output names; anything else in it is not read. */
export function agentIds(data: unknown): string[] {
  if (typeof data !== "object" || data === null) return [];
  const { agent_id, agent_ids } = data as { agent_id?: unknown; agent_ids?: unknown };
  const named: unknown[] = Array.isArray(agent_ids) ? agent_ids : [agent_id];
  return named.filter((id): id is string => typeof id === "string" && UUID.test(id)).slice(0, AGENTS);
}

/** How fast an output plays its agent again; null where it shows it as it is. */
export function replaySpeed(data: unknown): number | null {
  const speed = typeof data === "object" && data !== null ? (data as { replay_speed?: unknown }).replay_speed : null;
  return typeof speed === "number" && speed > 0 && Number.isFinite(speed) ? speed : null;
}

/** Where an output opens its agent; null where it shows the end. */
export function placeOf(data: unknown): Asked | null {
  const { at, words } = (data ?? {}) as { at?: unknown; words?: unknown };
  return askedOf(at, words);
}

/** One output: asks the server once, and again while the answer may still change. */
class Output {
  /** Resolves when something is shown. */
  readonly ready: Promise<void>;
  /** The text of the copy that is saved beside the id. */
  copy: string;
  readonly #node: HTMLElement;
  readonly #ids: readonly string[];
  readonly #speed: number | null;
  readonly #place: Asked | null;
  readonly #server: Server | null;
  readonly #backoff = new Backoff();
  #unmount: (() => void)[] = [];
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(node: HTMLElement, ids: readonly string[], speed: number | null, place: Asked | null, copy: string, server: Server | null) {
    this.#node = node;
    this.#ids = ids;
    this.#speed = speed;
    this.#place = place;
    this.copy = copy;
    this.#server = server;
    this.ready = this.#show();
  }

  shows(...asked: readonly [ids: readonly string[], speed: number | null, place: Asked | null]): boolean {
    return JSON.stringify(asked) === JSON.stringify([this.#ids, this.#speed, this.#place]);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#clear();
  }

  async #show(): Promise<void> {
    const server = this.#server;
    if (server === null || this.#ids.length === 0) {
      this.#showCopy("There is no nbstream server behind this page.");
      return;
    }
    const histories = this.#ids.map((id) => server.page(id, 0));
    for (const history of histories) history.catch(() => undefined);
    const answers = await Promise.allSettled(this.#ids.map((id) => server.status(id)));
    if (this.#closed) return;
    const known = answers.filter((answer) => answer.status === "fulfilled").map((answer) => answer.value);
    if (known.length > 0) this.#showLive(server, known, new Map(this.#ids.map((id, at) => [id, histories[at]!])));
    else this.#showWhy(answers.map((answer) => (answer.status === "rejected" ? answer.reason : null)));
  }

  #showLive(server: Server, known: readonly StatusUpdate[], histories: ReadonlyMap<string, Promise<Page>>): void {
    this.#clear();
    const transports = new Map(
      known.map((status) => {
        const history = histories.get(status.agent_id) ?? null;
        return [status.agent_id, new ServerTransport(server, status, null, new Backoff(), history)] as const;
      }),
    );
    const ids = [...transports.keys()];
    const [only] = ids;
    if (this.#ids.length === 1 && only !== undefined && this.#speed !== null) {
      this.#unmount.push(mountReplay(this.#node, only, transports.get(only)!, this.#speed));
    } else if (this.#ids.length === 1 && only !== undefined) {
      this.#unmount.push(mountView(this.#node, only, transports.get(only)!, { place: this.#place }));
    } else {
      this.#unmount.push(mountGrid(this.#node, ids, (id) => transports.get(id)!));
    }
  }

  #showWhy(reasons: readonly unknown[]): void {
    this.#showCopy(unreachable(reasons[0]));
    if (reasons.some((reason) => !(reason instanceof Refused && reason.final))) {
      this.#retry = setTimeout(() => void this.#show(), this.#backoff.wait());
    }
  }

  #showCopy(why: string): void {
    this.#clear();
    this.#unmount.push(mountCopy(this.#node, this.copy, why));
  }

  #clear(): void {
    for (const unmount of this.#unmount) unmount();
    this.#unmount = [];
  }
}

function text(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join("");
  return typeof value === "string" ? value : "";
}
