/** The far ends of the transports, played by a test: a WebSocket, an anywidget model, and a view that notes. */

import type { CommModel } from "../../src/nbstream/widget/frontend/comm.ts";
import { MessageLog } from "../../src/nbstream/widget/frontend/log.ts";
import type { ToView } from "../../src/nbstream/widget/frontend/message.ts";
import type { SocketLike } from "../../src/nbstream/widget/frontend/socket.ts";
import type { Sink } from "../../src/nbstream/widget/frontend/transport.ts";

export function never(): never {
  throw new Error("nothing is there");
}

interface Sent {
  readonly type: string;
  readonly [key: string]: unknown;
}

export class FakeSocket implements SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  readonly sent: Sent[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.(undefined as never);
  }

  deliver(content: unknown): void {
    this.garbage(JSON.stringify(content));
  }

  garbage(data: string): void {
    this.onmessage?.({ data } as MessageEvent);
  }

  lose(code = 1006): void {
    this.closed = true;
    this.onclose?.({ code } as CloseEvent);
  }
}

/** The model of a widget; `broken` is what a kernel's restart leaves. */
export class FakeModel implements CommModel {
  readonly sent: Sent[] = [];
  broken = false;
  #listener: ((content: unknown) => void) | null = null;

  get(): unknown {
    return "a";
  }

  send(content: unknown): void {
    if (this.broken) throw new Error("Cannot send");
    this.sent.push(content as Sent);
  }

  on(_event: "msg:custom", listener: (content: unknown) => void): void {
    this.#listener = listener;
  }

  off(): void {
    this.#listener = null;
  }

  deliver(content: unknown): void {
    this.#listener?.(content);
  }
}

/** Takes what a view takes. */
export class Viewer implements Sink {
  readonly log = new MessageLog();
  readonly received: ToView[] = [];
  readonly troubles: string[] = [];
  readonly malformedOnes: string[] = [];
  lost: string | null = null;

  receive(message: ToView): void {
    this.lost = null;
    this.received.push(message);
    if (message.type === "agent:message") {
      this.log.noteHead(message.head);
      this.log.merge(message.messages);
    }
  }

  gone(detail: string): void {
    this.lost = detail;
    this.troubles.push(detail);
  }

  malformed(detail: string): void {
    this.malformedOnes.push(detail);
  }

  types(): string[] {
    return this.received.map((message) => message.type);
  }
}
