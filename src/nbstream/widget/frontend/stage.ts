/**
 * A stored run, and the transport that hands a view its rows up to a moment.
 *
 * `History` reads the whole run once, by whatever transport the page has. `Stage` is that run as it was after n rows: n
 * only grows, as a live log does; a view of an earlier moment is a new view on a new stage. Rows are counted here, since
 * a compacted log does not have every number.
 */

import { MessageLog } from "./log.ts";
import type { AgentRecord, StatusUpdate, ToView } from "./message.ts";
import { Refill } from "./refill.ts";
import { isTerminal } from "./state.ts";
import type { Sink, Transport } from "./transport.ts";

/** Milliseconds between looks at what is missing. */
const CHECK = 250;

export class History implements Sink {
  readonly log = new MessageLog();
  record: AgentRecord | null = null;
  /** Why it cannot be read, or what was wrong with what came; one sentence. */
  trouble: string | null = null;
  /** Rows came, or the record. */
  onChange: () => void = () => undefined;
  /** The view on the stage, which asked for what only a transport can answer. */
  onAnswer: (message: ToView) => void = () => undefined;
  readonly #transport: Transport;
  readonly #refill = new Refill();
  readonly #checker: ReturnType<typeof setInterval>;
  #duplicates = 0;

  constructor(agentId: string, transport: Transport) {
    this.#transport = transport;
    transport.open(agentId, this);
    transport.subscribe(0);
    this.#checker = setInterval(() => this.#check(), CHECK);
  }

  /** All of the run is here: nothing that is saved is missing. */
  get complete(): boolean {
    return this.record !== null && this.log.complete;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  raw(sequenceNumber: number): void {
    this.#transport.raw(sequenceNumber);
  }

  close(): void {
    clearInterval(this.#checker);
    this.#transport.close();
  }

  receive(message: ToView): void {
    switch (message.type) {
      case "agent:message":
        this.log.noteHead(message.head);
        this.log.merge(message.messages, message.after);
        break;
      case "agent:status":
      case "agent:complete":
        this.log.noteHead(message.head);
        this.record = message.record;
        this.#duplicates = message.duplicates;
        break;
      case "agent:error":
      case "agent:raw":
        this.onAnswer(message);
        return;
    }
    this.trouble = null;
    this.onChange();
  }

  gone(detail: string): void {
    // What is here can be played without anybody's help.
    if (this.complete) return;
    this.trouble = detail;
    this.onChange();
  }

  malformed(detail: string): void {
    this.trouble = `a message could not be read: ${detail}`;
    this.onChange();
  }

  #check(): void {
    if (this.#refill.due(performance.now(), this.log.contiguous, !this.complete)) {
      this.#transport.subscribe(this.log.contiguous);
    }
  }
}

export class Stage implements Transport {
  readonly kind = "replay";
  readonly #history: History;
  #agentId = "";
  #sink: Sink | null = null;
  #row: number;
  #told = "";

  constructor(history: History, row: number) {
    this.#history = history;
    this.#row = row;
  }

  get row(): number {
    return this.#row;
  }

  open(agentId: string, sink: Sink): void {
    this.#agentId = agentId;
    this.#sink = sink;
  }

  /** The view takes nothing before its constructor is through. */
  subscribe(since: number): void {
    queueMicrotask(() => {
      this.#tell(true);
      const held = this.#history.log.messages().findIndex(({ sequence_number }) => sequence_number > since);
      if (held >= 0) this.#deliver(held);
    });
  }

  /** Goes on to `row`; a stage never goes back. */
  show(row: number): void {
    const held = this.#row;
    this.#row = Math.max(row, held);
    this.#deliver(held);
    this.#tell();
  }

  /** Passes on what the transport behind the history answered. */
  answer(message: ToView): void {
    this.#sink?.receive(message);
  }

  /** There is nothing to stop. */
  stop(): void {
    return;
  }

  raw(sequenceNumber: number): void {
    this.#history.raw(sequenceNumber);
  }

  close(): void {
    this.#sink = null;
  }

  /** Hands on the rows after the first `held`. */
  #deliver(held: number): void {
    if (this.#row <= held) return;
    const messages = this.#history.log.messages().slice(held, this.#row);
    const batch = { type: "agent:message", agent_id: this.#agentId, messages, head: this.#number(this.#row) } as const;
    this.#sink?.receive({ ...batch, after: this.#number(held) });
  }

  /** The sequence number of the n-th row; 0 before the first. */
  #number(row: number): number {
    return this.#history.log.messages()[row - 1]?.sequence_number ?? 0;
  }

  #tell(again = false): void {
    const { record } = this.#history;
    if (record === null) return;
    const over = isTerminal(record) && this.#history.complete && this.#row >= this.#history.log.ready;
    const told = over ? record.status : "running";
    if (!again && told === this.#told) return;
    this.#told = told;
    const status: StatusUpdate = {
      type: "agent:status",
      agent_id: this.#agentId,
      record: over ? record : { ...record, status: "running", completed_at: null, error: null },
      head: this.#number(this.#row),
      duplicates: this.#history.duplicates,
      live: { state: over ? "ended" : "live", detail: null },
    };
    this.#sink?.receive(status);
  }
}
