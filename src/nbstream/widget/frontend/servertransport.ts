/**
 * The transport by the Jupyter server: live rows by the page's WebSocket; holes, history and *Stop* by REST.
 *
 * It needs no kernel, so it works while a cell runs, while the kernel restarts, and after it has died.
 */

import { Backoff } from "./backoff.ts";
import { Cursor } from "./cursor.ts";
import { toView } from "./message.ts";
import type { StatusUpdate } from "./message.ts";
import { Refused } from "./server.ts";
import type { Page, Server } from "./server.ts";
import { sharedSocket } from "./socket.ts";
import type { Member, PageSocket } from "./socket.ts";
import type { Sink, Transport } from "./transport.ts";

/** Milliseconds without the WebSocket before REST is asked in its place, again and again: a short break heals unseen. */
const POLL = 1500;

/** Pages of one question at most; what is missing after them is asked for again. */
const PAGES = 1000;

export class ServerTransport implements Transport, Member {
  readonly kind = "server";
  readonly #server: Server;
  readonly #socket: PageSocket;
  readonly #backoff: Backoff;
  #first: StatusUpdate | null;
  #history: Promise<Page> | null;
  #agentId = "";
  #sink: Sink | null = null;
  readonly #cursor = new Cursor();
  #leave: (() => void) | null = null;
  #asking = false;
  #filling = false;
  #statuses = 0;
  /** Frames of the WebSocket since the view last asked for more (the room's own answer is expected), and their last row. */
  #frames = 0;
  #brought = 0;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param first the agent's status where somebody has just asked for it.
   * @param history its first rows where they are on their way.
   */
  constructor(
    server: Server,
    first: StatusUpdate | null = null,
    socket: PageSocket | null = null,
    backoff = new Backoff(),
    history: Promise<Page> | null = null,
  ) {
    this.#server = server;
    this.#history = history;
    this.#socket = socket ?? sharedSocket(server.socketUrl);
    this.#first = first;
    this.#backoff = backoff;
  }

  get agentId(): string {
    return this.#agentId;
  }

  get since(): number {
    return this.#cursor.held;
  }

  open(agentId: string, sink: Sink): void {
    this.#agentId = agentId;
    this.#sink = sink;
    const first = this.#first;
    this.#first = null;
    if (first === null) void this.#ask();
    else this.#enterSoon(first);
  }

  subscribe(since: number): void {
    this.#cursor.held = since;
    const coming = this.#coming;
    this.#frames = 0;
    if (this.#leave === null) void this.#ask();
    else if (!coming) void this.#fill();
  }

  /** What the WebSocket is bringing, without a hole, need not come by REST too. */
  get #coming(): boolean {
    return this.#socket.open && this.#frames > 0 && this.#brought <= this.#cursor.held;
  }

  stop(): void {
    this.#server.stop(this.#agentId).then(
      () => this.#socket.open || void this.#fill(),
      (error: unknown) => this.#complain(`The agent was not stopped: ${sentence(error)}`, error),
    );
  }

  raw(sequenceNumber: number): void {
    this.#server.raw(this.#agentId, sequenceNumber).then(
      (raw) =>
        this.#sink?.receive({ type: "agent:raw", agent_id: this.#agentId, sequence_number: sequenceNumber, raw }),
      (error: unknown) => this.#complain(`The source of row ${sequenceNumber} was not read: ${sentence(error)}`, error),
    );
  }

  close(): void {
    this.#sink = null;
    this.#exit();
  }

  frame(content: unknown): void {
    const sink = this.#sink;
    if (sink === null) return;
    if ((content as { type?: unknown }).type === "agent:deleted") {
      sink.gone("This agent was deleted from its store.");
      return;
    }
    try {
      const message = toView(content);
      if (message === null) return;
      this.#cursor.see(message);
      this.#frames += 1;
      if (message.type === "agent:message") this.#brought = Math.max(this.#brought, message.messages.at(-1)?.sequence_number ?? 0);
      if (message.type === "agent:status" || message.type === "agent:complete") this.#statuses += 1;
      sink.receive(message);
    } catch (error) {
      sink.malformed(error instanceof Error ? error.message : String(error));
    }
  }

  up(): void {
    clearTimeout(this.#poll);
    this.#poll = undefined;
    this.#frames = 1;
  }

  down(): void {
    this.#poll ??= setTimeout(() => {
      this.#poll = undefined;
      void this.#fill();
      this.down();
    }, POLL);
  }

  /** Asks whether the server knows the agent. A server without our extension never sees a WebSocket. */
  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#retry);
    try {
      this.#enter(await this.#server.status(this.#agentId));
    } catch (error) {
      this.#sink?.gone(unreachable(error));
      const again = !(error instanceof Refused && error.final) && this.#sink !== null;
      if (again) this.#retry = setTimeout(() => void this.#ask(), this.#backoff.wait());
    } finally {
      this.#asking = false;
    }
  }

  /** The view takes nothing before its constructor is through. */
  #enterSoon(status: StatusUpdate): void {
    this.#asking = true;
    queueMicrotask(() => {
      this.#asking = false;
      this.#enter(status);
    });
  }

  #enter(status: StatusUpdate): void {
    if (this.#sink === null) return;
    this.#backoff.reset();
    this.#sink.receive(status);
    const history = this.#history;
    this.#history = null;
    if (history === null) this.#leave ??= this.#socket.join(this);
    else void this.#enterAfter(history);
  }

  /** The rows by REST are there before the WebSocket stands; it is asked only for what comes after them. */
  async #enterAfter(history: Promise<Page>): Promise<void> {
    this.#asking = true;
    this.#socket.warm();
    try {
      this.#take(await history, 0);
    } catch {
      // Then the WebSocket brings all of it.
    }
    this.#asking = false;
    if (this.#sink !== null) this.#leave ??= this.#socket.join(this);
  }

  #take({ messages, head }: Page, after: number): void {
    const batch = { type: "agent:message", agent_id: this.#agentId, messages, head, after } as const;
    this.#cursor.see(batch);
    this.#sink?.receive(batch);
  }

  #exit(): void {
    this.up();
    clearTimeout(this.#retry);
    this.#leave?.();
    this.#leave = null;
  }

  /** Reads what is missing by REST; one question at a time. */
  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    try {
      const heard = this.#statuses;
      const status = await this.#server.status(this.#agentId);
      // What the WebSocket said meanwhile is newer.
      if (heard === this.#statuses) this.#sink?.receive(status);
      await this.#pages();
    } catch (error) {
      if (error instanceof Refused && error.final) this.#refused(error);
      else if (!this.#socket.open) this.#sink?.gone(unreachable(error));
    } finally {
      this.#filling = false;
    }
  }

  async #pages(): Promise<void> {
    let since = this.#cursor.held;
    for (let pages = 0; pages < PAGES && this.#sink !== null; pages += 1) {
      const page = await this.#server.page(this.#agentId, since);
      this.#take(page, since);
      if (!page.hasMore || page.nextSince <= since || this.#coming) return;
      since = Math.max(page.nextSince, this.#cursor.held);
    }
  }

  /** The server knows the agent no more, or not for this person: only a new question can change that. */
  #refused(error: Refused): void {
    this.#exit();
    this.#sink?.gone(unreachable(error));
  }

  #complain(message: string, error: unknown): void {
    const reason = error instanceof Refused ? error.reason : null;
    this.#sink?.receive({ type: "agent:error", agent_id: this.#agentId, message, reason });
  }
}

/** Why the server cannot show the agent, for its reader. */
export function unreachable(error: unknown): string {
  if (!(error instanceof Refused)) return "The Jupyter server does not answer; trying again.";
  switch (error.status) {
    case 401:
    case 403:
      return "The Jupyter server does not let this page read the agent; log in again and reload.";
    case 404:
      return "The Jupyter server does not know this agent.";
    case 410:
      return "This agent was deleted from its store.";
    default:
      return `The Jupyter server could not read the agent: ${error.message}`;
  }
}

function sentence(error: unknown): string {
  if (error instanceof Refused) return error.message;
  return "the Jupyter server does not answer.";
}
