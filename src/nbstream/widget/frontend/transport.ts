/**
 * How a view reaches its agent. The view takes one of these and knows neither comm nor WebSocket.
 */

import type { ToView } from "./message.ts";

/** Where a transport puts what it receives. */
export interface Sink {
  receive(message: ToView): void;
  /** The other side cannot be reached any more by this transport. */
  gone(detail: string): void;
  /** Something came that is not of the wire's shape. */
  malformed(detail: string): void;
}

export interface Transport {
  /** The word for it in the status line. */
  readonly kind: string;
  open(agentId: string, sink: Sink): void;
  /** Asks for every row after `since`, and for what comes. May be repeated. */
  subscribe(since: number): void;
  stop(): void;
  /** Asks for the source as received of one row. */
  raw(sequenceNumber: number): void;
  close(): void;
}
