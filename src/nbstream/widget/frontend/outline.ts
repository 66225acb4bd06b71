/**
 * Blocks → what stands where: results in their calls, subagents in lanes, parallel subagents beside each other.
 *
 * Pure: no DOM. The page asks it for what is near the viewport, so it holds the whole run at the cost of a few objects
 * a block.
 */

import type { Block, Change } from "./fold.ts";
import { textOf } from "./format.ts";
import { IS_ERROR, PARENT, TOOL_CALL_ID, TOOL_NAME } from "./message.ts";

/** What a block looks like; the same choice as `_look` in `outline.py`. */
export type Look = "user" | "text" | "thought" | "call" | "result" | "note" | "error" | "summary";

export type Outcome = "running" | "ok" | "bad" | "open";

/** One thing a reader sees, with what belongs to it. */
export interface Entry {
  readonly key: string;
  block: Block;
  look: Look;
  result: Block | null;
  readonly children: Entry[];
  readonly parent: Entry | null;
  row: Row | null;
  /** More of it may come. */
  growing: boolean;
  /** The agent is over: what has no result gets none. */
  over: boolean;
}

/** One line of the list: an entry, or parallel subagents side by side. */
export interface Row {
  readonly entries: Entry[];
  /** Pixels as measured; 0 before that. */
  height: number;
  /** A reader opened or closed something in it. */
  touched: boolean;
}

/** What a change did to the outline. */
export type Touched =
  | { readonly kind: "added"; readonly entry: Entry }
  | { readonly kind: "changed"; readonly entry: Entry; readonly change: Change }
  | { readonly kind: "looks"; readonly entry: Entry }
  | { readonly kind: "result"; readonly entry: Entry; readonly change: Change }
  | { readonly kind: "settled"; readonly entry: Entry }
  | { readonly kind: "removed"; readonly entry: Entry };

/** Tools that start a subagent, by the names that programs give them. */
const SPAWNS: ReadonlySet<string> = new Set(["Task", "Agent"]);

export class Outline {
  readonly rows: Row[] = [];
  readonly running = new Set<Entry>();
  readonly #entries = new Map<string, Entry>();
  readonly #results = new Map<string, Entry>();
  /** The latest call of each id: a source may use an id again. */
  readonly #calls = new Map<string, Entry>();
  /** What grows, in each lane. */
  readonly #growing = new Map<Entry | null, Entry>();

  /** Whether something is still being said or done. */
  get active(): boolean {
    return this.#growing.size > 0 || this.running.size > 0;
  }

  /** Repeats a change of the fold. Returns what it touched, in order. */
  apply(change: Change): Touched[] {
    const { block } = change;
    const owner = this.#results.get(block.key);
    if (owner !== undefined) return this.#applyResult(owner, change);
    const entry = this.#entries.get(block.key);
    if (change.kind === "drop") return entry === undefined ? [] : this.#remove(entry);
    if (entry === undefined) return this.#open(change);
    const look = lookOf(block);
    if ((look === "result") !== (entry.look === "result")) return [...this.#remove(entry), ...this.#open(change)];
    const before = entry.look;
    entry.look = look;
    this.#link(entry);
    const touched: Touched = before === look ? { kind: "changed", entry, change } : { kind: "looks", entry };
    return [touched, ...this.#grow(entry)];
  }

  /** Lets go of the rows before the `index`-th, save those in which something is still said or done. Returns their entries. */
  release(index: number): Entry[] {
    const gone: Entry[] = [];
    const kept = this.rows.filter(({ entries }, at) => {
      const all = at < index ? entries.flatMap((each) => [...within(each)]) : [];
      if (all.length === 0 || all.some((each) => each.growing || this.running.has(each))) return true;
      gone.push(...all);
      return false;
    });
    this.rows.splice(0, this.rows.length, ...kept);
    for (const entry of gone) {
      this.#entries.delete(entry.key);
      if (entry.result !== null) this.#results.delete(entry.result.key);
      const id = textOf(entry.block.metadata[TOOL_CALL_ID]) ?? "";
      if (this.#calls.get(id) === entry) this.#calls.delete(id);
    }
    return gone;
  }

  /** The agent is over: nothing grows, nothing runs. Returns what that changed. */
  end(): Touched[] {
    const ended = new Set([...this.#growing.values(), ...this.running]);
    for (const entry of ended) {
      entry.growing = false;
      entry.over = true;
    }
    this.#growing.clear();
    this.running.clear();
    return [...ended].map((entry) => ({ kind: "settled", entry }));
  }

  #open(change: Change): Touched[] {
    const { block } = change;
    const look = lookOf(block);
    const call = this.#calls.get(textOf(block.metadata[TOOL_CALL_ID]) ?? "");
    if (look === "result" && call !== undefined && call.result === null) {
      this.#results.set(block.key, call);
      return this.#applyResult(call, change);
    }
    const parent = this.#calls.get(textOf(block.metadata[PARENT]) ?? "") ?? null;
    const entry: Entry = {
      key: block.key, block, look, result: null, children: [], parent, row: null, growing: false, over: false,
    };
    this.#entries.set(block.key, entry);
    if (parent === null) this.#place(entry);
    else parent.children.push(entry);
    this.#link(entry);
    const settled = this.#grow(entry);
    return [...settled.filter((each) => each.entry !== entry), { kind: "added", entry }];
  }

  /** At the end of the list; beside a subagent that still runs, if it is one too. */
  #place(entry: Entry): void {
    const last = this.rows.at(-1);
    const parallel = last !== undefined && spawns(entry) && last.entries.every(spawns) && last.entries.some((each) => this.running.has(each));
    const row: Row = parallel ? last : { entries: [], height: 0, touched: false };
    row.entries.push(entry);
    entry.row = row;
    if (!parallel) this.rows.push(row);
  }

  #applyResult(call: Entry, change: Change): Touched[] {
    if (change.kind === "drop") {
      this.#results.delete(change.block.key);
      call.result = null;
      this.running.add(call);
    } else {
      call.result = change.block;
      this.running.delete(call);
    }
    return [...this.#stop(call), { kind: "result", entry: call, change }];
  }

  /** A call whose result is here has all of its input. */
  #stop(call: Entry): Touched[] {
    if (!call.growing) return [];
    call.growing = false;
    if (this.#growing.get(call.parent) === call) this.#growing.delete(call.parent);
    return [{ kind: "settled", entry: call }];
  }

  /** Remembers a call by its id, which may come later than the call. */
  #link(entry: Entry): void {
    const id = textOf(entry.block.metadata[TOOL_CALL_ID]);
    if (entry.look !== "call" || id === null || this.#calls.get(id) === entry) return;
    this.#calls.set(id, entry);
    if (entry.result === null && !entry.over) this.running.add(entry);
  }

  /** One block grows in each lane; the one before it is whole then. */
  #grow(entry: Entry): Touched[] {
    const before = this.#growing.get(entry.parent);
    const settled: Touched[] = [];
    if (before !== undefined && before !== entry) {
      before.growing = false;
      settled.push({ kind: "settled", entry: before });
    }
    const wasGrowing = entry.growing;
    entry.growing = !entry.block.whole;
    if (entry.growing) this.#growing.set(entry.parent, entry);
    else this.#growing.delete(entry.parent);
    if (wasGrowing && !entry.growing) settled.push({ kind: "settled", entry });
    return settled;
  }

  #remove(entry: Entry): Touched[] {
    this.#entries.delete(entry.key);
    this.running.delete(entry);
    if (this.#growing.get(entry.parent) === entry) this.#growing.delete(entry.parent);
    const siblings = entry.row?.entries ?? entry.parent?.children ?? [];
    siblings.splice(siblings.indexOf(entry), 1);
    if (entry.row?.entries.length === 0) this.rows.splice(this.rows.lastIndexOf(entry.row), 1);
    return [{ kind: "removed", entry }];
  }
}

export function lookOf(block: Block): Look {
  if (block.type === "error") return "error";
  if (block.type === "response") return "summary";
  if (block.part === "tool_call_response") return "result";
  if (block.part === "tool_call") return "call";
  if (block.type === "tool") return block.role === "tool" ? "result" : "call";
  if (block.type === "system") return "note";
  if (block.type === "user") return "user";
  return block.part === "reasoning" ? "thought" : "text";
}

export function outcomeOf(entry: Entry): Outcome {
  const result = entry.look === "result" ? entry.block : entry.result;
  if (result !== null) return result.metadata[IS_ERROR] === true ? "bad" : "ok";
  return entry.over ? "open" : "running";
}

/** Whether a call starts a subagent: it has spoken, or the tool is known for it. */
export function spawns(entry: Entry): boolean {
  return entry.look === "call" && (entry.children.length > 0 || SPAWNS.has(textOf(entry.block.metadata[TOOL_NAME]) ?? ""));
}

/** The entry and all under it, in reading order. */
export function* within(entry: Entry): Generator<Entry> {
  yield entry;
  for (const child of entry.children) yield* within(child);
}

/** Where a message is: its entry, or the nearest one. */
export interface Found {
  readonly row: Row;
  readonly entry: Entry;
  /** Of the call's result, not of the call. */
  readonly inResult: boolean;
  /** The message is between the first and the last one of that block. */
  readonly inside: boolean;
}

/** The block that begins with message `at`, else the one around it that began last, else the nearest. */
export function entryAt(rows: readonly Row[], at: number): Found | null {
  let best: Found | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    for (const entry of row.entries.flatMap((each) => [...within(each)])) {
      for (const block of [entry.block, entry.result]) {
        if (block === null) continue;
        const away = distance(block, at);
        if (away < least) best = { row, entry, inResult: block === entry.result, inside: away < 1 };
        least = Math.min(least, away);
      }
    }
  }
  return best;
}

/** How far a message is from a block, in messages; below 1 inside of it, and 0 at its beginning. */
function distance({ sequence_number: first, last_sequence_number: last }: Block, at: number): number {
  if (at < first) return first - at;
  return at > last ? at - last : 1 - 1 / (1 + at - first);
}
