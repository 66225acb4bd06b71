/**
 * Code → coloured pieces, one line at a time. Pure: no DOM, and no markup from anyone.
 *
 * A scanner of our own and not a library: those give HTML, which nothing here may read, and cost 10 to 40 kB for what
 * comments, strings, numbers and words already give a reader. A line is read once, left to right, and what is open at
 * its end (a comment, a long string) is carried to the next: a growing block costs its new lines only.
 */

import { hasKeys, isDiff, isMarkup } from "./languages.ts";
import type { Language } from "./languages.ts";

/** What a piece is; the class of its element. Empty: nothing. */
export type Kind = "" | "comment" | "string" | "number" | "word" | "call" | "type" | "mark" | "key" | "plus" | "minus" | "hunk";

export interface Part {
  readonly kind: Kind;
  readonly text: string;
}

/** What is open at the end of a line: the text that ends it, and what it is. */
export interface Carry {
  readonly until: string;
  readonly kind: Kind;
}

const NUMBER = /(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)[a-zA-Z%]{0,3}/y;
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*/uy;
const TAG = /<\/?[\p{L}][\p{L}\p{N}:._-]*|\/?>/uy;
const BLANKS = /\s+/y;

/** Colours one line, without its line end. Costs O(its length). */
export function highlight(line: string, language: Language, carry: Carry | null): { parts: Part[]; carry: Carry | null } {
  if (isDiff(language)) return { parts: diffLine(line), carry: null };
  const scanner = new LineScanner(line, language);
  return { parts: scanner.parts, carry: scanner.run(carry) };
}

function diffLine(line: string): Part[] {
  if (line === "") return [];
  if (/^(?:@@|diff |index |\+\+\+|---)/.test(line)) return [{ kind: "hunk", text: line }];
  return [{ kind: line.startsWith("+") ? "plus" : line.startsWith("-") ? "minus" : "", text: line }];
}

class LineScanner {
  readonly parts: Part[] = [];
  readonly #line: string;
  readonly #language: Language;
  #at = 0;

  constructor(line: string, language: Language) {
    this.#line = line;
    this.#language = language;
  }

  /** Reads to the end. Returns what is open there. */
  run(carry: Carry | null): Carry | null {
    let open = carry;
    while (this.#at < this.#line.length) {
      if (open !== null) {
        open = this.#close(open, 0);
        continue;
      }
      open = this.#step();
    }
    return open;
  }

  #step(): Carry | null {
    const { line, block, quotes, long, marks } = this.#language;
    // The long forms first: three quotes begin with one, `--[[` with `--`.
    if (block !== null && this.#sees(block[0])) return this.#close({ until: block[1], kind: "comment" }, block[0].length);
    if (line.some((start) => this.#sees(start)) && this.#commentMayStart()) return this.#push("comment", this.#line.length);
    const opening = long.find((quote) => this.#sees(quote));
    if (opening !== undefined) return this.#close({ until: opening, kind: "string" }, opening.length);
    const character = this.#line[this.#at]!;
    if (quotes.includes(character)) return this.#string(character);
    if (marks.includes(character)) return this.#marked();
    return this.#word();
  }

  /** `#` begins a comment at a line's start or after a blank: in a shell it is part of a word elsewhere. */
  #commentMayStart(): boolean {
    return this.#line[this.#at] !== "#" || this.#at === 0 || /\s/.test(this.#line[this.#at - 1]!);
  }

  #close(open: Carry, skip: number): Carry | null {
    let from = this.#at + skip;
    for (;;) {
      const found = this.#line.indexOf(open.until, from);
      if (found < 0) {
        this.#push(open.kind, this.#line.length);
        return open;
      }
      from = found + open.until.length;
      if (open.kind === "comment" || this.#line[found - 1] !== "\\") return this.#push(open.kind, from);
    }
  }

  #string(quote: string): null {
    let end = this.#at + 1;
    while (end < this.#line.length && this.#line[end] !== quote) end += this.#line[end] === "\\" ? 2 : 1;
    const stop = Math.min(end + 1, this.#line.length);
    const isKey = hasKeys(this.#language) && /^\s*[:=]/.test(this.#line.slice(stop, stop + 8));
    return this.#push(isKey ? "key" : "string", stop);
  }

  #marked(): null {
    const name = this.#match(NAME, this.#at + 1);
    return this.#push(name === "" ? "" : "mark", this.#at + 1 + name.length);
  }

  #word(): null {
    if (isMarkup(this.#language)) {
      const tag = this.#match(TAG, this.#at);
      if (tag !== "") return this.#push("word", this.#at + tag.length);
    }
    const blanks = this.#match(BLANKS, this.#at);
    if (blanks !== "") return this.#push("", this.#at + blanks.length);
    const number = this.#match(NUMBER, this.#at);
    if (number !== "") return this.#push("number", this.#at + number.length);
    const name = this.#match(NAME, this.#at);
    if (name === "") return this.#push("", this.#at + 1);
    return this.#push(this.#kindOf(name), this.#at + name.length);
  }

  #kindOf(name: string): Kind {
    const { words, anyCase } = this.#language;
    const after = this.#line.slice(this.#at + name.length, this.#at + name.length + 4);
    if (words.has(anyCase ? name.toLowerCase() : name)) return "word";
    if (isMarkup(this.#language)) return after.startsWith("=") ? "key" : "";
    if (hasKeys(this.#language) && /^\s*[:=](?!\/)/.test(after)) return "key";
    if (after.startsWith("(")) return "call";
    return /^\p{Lu}\p{L}*\p{Ll}/u.test(name) ? "type" : "";
  }

  #sees(text: string): boolean {
    return this.#line.startsWith(text, this.#at);
  }

  #match(pattern: RegExp, at: number): string {
    pattern.lastIndex = at;
    return pattern.exec(this.#line)?.[0] ?? "";
  }

  #push(kind: Kind, end: number): null {
    const text = this.#line.slice(this.#at, end);
    this.#at = end;
    const last = this.parts.at(-1);
    if (last !== undefined && last.kind === kind) this.parts[this.parts.length - 1] = { kind, text: last.text + text };
    else this.parts.push({ kind, text });
    return null;
  }
}
