/** What a tool gave back: its first lines, and all of it on request. */

import { el } from "./dom.ts";
import { count } from "./format.ts";
import { BLOCK_LIMIT } from "./richtext.ts";
import { visible } from "./visible.ts";
import { LineWriter } from "./writer.ts";

/** Lines and characters shown at first; a little more than that is shown whole instead of asking for a click. */
const PREVIEW_LINES = 8;
const PREVIEW_CHARACTERS = 1200;
const WHOLE_LINES = 12;
const WHOLE_CHARACTERS = 2000;

export class OutputPane {
  readonly element = el("div", "output");
  readonly #pre = el("pre");
  readonly #more = el("button", "more");
  #content = "";
  #lines = 1;
  #open = false;
  #writer: LineWriter | null = null;

  constructor() {
    this.#pre.tabIndex = 0;
    this.#more.type = "button";
    this.#more.hidden = true;
    this.#more.addEventListener("click", () => {
      this.#open = !this.#open;
      this.#draw();
    });
    this.element.append(this.#pre, this.#more);
    this.element.hidden = true;
  }

  replace(content: string): void {
    this.#content = "";
    this.#lines = 1;
    this.#writer = null;
    this.append(content);
  }

  append(text: string): void {
    const wasCut = this.#cut();
    this.#content += text;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#lines += 1;
    this.element.hidden = this.#content.trim() === "";
    if (this.#open && this.#writer !== null) this.#writer.write(visible(text));
    // A preview that is full does not change any more, only the count of what it leaves out.
    else if (!wasCut || this.#writer === null) this.#draw();
    this.#label();
  }

  #cut(): boolean {
    return this.#lines > WHOLE_LINES || this.#content.length > WHOLE_CHARACTERS;
  }

  #draw(): void {
    const all = this.#open || !this.#cut();
    this.#pre.replaceChildren();
    this.#writer = new LineWriter(this.#pre);
    this.#writer.write(visible(all ? this.#content.slice(0, BLOCK_LIMIT) : firstLines(this.#content)).trimEnd());
    this.#pre.classList.toggle("faded", !all);
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
  return content.slice(0, Math.min(end > 0 ? end : content.length, PREVIEW_CHARACTERS));
}
