/** The text of a block: plain paragraphs and fenced code, added to and never rebuilt. */

import { el } from "./dom.ts";
import { FenceScanner } from "./fences.ts";
import type { Piece } from "./fences.ts";
import { count } from "./format.ts";
import { visible } from "./visible.ts";
import { LineWriter } from "./writer.ts";

/** Characters of one block on the page; the whole is in the store. */
export const BLOCK_LIMIT = 1_000_000;

/** Paragraphs and code blocks of one block; after them text goes on without structure. */
const ELEMENT_LIMIT = 5000;

export class RichText {
  readonly element: HTMLElement;
  #scanner = new FenceScanner();
  #writer: LineWriter | null = null;
  #inCode = false;
  #elements = 0;
  #length = 0;
  #cutMark: HTMLElement | null = null;

  constructor(className: string) {
    this.element = el("div", className);
  }

  append(text: string): void {
    const room = Math.max(0, BLOCK_LIMIT - this.#length);
    this.#length += text.length;
    if (room > 0) for (const piece of this.#scanner.feed(text.slice(0, room))) this.#add(piece);
    if (this.#length > BLOCK_LIMIT) this.#markCut();
  }

  /** Shows what was held back for want of its line's end. More text may still follow. */
  flush(): void {
    for (const piece of this.#scanner.end()) this.#add(piece);
  }

  /** Begins again with other content. */
  replace(text: string): void {
    this.element.replaceChildren();
    this.#scanner = new FenceScanner();
    this.#writer = null;
    this.#inCode = false;
    this.#elements = 0;
    this.#length = 0;
    this.#cutMark = null;
    this.append(text);
  }

  #add(piece: Piece): void {
    switch (piece.kind) {
      case "text":
        this.#writer ??= this.#paragraph();
        this.#writer.write(this.#inCode ? visible(piece.text) : piece.text);
        break;
      case "paragraph":
        if (this.#elements < ELEMENT_LIMIT) this.#writer = null;
        else this.#writer?.write("\n\n");
        break;
      case "code":
        this.#inCode = true;
        this.#writer = this.#code(piece.language);
        break;
      case "endcode":
        this.#inCode = false;
        this.#writer = null;
        break;
    }
  }

  #paragraph(): LineWriter {
    this.#elements += 1;
    const paragraph = el("p");
    this.#place(paragraph);
    return new LineWriter(paragraph);
  }

  #code(language: string): LineWriter {
    if (this.#elements >= ELEMENT_LIMIT) return this.#paragraph();
    this.#elements += 1;
    const box = el("div", "code");
    if (language !== "") box.append(el("span", "language", visible(language).slice(0, 20)));
    const pre = el("pre");
    pre.tabIndex = 0;
    const code = el("code");
    pre.append(code);
    box.append(pre);
    this.#place(box);
    return new LineWriter(code);
  }

  #place(element: HTMLElement): void {
    if (this.#cutMark === null) this.element.append(element);
    else this.#cutMark.before(element);
  }

  #markCut(): void {
    if (this.#cutMark === null) {
      this.#cutMark = el("p", "cut");
      this.element.append(this.#cutMark);
    }
    const hidden = count(this.#length - BLOCK_LIMIT);
    this.#cutMark.textContent = `… ${hidden} more characters are not shown here; store.transcript() has them all`;
  }
}
