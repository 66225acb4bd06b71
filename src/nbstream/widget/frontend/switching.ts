/**
 * Two ways to one agent: by the Jupyter server where it knows the agent, by the kernel's comm where it does not.
 *
 * Both are open all the time and rows are taken from either; what differs is which one is asked, whose troubles are
 * told, and that the kernel keeps quiet while the server speaks.
 */

import type { CommTransport } from "./comm.ts";
import { Cursor } from "./cursor.ts";
import type { ToView } from "./message.ts";
import type { Sink, Transport } from "./transport.ts";

/** Milliseconds for the server's first word; then the kernel is asked too. */
const PATIENCE = 800;

export class SwitchingTransport implements Transport {
  readonly #server: Transport;
  readonly #comm: CommTransport;
  #sink: Sink | null = null;
  #current: "server" | "comm" = "server";
  readonly #cursor = new Cursor();
  #commGone: string | null = null;
  #serverGone = false;
  /** Whether the kernel was asked to keep quiet. */
  #quiet = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(server: Transport, comm: CommTransport) {
    this.#server = server;
    this.#comm = comm;
  }

  get kind(): string {
    return this.#current;
  }

  open(agentId: string, sink: Sink): void {
    this.#sink = sink;
    this.#comm.open(agentId, {
      receive: (message) => this.#fromComm(message),
      gone: (detail) => this.#commLost(detail),
      malformed: (detail) => sink.malformed(detail),
    });
    this.#comm.onQuiet = () => this.#current === "comm" && this.#comm.subscribe(this.#cursor.held);
    this.#server.open(agentId, {
      receive: (message) => this.#fromServer(message),
      gone: () => this.#serverLost(),
      malformed: (detail) => sink.malformed(detail),
    });
    this.#patience = setTimeout(() => this.#serverLost(), PATIENCE);
  }

  subscribe(since: number): void {
    this.#cursor.held = since;
    // A server that was lost or did not know the agent is asked again whenever the view asks for something.
    if (this.#current === "server" || this.#serverGone) this.#server.subscribe(since);
    if (this.#current === "comm") this.#comm.subscribe(since);
  }

  stop(): void {
    this.#active.stop();
  }

  raw(sequenceNumber: number): void {
    this.#active.raw(sequenceNumber);
  }

  close(): void {
    clearTimeout(this.#patience);
    this.#sink = null;
    this.#server.close();
    this.#comm.close();
  }

  get #active(): Transport {
    return this.#current === "server" ? this.#server : this.#comm;
  }

  #fromServer(message: ToView): void {
    clearTimeout(this.#patience);
    this.#serverGone = false;
    if (this.#current === "comm" || !this.#quiet) this.#takeServer();
    this.#pass(message);
  }

  #pass(message: ToView): void {
    this.#cursor.see(message);
    this.#sink?.receive(message);
  }

  #takeServer(): void {
    this.#current = "server";
    this.#quiet = true;
    if (this.#commGone === null) this.#comm.unsubscribe();
  }

  #serverLost(): void {
    clearTimeout(this.#patience);
    this.#serverGone = true;
    if (this.#sink === null) return;
    if (this.#current === "server") {
      this.#current = "comm";
      this.#quiet = false;
      this.#commGone = null;
      this.#comm.subscribe(this.#cursor.held);
    } else if (this.#commGone !== null) {
      this.#sink.gone(this.#commGone);
    }
  }

  #fromComm(message: ToView): void {
    if (this.#current === "comm") this.#commGone = null;
    // Rows are the same from either side; the rest may be older than what the server said.
    if (this.#current === "comm" || message.type === "agent:message") this.#pass(message);
  }

  #commLost(detail: string): void {
    this.#commGone = detail;
    if (this.#current === "server") return;
    this.#sink?.gone(detail);
    this.#server.subscribe(this.#cursor.held);
  }
}
