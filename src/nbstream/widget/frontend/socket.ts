/**
 * The one WebSocket of a page, shared by every view of it: rooms, reconnecting, and noticing that it is dead.
 *
 * A WebSocket whose other end has vanished stays "open" for minutes, so silence is answered by a ping, and a ping
 * without an answer by a new connection.
 */

import { Backoff } from "./backoff.ts";

/** Milliseconds of silence before a ping, and for its answer. */
const PING_AFTER = 10_000;
const PONG_WITHIN = 4_000;

/** Milliseconds for a connection to be made. */
const CONNECT_WITHIN = 8_000;

/** Milliseconds that the connection stays without views: a notebook that draws an output anew takes it off first. */
const LINGER = 1_000;

/** The same for one that was made ahead of its first view, which reads its history meanwhile. */
const WARM = 10_000;

/** The server cut off a client that read too slowly; it may come back at once. */
const TOO_SLOW = 4008;

/** One view's place in a room. */
export interface Member {
  readonly agentId: string;
  /** Up to where this view holds everything. */
  readonly since: number;
  frame(content: unknown): void;
  /** The connection was lost; it is being tried again. */
  down(): void;
  /** The connection stands, and the room was asked for. */
  up(): void;
}

/** What is used of a WebSocket. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What tells that the network or the reader is back. */
export interface Surroundings {
  listen(wake: () => void): () => void;
}

export class PageSocket {
  readonly #connect: () => SocketLike;
  readonly #surroundings: Surroundings;
  readonly #backoff: Backoff;
  readonly #members = new Set<Member>();
  #socket: SocketLike | null = null;
  #open = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #unlisten: (() => void) | null = null;

  constructor(connect: () => SocketLike, surroundings: Surroundings, backoff: Backoff = new Backoff()) {
    this.#connect = connect;
    this.#surroundings = surroundings;
    this.#backoff = backoff;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Connects ahead of a view that is about to join. */
  warm(): void {
    if (this.#socket !== null || this.#members.size > 0) return;
    this.#start();
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#members.size === 0 && this.#end(), WARM);
  }

  /** Enters the room of an agent. Returns what leaves it. */
  join(member: Member): () => void {
    clearTimeout(this.#linger);
    this.#members.add(member);
    this.#unlisten ??= this.#surroundings.listen(this.#wake);
    if (this.#socket === null) this.#start();
    else if (this.#open) this.#subscribe(member);
    return () => this.#leave(member);
  }

  #leave(member: Member): void {
    this.#members.delete(member);
    const others = [...this.#members].some((other) => other.agentId === member.agentId);
    if (!others && this.#open) this.#send({ type: "unsubscribe", agent_id: member.agentId });
    if (this.#members.size === 0) this.#linger = setTimeout(() => this.#end(), LINGER);
  }

  #start(): void {
    const socket = this.#connect();
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#lost(event.code === TOO_SLOW);
    this.#after(CONNECT_WITHIN, () => this.#lost(false));
  }

  #opened(): void {
    this.#open = true;
    for (const member of [...this.#members]) this.#subscribe(member);
    this.#expectSilence();
  }

  #subscribe(member: Member): void {
    this.#send({ type: "subscribe", agent_id: member.agentId, since: member.since });
    member.up();
  }

  #received(text: unknown): void {
    this.#backoff.reset();
    this.#expectSilence();
    const content = parsed(text);
    const agentId = (content as { agent_id?: unknown } | null)?.agent_id;
    for (const member of [...this.#members]) if (member.agentId === agentId) member.frame(content);
  }

  /** Takes the connection away, tells every view, and tries again. */
  #lost(atOnce: boolean): void {
    this.#drop();
    for (const member of [...this.#members]) member.down();
    if (this.#members.size > 0) this.#after(atOnce ? 0 : this.#backoff.wait(), () => this.#start());
  }

  #drop(): void {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#open = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #end(): void {
    this.#drop();
    this.#unlisten?.();
    this.#unlisten = null;
  }

  #expectSilence(): void {
    this.#after(PING_AFTER, () => this.#ping());
  }

  #ping(): void {
    this.#send({ type: "ping" });
    this.#after(PONG_WITHIN, () => this.#lost(false));
  }

  #send(content: object): void {
    // A socket that is closing throws nothing and drops what it is given; its close event follows.
    this.#socket?.send(JSON.stringify(content));
  }

  #after(milliseconds: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, milliseconds);
  }

  /** The network or the reader is back: find out now, not at the next turn. */
  readonly #wake = (): void => {
    if (this.#open) this.#ping();
    else if (this.#socket === null && this.#members.size > 0) this.#start();
  };
}

/** Every copy of this code in a page (one per widget, one in the notebook's extension) shares one connection. */
export function sharedSocket(url: string): PageSocket {
  const page = globalThis as { [SOCKETS]?: Map<string, PageSocket> };
  const sockets = (page[SOCKETS] ??= new Map());
  let socket = sockets.get(url);
  if (socket === undefined) {
    socket = new PageSocket(() => new WebSocket(url), browser);
    sockets.set(url, socket);
  }
  return socket;
}

/** Its number changes with `PageSocket`'s methods and `Member`. */
const SOCKETS = Symbol.for("nbstream.sockets.2");

const browser: Surroundings = {
  listen(wake) {
    const seen = (): void => {
      if (document.visibilityState === "visible") wake();
    };
    // `offline` too: a ping tells whether a server on this machine minds.
    for (const name of ["online", "offline"]) window.addEventListener(name, wake);
    document.addEventListener("visibilitychange", seen);
    return () => {
      for (const name of ["online", "offline"]) window.removeEventListener(name, wake);
      document.removeEventListener("visibilitychange", seen);
    };
  },
};

function parsed(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    // Whatever was lost with it shows as a hole, and holes are asked for.
    return null;
  }
}
