/**
 * Blocks of Markdown: tokens → elements from the list below, with attributes from the list below, and nothing else.
 *
 * Elements: blockquote button code div h1-h6 hr li ol p pre span table tbody td th thead tr ul, and those of inline.ts.
 * Attributes: `class` with a word from this code or `language-` and a checked name, `start` with a number, `tabindex`
 * of what scrolls, `type` of the copy button, and those of links. A token that is not known becomes text.
 */

import { CodeBlock } from "./code.ts";
import { el } from "./dom.ts";
import { count } from "./format.ts";
import { InlineWriter } from "./inline.ts";
import { CELL_LIMIT, COLUMN_LIMIT } from "./limits.ts";
import type { Budget } from "./limits.ts";
import { attribute, infoOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

const CONTAINERS = {
  paragraph: "p", blockquote: "blockquote", bullet_list: "ul", ordered_list: "ol", list_item: "li",
  table: "table", thead: "thead", tbody: "tbody", tr: "tr", th: "th", td: "td",
} as const;

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"] as const;

const ALIGNMENTS: Readonly<Record<string, string>> = {
  "text-align:left": "left",
  "text-align:center": "center",
  "text-align:right": "right",
};

const OPEN = /^(.*)_open$/;

/** Whether a list has blank lines between its items; null when nothing in it tells. */
export function looseness(tokens: readonly Token[]): boolean | null {
  const own = tokens.filter((token) => token.type === "paragraph_open" && token.level === 2);
  return own.length === 0 ? null : own.some((token) => !token.hidden);
}

/** What the page already holds of the list or the table that these tokens go on with. */
export interface Before {
  /** Whether the list has blank lines between its items, even where these tokens alone do not say so. */
  readonly loose: boolean;
  /** Cells of the table that are shown, and those that were left out. */
  readonly cells: number;
  readonly lost: number;
}

const NOTHING: Before = { loose: false, cells: 0, lost: 0 };

/** Builds the elements of one block of the outermost level. */
export class BlockBuilder {
  readonly #root = document.createDocumentFragment();
  readonly #budget: Budget;
  readonly #before: Before;
  #place: Node = this.#root;
  #cells = 0;
  #columns = 0;
  /** Cells that were left out of the table that is open. */
  #lost = 0;

  constructor(budget: Budget, before: Before = NOTHING) {
    this.#budget = budget;
    this.#before = before;
  }

  build(tokens: readonly Token[]): ChildNode[] {
    for (const token of tokens) {
      if (this.#budget.spent) break;
      if (token.nesting > 0) this.#open(token);
      else if (token.nesting < 0) this.#close(token);
      else this.#leaf(token);
    }
    return [...this.#root.childNodes];
  }

  #open(token: Token): void {
    if (token.type === "paragraph_open" && this.#hides(token)) return;
    const kind = OPEN.exec(token.type)?.[1] ?? "";
    if (kind === "table") this.#beginTable();
    if (kind === "tr") this.#columns = 0;
    if (kind === "td" || kind === "th") this.#columns += 1;
    if (kind in CONTAINERS) this.#enter(this.#container(kind as keyof typeof CONTAINERS, token));
    else if (kind === "heading") this.#enter(el(HEADINGS[Number(token.tag[1]) - 1] ?? "h6"));
    else this.#enter(el("div"));
  }

  /** Whether a paragraph has no element: in a list without blank lines. */
  #hides(token: Token): boolean {
    return token.hidden && !(this.#before.loose && token.level === 2);
  }

  #container(kind: keyof typeof CONTAINERS, token: Token): HTMLElement {
    const element = el(CONTAINERS[kind]);
    if (kind === "ordered_list") {
      const start = Number(attribute(token, "start") || "1");
      if (start !== 1 && Number.isSafeInteger(start)) element.setAttribute("start", String(start));
    }
    const alignment = ALIGNMENTS[attribute(token, "style")];
    if (alignment !== undefined) element.className = alignment;
    return element;
  }

  #enter(element: HTMLElement): void {
    this.#budget.take(1);
    this.#place.appendChild(element);
    this.#place = element;
  }

  #close(token: Token): void {
    if (token.type === "paragraph_close" && this.#hides(token)) return;
    const closed = this.#place;
    this.#place = closed.parentNode ?? this.#root;
    if (token.type === "tr_close" && closed instanceof HTMLElement && !closed.hasChildNodes()) closed.remove();
    if (token.type === "td_close" || token.type === "th_close") this.#limitCells(closed);
    if (token.type === "table_close") this.#endTable();
  }

  #leaf(token: Token): void {
    switch (token.type) {
      case "inline":
        return this.#inline(token);
      case "fence":
        return this.#code(token.content, infoOf(token));
      case "code_block":
        return this.#code(token.content, "");
      case "hr":
        this.#budget.take(1);
        this.#place.appendChild(el("hr"));
        return;
      default:
        this.#budget.take(1);
        this.#place.appendChild(document.createTextNode(token.content));
    }
  }

  #inline(token: Token): void {
    if (this.#columns > 0 && this.#full) return;
    const children = token.children ?? [];
    const task = this.#place instanceof HTMLElement && this.#place.closest("li") !== null ? taskOf(children) : null;
    if (task !== null && this.#isItemStart()) {
      this.#budget.take(2);
      this.#place.appendChild(el("span", task.done ? "task done" : "task", task.done ? "☑" : "☐"));
      new InlineWriter(this.#place, this.#budget).write(task.rest);
    } else {
      new InlineWriter(this.#place, this.#budget).write(children);
    }
  }

  /** Whether what comes now is the first of its list item. */
  #isItemStart(): boolean {
    const place = this.#place as HTMLElement;
    if (place.localName === "li") return !place.hasChildNodes();
    return place.localName === "p" && place.parentElement?.localName === "li" && place.previousSibling === null;
  }

  #code(content: string, info: string): void {
    const block = new CodeBlock(info, this.#budget);
    const lines = content.split("\n");
    // The last line ends with the block, not with a line of its own.
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) block.line(line);
    this.#place.appendChild(block.element);
  }

  get #full(): boolean {
    return this.#cells > CELL_LIMIT || this.#columns > COLUMN_LIMIT;
  }

  #beginTable(): void {
    this.#cells = this.#before.cells;
    this.#lost = this.#before.lost;
    const box = el("div", "wide");
    box.tabIndex = 0;
    this.#enter(box);
  }

  #limitCells(cell: Node): void {
    this.#cells += 1;
    if (!this.#full) return;
    this.#lost += 1;
    this.#budget.take(-1);
    (cell as ChildNode).remove();
  }

  #endTable(): void {
    this.#columns = 0;
    this.#place = this.#place.parentNode ?? this.#root;
    if (this.#lost === 0) return;
    this.#budget.take(2);
    this.#place.appendChild(el("p", "cut", `… ${count(this.#lost)} more cells of this table are not shown here; the store has them all`));
  }
}

interface Task {
  readonly done: boolean;
  readonly rest: readonly Token[];
}

/** An item that begins with `[ ]` or `[x]`. */
function taskOf(children: readonly Token[]): Task | null {
  const [first, ...others] = children;
  const found = first?.type === "text" ? /^\[([ xX])\](?=\s)/.exec(first.content) : null;
  if (first === undefined || found === null) return null;
  return { done: found[1] !== " ", rest: [{ ...first, content: first.content.slice(3) }, ...others] };
}
