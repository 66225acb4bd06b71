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

/** Characters of one paragraph of plain text. */
const PARAGRAPH_SIZE = 4000;

/** Writes plain text in paragraphs that end with a line: an addition has all of its own paragraph laid out again. */
export class PlainWriter {
  readonly #place: (paragraph: HTMLElement) => void;
  #writer: LineWriter | null = null;
  #room = 0;

  /** `place` puts a paragraph on the page. */
  constructor(place: (paragraph: HTMLElement) => void) {
    this.#place = place;
  }

  write(text: string): void {
    for (let rest = text; rest !== ""; ) {
      if (this.#writer === null) {
        const paragraph = el("p", "plain");
        this.#place(paragraph);
        this.#writer = new LineWriter(paragraph);
        this.#room = PARAGRAPH_SIZE;
      }
      const line = rest.indexOf("\n", this.#room);
      const end = line < 0 ? rest.length : line + 1;
      this.#writer.write(rest.slice(0, end));
      this.#room = Math.max(0, this.#room - end);
      if (line >= 0) this.#writer = null;
      rest = rest.slice(end);
    }
  }
}
