/** The search in a view: a field, a count, next and previous. */

import { el, setText } from "./dom.ts";
import { count, plural } from "./format.ts";
import { Marks } from "./marks.ts";
import { HIT_LIMIT, findHits } from "./search.ts";
import type { Hit } from "./search.ts";
import type { Transcript } from "./transcript.ts";

/** Milliseconds between searches of a run that goes on. */
const AGAIN = 500;

export class SearchBar {
  readonly element = el("div", "searchbar");
  /** Called when the reader is taken to another place. */
  onLeave: () => void = () => undefined;
  readonly #host: HTMLElement;
  readonly #transcript: Transcript;
  readonly #scroller: HTMLElement;
  readonly #field = el("input", "searchfield");
  readonly #count = el("span", "hits");
  readonly #marks = new Marks();
  #hits: Hit[] = [];
  #at = -1;
  #searched = 0;

  constructor(host: HTMLElement, transcript: Transcript, scroller: HTMLElement) {
    this.#host = host;
    this.#transcript = transcript;
    this.#scroller = scroller;
    this.#field.type = "search";
    this.#field.placeholder = "Search this run";
    this.#field.setAttribute("aria-label", "Search this run");
    this.#count.setAttribute("role", "status");
    const step = (label: string, name: string, by: number): HTMLButtonElement => {
      const made = el("button", "step", label);
      made.type = "button";
      made.title = name;
      made.setAttribute("aria-label", name);
      made.addEventListener("click", () => this.#step(by));
      return made;
    };
    const close = el("button", "step", "✕");
    close.type = "button";
    close.title = "Close the search (Esc)";
    close.setAttribute("aria-label", "Close the search");
    close.addEventListener("click", () => this.close());
    this.element.append(this.#field, this.#count, step("↑", "Previous (Shift+Enter)", -1), step("↓", "Next (Enter)", 1), close);
    this.element.hidden = true;
    this.#listen();
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  show(): void {
    this.element.hidden = false;
    this.#field.focus();
    this.#field.select();
    this.#search();
  }

  close(): void {
    this.element.hidden = true;
    this.#hits = [];
    this.#at = -1;
    this.#marks.clear();
    this.#scroller.focus({ preventScroll: true });
  }

  dispose(): void {
    this.#marks.clear();
  }

  /** The page has changed: finds and marks again, at a pace. */
  refresh(): void {
    if (!this.open || this.#field.value.trim() === "") return;
    if (performance.now() - this.#searched > AGAIN) {
      const current = this.#hits[this.#at];
      this.#find();
      this.#at = current === undefined ? -1 : this.#hits.findIndex((hit) => hit.entry === current.entry && hit.inRow === current.inRow);
      this.#tell();
    }
    this.#mark();
  }

  #listen(): void {
    this.#field.addEventListener("input", () => this.#search());
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#step(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.close();
      else return;
      event.preventDefault();
    });
    // What is typed here is not for the notebook, whose single letters are commands.
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
    this.#field.addEventListener("focus", () => this.#host.setAttribute("data-lm-suppress-shortcuts", "true"));
    this.#field.addEventListener("blur", () => this.#host.removeAttribute("data-lm-suppress-shortcuts"));
  }

  #search(): void {
    this.#find();
    this.#at = -1;
    if (this.#hits.length > 0) this.#step(1);
    else {
      this.#tell();
      this.#mark();
    }
  }

  #find(): void {
    this.#searched = performance.now();
    this.#hits = findHits(this.#transcript.rows, this.#field.value);
  }

  #step(by: number): void {
    const { length } = this.#hits;
    if (length === 0) return;
    this.#at = this.#at < 0 ? (by > 0 ? 0 : length - 1) : (this.#at + by + length) % length;
    this.#tell();
    const hit = this.#hits[this.#at]!;
    this.onLeave();
    const slot = this.#transcript.list.reveal(hit.row);
    if (slot === null) return;
    this.#unfold(slot, hit);
    const range = this.#mark();
    if (range !== null) this.#toSight(range);
  }

  /** Opens what hides the words: a folded thought, a closed card, the rest of an output. */
  #unfold(slot: HTMLElement, hit: Hit): void {
    const range = this.#marks.paint([slot], [this.#field.value], { element: slot, nth: hit.inRow });
    if (range?.startContainer.parentElement?.checkVisibility() === true) return;
    this.#transcript.open(hit.entry);
  }

  #toSight(range: Range): void {
    const place = range.getBoundingClientRect();
    const box = this.#scroller.getBoundingClientRect();
    if (place.top < box.top + 20 || place.bottom > box.bottom - 20) this.#scroller.scrollTop += place.top - box.top - box.height / 3;
  }

  #mark(): Range | null {
    const { slots } = this.#transcript.list;
    const hit = this.#hits[this.#at];
    const element = hit === undefined ? undefined : slots.get(hit.row);
    return this.#marks.paint(slots.values(), [this.#field.value], element === undefined ? null : { element, nth: hit!.inRow });
  }

  #tell(): void {
    const many = this.#hits.length;
    const all = many >= HIT_LIMIT ? `${count(many)}+` : count(many);
    const nothing = this.#field.value.trim() === "" ? "" : "nothing found";
    const { released } = this.#transcript;
    const here = released === 0 ? "" : ` · without ${plural(released, "earlier block")}`;
    setText(this.#count, (many === 0 ? nothing : this.#at < 0 ? `${all} found` : `${count(this.#at + 1)} of ${all}`) + here);
  }
}
