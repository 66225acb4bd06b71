/**
 * JSON, folded: an object or a list is one line until it is opened, and its parts are made then.
 *
 * For callers: `jsonView(text, open?)` gives an element, or null where the text is no JSON object or list; `open` is
 * how many levels are unfolded at first (1 when not given).
 */

import { el } from "./dom.ts";
import { count } from "./format.ts";
import { marked } from "./visible.ts";

/** Parts of one object or list that are shown at once; more on request. */
const PART_LIMIT = 100;

/** Characters of one text value on its line. */
const TEXT_LIMIT = 10_000;

/** Characters of the line that stands for what is folded. */
const GLIMPSE = 80;

/** Characters that are read as JSON at all. */
const JSON_LIMIT = 1_000_000;

export function jsonView(text: string, open = 1): HTMLElement | null {
  const start = text.trimStart()[0];
  if (text.length > JSON_LIMIT || (start !== "{" && start !== "[")) return null;
  try {
    const box = el("div", "json");
    box.append(part(null, JSON.parse(text), open));
    return box;
  } catch {
    return null;
  }
}

function part(name: string | null, value: unknown, open: number): HTMLElement {
  if (typeof value !== "object" || value === null) return leaf(name, value);
  const entries = Array.isArray(value) ? value.map((item, index) => [String(index), item] as const) : Object.entries(value);
  if (entries.length === 0) return row(name, el("span", "quiet", Array.isArray(value) ? "[]" : "{}"));
  const fold = el("details");
  const summary = el("summary");
  if (name !== null) summary.append(el("span", "key", marked(name)), ": ");
  const size = Array.isArray(value) ? `[${count(entries.length)}]` : `{${count(entries.length)}}`;
  summary.append(el("span", "quiet", size), " ", el("span", "glimpse", glimpse(value)));
  fold.append(summary);
  const fill = (): void => {
    if (fold.childElementCount === 1) fold.append(parts(entries, open - 1));
  };
  fold.addEventListener("toggle", fill);
  if (open > 0) {
    fill();
    fold.open = true;
  }
  return fold;
}

function parts(entries: readonly (readonly [string, unknown])[], open: number): HTMLElement {
  const box = el("div", "parts");
  let shown = 0;
  const more = el("button", "more");
  more.type = "button";
  const fill = (): void => {
    const next = entries.slice(shown, shown + PART_LIMIT).map(([name, value]) => part(name, value, open));
    shown += next.length;
    more.remove();
    box.append(...next);
    if (shown === entries.length) return;
    more.textContent = `${count(entries.length - shown)} more`;
    box.append(more);
  };
  more.addEventListener("click", fill);
  fill();
  return box;
}

function leaf(name: string | null, value: unknown): HTMLElement {
  if (typeof value !== "string") return row(name, el("span", typeof value === "number" ? "number" : "word", String(value)));
  const shown = marked(value.slice(0, TEXT_LIMIT));
  const text = el("span", "string", shown.includes("\n") ? shown : JSON.stringify(shown));
  const line = row(name, text);
  if (value.length > TEXT_LIMIT) line.append(el("span", "cut", ` … ${count(value.length - TEXT_LIMIT)} more characters, in the store`));
  return line;
}

function row(name: string | null, value: HTMLElement): HTMLElement {
  const line = el("div", "part");
  if (name !== null) line.append(el("span", "key", marked(name)), ": ");
  line.append(value);
  return line;
}

/** The first words of what is folded, without reading all of it. */
function glimpse(value: object): string {
  const pieces: string[] = [];
  let length = 0;
  for (const [name, item] of Object.entries(value).slice(0, 8)) {
    const shown = typeof item === "object" && item !== null ? (Array.isArray(item) ? "[…]" : "{…}") : JSON.stringify(typeof item === "string" ? item.slice(0, GLIMPSE) : item);
    pieces.push(Array.isArray(value) ? shown : `${name}: ${shown}`);
    length += pieces.at(-1)!.length + 2;
    if (length > GLIMPSE) break;
  }
  const text = marked(pieces.join(", ").replace(/\s+/g, " "));
  return text.length > GLIMPSE ? `${text.slice(0, GLIMPSE)}…` : text;
}
