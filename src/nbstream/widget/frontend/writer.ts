/**
 * Text into the page, append-only, at a cost that does not grow with what is already there.
 *
 * Text goes to the end of the last text node, and a new node begins above a size, because appending to a node copies
 * it. What is over a limit is cut on the page, says so in a visible line, and is whole in the store.
 */

import { el } from "./dom.ts";
import { count } from "./format.ts";
import { LINE_LIMIT } from "./limits.ts";

/** Characters of one text node. */
const NODE_SIZE = 4096;

/** Writes into one element. */
export class LineWriter {
  readonly #parent: HTMLElement;
  #node: Text | null = null;
  #lineLength = 0;
  #cut = 0;
  #cutMark: HTMLElement | null = null;

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  write(text: string): void {
    let start = 0;
    while (start < text.length) {
      const newline = text.indexOf("\n", start);
      const end = newline < 0 ? text.length : newline;
      this.#writeLine(text.slice(start, end));
      if (newline >= 0) this.#endLine();
      start = end + 1;
    }
  }

  #writeLine(text: string): void {
    const room = Math.max(0, LINE_LIMIT - this.#lineLength);
    this.#lineLength += text.length;
    if (room > 0 && text !== "") this.#put(text.length > room ? text.slice(0, room) : text);
    if (text.length > room) this.#markCut(text.length - room);
  }

  #endLine(): void {
    if (this.#cutMark !== null) this.#node = null;
    this.#lineLength = 0;
    this.#cut = 0;
    this.#cutMark = null;
    this.#put("\n");
  }

  #put(text: string): void {
    if (this.#node === null || this.#node.length > NODE_SIZE) {
      this.#node = document.createTextNode(text);
      this.#parent.append(this.#node);
    } else {
      this.#node.appendData(text);
    }
  }

  #markCut(characters: number): void {
    this.#cut += characters;
    if (this.#cutMark === null) {
      this.#cutMark = el("span", "cut");
      this.#parent.append(this.#cutMark);
    }
    this.#cutMark.textContent = ` … ${count(this.#cut)} more characters on this line, in the store`;
  }
}
