/**
 * What a tool gave back.
 *
 * For callers: `new TerminalText(className)` shows a program's output with its colours, `.element`, `.append(text)`,
 * `.flush()`, `.replace(text)` as RichText has them. `new OutputPane(className)` has the same four members and shows
 * the first lines, and all of it on request.
 */

import { AnsiReader, CELLS } from "./ansi.ts";
import type { Line } from "./ansi.ts";
import { el } from "./dom.ts";
import { count } from "./format.ts";
import { BLOCK_LIMIT, NODE_LIMIT } from "./limits.ts";
import { Pacer } from "./pacer.ts";

/** Lines and characters shown at first; a little more than that is shown whole instead of asking for a click. */
const PREVIEW_LINES = 8;
const PREVIEW_CHARACTERS = 1200;
const WHOLE_LINES = 12;
const WHOLE_CHARACTERS = 2000;

/** Characters of one text node: adding to a node copies it. */
const NODE_SIZE = 4096;

export class TerminalText {
  readonly element: HTMLElement;
  readonly #pacer = new Pacer(() => this.#draw());
  #reader = new AnsiReader();
  #length = 0;
  #nodes = 0;
  #hasLine = false;
  #lines: Line[] = [];
  /** The line that may still change. */
  #open: ChildNode[] = [];
  #cutMark: HTMLElement | null = null;

  constructor(className: string) {
    this.element = el("pre", className);
    this.element.classList.add("terminal");
    this.element.tabIndex = 0;
  }

  append(text: string): void {
    const room = Math.max(0, BLOCK_LIMIT - this.#length);
    this.#length += text.length;
    if (room > 0) this.#take(this.#reader.feed(text.slice(0, room)));
    this.#pacer.request();
  }

  flush(): void {
    this.#take(this.#reader.end());
    this.#pacer.flush();
  }

  replace(text: string): void {
    this.element.replaceChildren();
    this.#reader = new AnsiReader();
    this.#length = 0;
    this.#nodes = 0;
    this.#hasLine = false;
    this.#lines = [];
    this.#open = [];
    this.#cutMark = null;
    this.append(text);
  }

  #take(lines: readonly Line[]): void {
    for (const line of lines) this.#lines.push(line);
  }

  #draw(): void {
    for (const node of this.#open) node.remove();
    this.#nodes -= this.#open.length;
    this.#cutMark?.remove();
    for (const line of this.#lines) this.#drawLine(line);
    this.#lines = [];
    const last = this.element.lastChild;
    this.#drawOpen(last);
    if (this.#length > BLOCK_LIMIT) this.#markCut();
  }

  #drawOpen(last: ChildNode | null): void {
    this.#open = [];
    if (this.#reader.line.runs().length === 0) return;
    const hadLine = this.#hasLine;
    // In nodes of its own, so that it can be taken away again.
    this.element.append(document.createTextNode(hadLine ? "\n" : ""));
    this.#nodes += 1;
    this.#hasLine = false;
    this.#drawLine(this.#reader.line);
    this.#hasLine = hadLine;
    const first = last === null ? this.element.firstChild : last.nextSibling;
    for (let node = first; node !== null; node = node.nextSibling) this.#open.push(node);
  }

  #drawLine(line: Line): void {
    if (this.#hasLine) this.#text("\n");
    this.#hasLine = true;
    for (const { text, style } of line.runs()) {
      if (style === "" || this.#nodes >= NODE_LIMIT) this.#text(text);
      else this.#span(style, text);
    }
    if (line.lost > 0) this.#span("cut", ` … ${count(line.lost)} more characters on this line beyond ${count(CELLS)}, in the store`);
  }

  #span(className: string, text: string): void {
    this.#nodes += 1;
    this.element.append(el("span", className, text));
  }

  #text(text: string): void {
    const last = this.element.lastChild;
    if (last instanceof Text && last.length < NODE_SIZE) {
      last.appendData(text);
      return;
    }
    this.#nodes += 1;
    this.element.append(document.createTextNode(text));
  }

  #markCut(): void {
    this.#cutMark ??= el("span", "cut");
    this.#cutMark.textContent = `\n… ${count(this.#length - BLOCK_LIMIT)} more characters are not shown here; the store has them all`;
    this.element.append(this.#cutMark);
  }
}

export class OutputPane {
  readonly element: HTMLElement;
  readonly #text = new TerminalText("");
  readonly #more = el("button", "more");
  #content = "";
  #lines = 1;
  #open = false;

  constructor(className = "output") {
    this.element = el("div", className);
    this.#more.type = "button";
    this.#more.hidden = true;
    this.#more.addEventListener("click", () => {
      this.#open = !this.#open;
      this.#redraw();
    });
    this.element.append(this.#text.element, this.#more);
    this.element.hidden = true;
  }

  replace(content: string): void {
    this.#content = "";
    this.#lines = 1;
    this.#text.replace("");
    this.append(content);
  }

  append(text: string): void {
    const wasCut = this.#cut();
    this.#content += text;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines += 1;
    this.element.hidden = this.#content.trim() === "";
    if (this.#open || !this.#cut()) {
      this.#text.append(text);
    } else if (!wasCut) {
      // A preview that is full does not change any more, only the count of what it leaves out.
      this.#redraw();
    }
    this.#label();
  }

  flush(): void {
    this.#text.flush();
  }

  #cut(): boolean {
    return this.#lines > WHOLE_LINES || this.#content.length > WHOLE_CHARACTERS;
  }

  #redraw(): void {
    const all = this.#open || !this.#cut();
    this.#text.replace(all ? this.#content : firstLines(this.#content));
    this.#text.element.classList.toggle("faded", !all);
    this.#label();
  }

  #label(): void {
    this.#more.hidden = !this.#cut();
    this.#more.setAttribute("aria-expanded", String(this.#open));
    const size = this.#lines > WHOLE_LINES ? `${count(this.#lines)} lines` : `${count(this.#content.length)} characters`;
    const beyond = this.#content.length > BLOCK_LIMIT ? ", the first 1 MB here" : "";
    this.#more.textContent = this.#open ? "show less" : `show all ${size}${beyond}`;
  }
}

function firstLines(content: string): string {
  let end = -1;
  for (let line = 0; line < PREVIEW_LINES; line += 1) {
    const next = content.indexOf("\n", end + 1);
    if (next < 0) break;
    end = next;
  }
  return content.slice(0, Math.min(end > 0 ? end : content.length, PREVIEW_CHARACTERS)).trimEnd();
}
