/** The transport over an anywidget model's custom messages: wherever there is a kernel and a widget manager. */

import { toView } from "./message.ts";
import type { FromView } from "./message.ts";
import type { Sink, Transport } from "./transport.ts";

/** What is used of anywidget's model. */
export interface CommModel {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: "msg:custom", listener: (content: unknown) => void): void;
  off(event: "msg:custom", listener: (content: unknown) => void): void;
}

export class CommTransport implements Transport {
  readonly kind = "comm";
  readonly #model: CommModel;
  #agentId = "";
  #sink: Sink | null = null;
  /** Called when another view asked the kernel to keep quiet: who still listens says so by subscribing. */
  onQuiet: () => void = () => this.subscribe(0);

  constructor(model: CommModel) {
    this.#model = model;
  }

  open(agentId: string, sink: Sink): void {
    this.#agentId = agentId;
    this.#sink = sink;
    this.#model.on("msg:custom", this.#listen);
  }

  subscribe(since: number): void {
    this.#send({ type: "subscribe", agent_id: this.#agentId, since });
  }

  /** Asks the kernel to send no more rows: they come by another way. */
  unsubscribe(): void {
    this.#send({ type: "unsubscribe", agent_id: this.#agentId });
  }

  stop(): void {
    this.#send({ type: "stop", agent_id: this.#agentId });
  }

  raw(sequenceNumber: number): void {
    this.#send({ type: "raw", agent_id: this.#agentId, sequence_number: sequenceNumber });
  }

  close(): void {
    this.#model.off("msg:custom", this.#listen);
    this.#sink = null;
  }

  #send(message: FromView): void {
    try {
      this.#model.send(message);
    } catch (error) {
      // After a kernel restart the model stays on the page as a shell: no event tells, but sending throws "Cannot send".
      this.#sink?.gone(error instanceof Error ? error.message : String(error));
    }
  }

  readonly #listen = (content: unknown): void => {
    const sink = this.#sink;
    if (sink === null) return;
    if ((content as { type?: unknown } | null)?.type === "agent:quiet") {
      this.onQuiet();
      return;
    }
    try {
      const message = toView(content);
      if (message !== null && message.agent_id === this.#agentId) sink.receive(message);
    } catch (error) {
      sink.malformed(error instanceof Error ? error.message : String(error));
    }
  };
}
