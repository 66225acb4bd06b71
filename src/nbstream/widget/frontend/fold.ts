/**
 * Rows → blocks: what a reader sees. Pure: no DOM, no clock.
 *
 * The same rule as the SQL view `transcript`, and the same golden cases: after the block's last `drop`, from its last
 * `set` on, the contents joined. Rows are added one by one in sequence order (`MessageLog` sees to that), and each
 * touches only its own block, so a delta costs the same at the end of a long answer as at its start.
 */

import { BOOKKEEPING, KIND } from "./message.ts";
import type { AgentMessage, MessageType, Metadata, Part, Role } from "./message.ts";

export interface Block {
  /** Identity within the view: of the block's name, or of the row's number for a note. */
  readonly key: string;
  readonly block: string | null;
  /** The first row after the last `drop`: where the block stands. */
  readonly sequence_number: number;
  last_sequence_number: number;
  type: MessageType;
  role: Role | null;
  part: Part | null;
  content: string;
  metadata: Metadata;
  readonly created_at: string;
  ended_at: string;
  /** Whether the content is known to be whole: its last row was a `set`, or a note. */
  whole: boolean;
}

/** What one row did, with just enough to repeat it on a page. */
export type Change =
  | { readonly kind: "open"; readonly block: Block }
  | { readonly kind: "append"; readonly block: Block; readonly text: string }
  | { readonly kind: "replace"; readonly block: Block }
  | { readonly kind: "settle"; readonly block: Block }
  | { readonly kind: "drop"; readonly block: Block };

/** Blocks that were let go of and are still known by name. */
const FORGOTTEN = 4096;

export class Fold {
  #last = 0;
  readonly #blocks = new Map<string, Block>();
  readonly #forgotten = new Set<string>();

  /**
   * Adds the next row. Returns what it changed, or null where a reader sees no difference.
   *
   * Throws RangeError when rows do not come in sequence order.
   */
  add(row: AgentMessage): Change | null {
    if (row.sequence_number <= this.#last) {
      throw new RangeError(`expected a row after ${this.#last}, got ${row.sequence_number}: merge through MessageLog`);
    }
    this.#last = row.sequence_number;
    if (row.op === "note" || row.block === null) return this.#note(row);
    const key = `block ${row.block}`;
    // A block that is dropped begins anew with its next row.
    if (row.op === "drop" ? this.#forgotten.delete(key) : this.#forgotten.has(key)) return null;
    const block = this.#blocks.get(key);
    if (row.op === "drop") {
      this.#blocks.delete(key);
      return block === undefined ? null : { kind: "drop", block };
    }
    if (block === undefined) return this.#open(key, row);
    return row.op === "append" ? extend(block, row) : settle(block, row);
  }

  /** Lets go of a block that is off the page. A late row of it changes nothing there: without the rows before, it is not the block. */
  forget({ key }: Block): void {
    this.#blocks.delete(key);
    this.#forgotten.add(key);
    if (this.#forgotten.size > FORGOTTEN) this.#forgotten.delete(this.#forgotten.keys().next().value!);
  }

  /** The transcript, in the order in which its blocks began. */
  blocks(): Block[] {
    return [...this.#blocks.values()].sort((a, b) => a.sequence_number - b.sequence_number);
  }

  #note(row: AgentMessage): Change | null {
    // Bookkeeping, counted elsewhere; a reader does not see it.
    if (BOOKKEEPING.has(String(row.metadata[KIND])) || row.op === "drop") return null;
    return this.#open(`note ${row.sequence_number}`, row);
  }

  #open(key: string, row: AgentMessage): Change {
    const block: Block = {
      key,
      block: row.block,
      sequence_number: row.sequence_number,
      last_sequence_number: row.sequence_number,
      type: row.type,
      role: row.role,
      part: row.part,
      content: row.content,
      metadata: row.metadata,
      created_at: row.created_at,
      ended_at: row.created_at,
      whole: row.op !== "append",
    };
    this.#blocks.set(key, block);
    return { kind: "open", block };
  }
}

function extend(block: Block, row: AgentMessage): Change {
  touch(block, row);
  block.content += row.content;
  return { kind: "append", block, text: row.content };
}

/** `set`: the complete content. Mostly it repeats the deltas before it, and then there is nothing to redraw. */
function settle(block: Block, row: AgentMessage): Change {
  touch(block, row);
  const before = block.content;
  const sameKind = block.type === row.type && block.part === row.part;
  block.content = row.content;
  block.type = row.type;
  block.role = row.role;
  block.part = row.part;
  if (!sameKind || !row.content.startsWith(before)) return { kind: "replace", block };
  const rest = row.content.slice(before.length);
  return rest === "" ? { kind: "settle", block } : { kind: "append", block, text: rest };
}

function touch(block: Block, row: AgentMessage): void {
  block.last_sequence_number = row.sequence_number;
  block.ended_at = row.created_at;
  block.whole = row.op === "set";
  // Parsers put complete metadata into every row that has any, so the latest that has some is the whole.
  if (Object.keys(row.metadata).length > 0) block.metadata = row.metadata;
}
