/**
 * How a view reaches its agent. The view takes one of these and knows neither comm nor WebSocket.
 */

import type { ToView } from "./message.ts";

/** Where a transport puts what it receives. */
export interface Sink {
  receive(message: ToView): void;
  /**
   * The other side cannot be reached now; `detail` is one sentence for the reader. Whatever is received afterwards takes
   * it back: a transport tries again by itself where trying can help.
   */
  gone(detail: string): void;
  /** Something came that is not of the wire's shape. */
  malformed(detail: string): void;
}

export interface Transport {
  /** The word for it in the status line; it may change while the view lives, so ask each time. */
  readonly kind: string;
  open(agentId: string, sink: Sink): void;
  /** Asks for every row after `since`, and for what comes. May be repeated. */
  subscribe(since: number): void;
  stop(): void;
  /** Asks for the source as received of one row. */
  raw(sequenceNumber: number): void;
  close(): void;
}
