/** A block of code that grows by lines: label, copy button, colours. */

import { el } from "./dom.ts";
import { count } from "./format.ts";
import { highlight } from "./highlight.ts";
import type { Carry } from "./highlight.ts";
import { languageOf } from "./languages.ts";
import type { Language } from "./languages.ts";
import { LINE_LIMIT } from "./limits.ts";
import type { Budget } from "./limits.ts";
import { marked, visible } from "./visible.ts";

/** Coloured pieces of one block; after them its lines are plain. */
const COLOUR_LIMIT = 8000;

const CLASS_NAME = /^[a-z0-9+#-]{1,20}$/;

/** Characters of one text node: adding to a node copies it. */
const NODE_SIZE = 4096;

export class CodeBlock {
  readonly element = el("div", "code");
  readonly #code = el("code");
  readonly #budget: Budget;
  readonly #language: Language | null;
  #carry: Carry | null = null;
  #pieces = 0;
  #hasLine = false;
  /** The line that is still growing, drawn anew with each piece of it. */
  #open: ChildNode[] = [];
  /** What the growing line has cost, given back when it is drawn anew. */
  #openNodes = 0;
  #openPieces = 0;

  constructor(info: string, budget: Budget) {
    const label = info.trim().split(/\s/, 1)[0] ?? "";
    this.#budget = budget;
    this.#language = languageOf(label);
    const bar = el("div", "bar");
    if (label !== "") bar.append(el("span", "language", visible(label).slice(0, 20)));
    const copy = el("button", "copy", "copy");
    copy.type = "button";
    bar.append(copy);
    const pre = el("pre");
    pre.tabIndex = 0;
    if (CLASS_NAME.test(label.toLowerCase())) this.#code.className = `language-${label.toLowerCase()}`;
    pre.append(this.#code);
    this.element.append(bar, pre);
    budget.take(8);
  }

  /** Adds a whole line. */
  line(text: string): void {
    this.#clearOpen();
    this.#carry = this.#draw(text);
  }

  /** Shows the line that has no end yet; the next call takes its place. */
  partial(text: string): void {
    this.#clearOpen();
    if (text === "") return;
    const before = this.#code.lastChild;
    const hadLine = this.#hasLine;
    const nodes = this.#budget.left;
    const pieces = this.#pieces;
    // In a node of its own, so that it can be taken away again.
    const start = document.createTextNode(hadLine ? "\n" : "");
    this.#code.append(start);
    this.#hasLine = false;
    this.#draw(text);
    this.#hasLine = hadLine;
    this.#openNodes = nodes - this.#budget.left;
    this.#openPieces = this.#pieces - pieces;
    for (let node = before === null ? this.#code.firstChild : before.nextSibling; node !== null; node = node.nextSibling) this.#open.push(node);
  }

  #clearOpen(): void {
    for (const node of this.#open) node.remove();
    this.#open = [];
    this.#budget.take(-this.#openNodes);
    this.#pieces -= this.#openPieces;
    this.#openNodes = 0;
    this.#openPieces = 0;
  }

  #draw(line: string): Carry | null {
    const shown = marked(line.length > LINE_LIMIT ? line.slice(0, LINE_LIMIT) : line);
    if (this.#hasLine) this.#text("\n");
    this.#hasLine = true;
    let carry: Carry | null = null;
    if (this.#language === null || this.#pieces >= COLOUR_LIMIT || this.#budget.spent) {
      this.#text(shown);
    } else {
      const read = highlight(shown, this.#language, this.#carry);
      carry = read.carry;
      for (const { kind, text } of read.parts) {
        if (kind === "") this.#text(text);
        else this.#piece(kind, text);
      }
    }
    if (line.length > LINE_LIMIT) this.#piece("cut", ` … ${count(line.length - LINE_LIMIT)} more characters on this line, in the store`);
    return carry;
  }

  #piece(className: string, text: string): void {
    this.#pieces += 1;
    this.#budget.take(2);
    this.#code.append(el("span", className, text));
  }

  #text(text: string): void {
    if (text === "") return;
    const last = this.#code.lastChild;
    if (last instanceof Text && last.length < NODE_SIZE) {
      last.appendData(text);
    } else {
      this.#budget.take(1);
      this.#code.append(document.createTextNode(text));
    }
  }
}

/** Milliseconds a copy button says that it has copied. */
const SAID = 1500;

/** One listener for all copy buttons under `root`, those that are still to come too. */
export function listenForCopies(root: HTMLElement): void {
  root.addEventListener("click", (event) => {
    const button = event.target;
    if (!(button instanceof HTMLButtonElement) || button.className !== "copy") return;
    const text = button.closest(".code")?.querySelector("pre")?.textContent ?? "";
    void copy(text).then((done) => {
      button.textContent = done ? "copied" : "select and copy by hand";
      window.setTimeout(() => (button.textContent = "copy"), SAID);
    });
  });
}

/** What is on the page is what is copied: a character that hides is copied as its mark. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No permission, or a page without https.
    return false;
  }
}
