/**
 * A long list or table whose end has not come: finished items and rows are on the page for good, and only the last of
 * them are read again. Without it a table of a thousand rows would be read a thousand times.
 */

import type { Before } from "./markdown.ts";
import { looseness } from "./markdown.ts";
import type { Group, Token } from "./tokens.ts";

/** Characters from which a block grows this way; below it reading all of it again costs nothing that anyone notices. */
export const GROW_FROM = 1500;

export class Growing {
  /** Where items and rows go: a list, or the body of a table. */
  readonly host: HTMLElement;
  /** The items and rows that are read again. */
  nodes: ChildNode[];
  before: Before;
  /** The lines that a table's rows need before them to be read as rows. */
  readonly head: string;
  readonly #first: Token;
  /** The text of the finished items. */
  readonly #finished: string[] = [];

  private constructor(host: HTMLElement, first: Token, head: string, before: Before) {
    this.host = host;
    this.nodes = [...host.childNodes];
    this.#first = first;
    this.head = head;
    this.before = before;
  }

  /** Begins with a block that is on the page, or null where it does not grow by parts. */
  static from(group: Group, element: ChildNode, text: string): Growing | null {
    const first = group.tokens[0]!;
    if (!(element instanceof HTMLElement)) return null;
    if (first.type === "table_open") {
      const body = element.querySelector("tbody");
      const head = lines(text, group.start, group.start + 2);
      return body === null ? null : new Growing(body, first, head, { loose: false, cells: 0, lost: 0 });
    }
    const loose = looseness(group.tokens);
    if (loose === null || !/^(?:bullet|ordered)_list_open$/.test(first.type)) return null;
    return new Growing(element, first, "", { loose, cells: 0, lost: 0 });
  }

  /** Whether the block that the open text begins with is this one. */
  goesOn(group: Group | undefined): boolean {
    const first = group?.tokens[0];
    return first !== undefined && group?.start === 0 && first.type === this.#first.type && first.markup === this.#first.markup;
  }

  /** Whether a blank line has come that makes paragraphs of all items, those that are finished too. */
  loosens(group: Group): boolean {
    return this.#first.type !== "table_open" && !this.before.loose && looseness(group.tokens) === true;
  }

  /** The block's own text again, from its start. */
  textFrom(open: string): string {
    return this.#finished.join("") + open;
  }

  /** The items or rows of a new build of the open part. */
  partsOf(built: readonly ChildNode[]): ChildNode[] {
    const element = built[0];
    if (!(element instanceof HTMLElement)) return [];
    const host = this.#first.type === "table_open" ? element.querySelector("tbody") : element;
    return host === null ? [] : [...host.childNodes];
  }

  /** Lines at which the items or rows of the open part begin. */
  startsOf(group: Group): number[] {
    const inTable = this.#first.type === "table_open";
    const kind = inTable ? "tr_open" : "list_item_open";
    const starts = group.tokens.filter((token) => token.type === kind && token.level === (inTable ? 2 : 1));
    // The row of the head is not one of them.
    return starts.map((token) => token.map?.[0] ?? 0).filter((line) => !inTable || line > group.start);
  }

  /** The first `count` items or rows are finished; `text` is theirs. */
  finish(count: number, text: string, columns: number): void {
    const done = this.nodes.splice(0, count);
    this.#finished.push(text);
    const cells = done.reduce((sum, node) => sum + node.childNodes.length, 0);
    const { loose, cells: shown, lost } = this.before;
    this.before = { loose, cells: shown + cells, lost: lost + Math.max(0, count * columns - cells) };
  }
}

/** The lines `from` to `to` of a text, line ends included. */
export function lines(text: string, from: number, to: number): string {
  const start = lineStart(text, from);
  return text.slice(start, start + lineStart(text.slice(start), to - from));
}

/** Where line `number` begins. Costs O(the text before it). */
export function lineStart(text: string, number: number): number {
  let at = 0;
  for (let line = 0; line < number; line += 1) {
    const end = text.indexOf("\n", at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  return at;
}
