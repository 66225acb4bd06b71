/**
 * The rows a view holds: merged, each once, in order, with every hole known. Pure: no DOM, no clock.
 *
 * Any delivery is welcome (shuffled, doubled, with pieces missing) and the same set of rows always leaves the same
 * list. Rows arrive almost always at the end, which costs O(1) each; a batch that does not costs one O(n) merge.
 *
 * A page may be open for days: rows that a view has shown can be released, so that what is held does not grow with them.
 */

import type { AgentMessage } from "./message.ts";

/** Rows that are kept after they were shown, to tell a repetition from a clash. */
const KEPT = 2000;

/** Characters of rows that are here; beyond them only the last row that was shown is kept. */
const TEXT = 2 ** 20;

/** A missing range, both ends included. */
export interface Hole {
  readonly from: number;
  readonly to: number;
}

/** Two rows that claim the same number, which no store gives twice. The first one is kept, and the clash is reported. */
export interface Conflict {
  readonly kept: AgentMessage;
  readonly refused: AgentMessage;
}

export class MessageLog {
  /** Deliveries of rows that were already here. */
  duplicates = 0;
  readonly conflicts: Conflict[] = [];
  readonly #byNumber = new Map<number, AgentMessage>();
  #ordered: AgentMessage[] = [];
  readonly #gone = new Map<number, number>();
  #contiguous = 0;
  #ready = 0;
  #head = 0;
  #released = 0;
  #releasedTo = 0;
  #text = 0;

  /**
   * Takes a delivery. Returns the rows that were new, in sequence order.
   *
   * With `after`, numbers between that one and the delivery's last row that are not in it are of no row any more.
   */
  merge(messages: Iterable<AgentMessage>, after?: number): AgentMessage[] {
    const added: AgentMessage[] = [];
    for (const message of messages) {
      if (this.#isNew(message)) {
        this.#byNumber.set(message.sequence_number, message);
        added.push(message);
        this.#text += message.content.length;
      }
    }
    added.sort((a, b) => a.sequence_number - b.sequence_number);
    this.#insert(added);
    if (after !== undefined) this.#explain([...messages], after);
    this.#advance();
    return added;
  }

  /** Learns how far the store is; the head never goes back. */
  noteHead(head: number): void {
    this.#head = Math.max(this.#head, head);
  }

  /** The highest n such that every row 1..n is here; the cursor to subscribe from. */
  get contiguous(): number {
    return this.#contiguous;
  }

  /** The highest sequence number known to be saved, here or only heard of. */
  get head(): number {
    return Math.max(this.#head, this.#ordered.at(-1)?.sequence_number ?? 0);
  }

  get size(): number {
    return this.#released + this.#ordered.length;
  }

  get complete(): boolean {
    return this.#contiguous === this.head;
  }

  /** How many rows there are up to `contiguous`: those that can be shown. */
  get ready(): number {
    return this.#ready;
  }

  /** Every missing range up to the head. Costs only the rows beyond the first hole. */
  holes(): Hole[] {
    const holes: Hole[] = [];
    let expected = this.#contiguous + 1;
    for (let i = this.#ready - this.#released; i < this.#ordered.length; i += 1) {
      const number = this.#ordered[i]!.sequence_number;
      expected = this.#past(expected);
      if (number > expected) holes.push({ from: expected, to: number - 1 });
      expected = number + 1;
    }
    if (expected <= this.#head) holes.push({ from: expected, to: this.#head });
    return holes;
  }

  /** The row with that sequence number, if it is here. */
  at(sequenceNumber: number): AgentMessage | undefined {
    return this.#byNumber.get(sequenceNumber);
  }

  /** The row at that place in the order, from 0, if it is here. */
  row(index: number): AgentMessage | undefined {
    return this.#ordered[index - this.#released];
  }

  /** Lets go of the rows before the `index`-th, save the last of them. What comes again of those is a duplicate. */
  release(index: number): void {
    const shown = Math.min(index, this.#ready) - this.#released;
    const count = this.#text > TEXT ? shown - 1 : shown - KEPT;
    if (count < (this.#text > TEXT ? 1 : KEPT)) return;
    for (const { sequence_number, content } of this.#ordered.splice(0, count)) {
      this.#byNumber.delete(sequence_number);
      this.#text -= content.length;
      this.#releasedTo = sequence_number;
    }
    for (const from of this.#gone.keys()) if (from <= this.#releasedTo) this.#gone.delete(from);
    this.#released += count;
  }

  /** All rows that are here, in sequence order; not a copy. */
  messages(): readonly AgentMessage[] {
    return this.#ordered;
  }

  /** Remembers the ranges that a delivery says are gone, by their first number. */
  #explain(messages: readonly AgentMessage[], after: number): void {
    let expected = after + 1;
    for (const { sequence_number } of messages) {
      if (sequence_number > expected) this.#gone.set(expected, Math.max(sequence_number, this.#gone.get(expected) ?? 0));
      expected = Math.max(expected, sequence_number + 1);
    }
  }

  /** The number itself, or the one after the range that is gone from it on. */
  #past(number: number): number {
    return this.#gone.get(number) ?? number;
  }

  #advance(): void {
    for (;;) {
      const next = this.#past(this.#contiguous + 1);
      if (!this.#byNumber.has(next)) return;
      this.#contiguous = next;
      this.#ready += 1;
    }
  }

  #isNew(message: AgentMessage): boolean {
    if (message.sequence_number <= this.#releasedTo) {
      this.duplicates += 1;
      return false;
    }
    const kept = this.#byNumber.get(message.sequence_number);
    if (kept === undefined) return true;
    if (sameRow(kept, message)) this.duplicates += 1;
    else this.conflicts.push({ kept, refused: message });
    return false;
  }

  #insert(added: readonly AgentMessage[]): void {
    const first = added[0];
    if (first === undefined) return;
    if (first.sequence_number > (this.#ordered.at(-1)?.sequence_number ?? 0)) {
      for (const message of added) this.#ordered.push(message);
    } else {
      this.#ordered = mergeSorted(this.#ordered, added);
    }
  }
}

/** Whether two deliveries are the same row. `metadata` is left out: its key order may differ between live and history. */
function sameRow(a: AgentMessage, b: AgentMessage): boolean {
  return (
    a.content === b.content &&
    a.op === b.op &&
    a.block === b.block &&
    a.type === b.type &&
    a.role === b.role &&
    a.part === b.part
  );
}

function mergeSorted(left: readonly AgentMessage[], right: readonly AgentMessage[]): AgentMessage[] {
  const merged: AgentMessage[] = [];
  let i = 0;
  for (const message of right) {
    while (i < left.length && left[i]!.sequence_number < message.sequence_number) merged.push(left[i++]!);
    merged.push(message);
  }
  while (i < left.length) merged.push(left[i++]!);
  return merged;
}
