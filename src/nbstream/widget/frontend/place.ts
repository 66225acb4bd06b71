/** The place that a view is opened at: the block of one message, unfolded, marked and in sight, and a line about it. */

import { el, setText } from "./dom.ts";
import { count } from "./format.ts";
import { Marks } from "./marks.ts";
import { entryAt } from "./outline.ts";
import type { Found } from "./outline.ts";
import type { Transcript } from "./transcript.ts";

/** What an output asks for. */
export interface Asked {
  /** The message's number; 0 for the prompt. */
  readonly at: number;
  /** What is highlighted there. */
  readonly words: readonly string[];
}

/** Words that are highlighted at most. */
const WORDS = 32;

/** Milliseconds in which what was unfolded is drawn; a reader has hardly begun to scroll. */
const SETTLING = 600;

/** What an output, or a model, says of its place; null where it names none. */
export function askedOf(at: unknown, words: unknown): Asked | null {
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0) return null;
  const wanted: unknown[] = Array.isArray(words) ? words : [];
  return { at, words: wanted.filter((each): each is string => typeof each === "string").slice(0, WORDS) };
}

/** What the line says. `there`: the store has the message; `found`: where it is shown. */
export function lineOf(at: number, there: boolean, found: Pick<Found, "inside"> | null): string {
  if (at === 0) return "Opened at the prompt";
  if (found === null) return `Message ${count(at)} is not here, and nothing else is`;
  if (!found.inside) return `Message ${count(at)} is not in this transcript; the nearest block is marked`;
  return there ? `Opened at message ${count(at)}` : `Message ${count(at)} is no row of its own any more; its block is marked`;
}

/** What a place does to the rest of the view. */
export interface PlaceActions {
  /** The reader is taken elsewhere: the end is not followed any more. */
  leave(): void;
  /** All kinds of rows are shown again. */
  showKinds(): void;
  say(text: string): void;
}

export class Place {
  readonly element = el("div", "placebar");
  readonly #asked: Asked;
  readonly #transcript: Transcript;
  readonly #scroller: HTMLElement;
  readonly #prompt: HTMLElement;
  readonly #actions: PlaceActions;
  readonly #line = el("span");
  readonly #marks = new Marks();
  #found: Found | null = null;
  /** The element that is marked, and whether its text was growing then. */
  #marked: HTMLElement | null = null;
  #grew = false;
  /** The words are not on the page yet. */
  #sought = false;
  /** Until when what was opened may still be drawn. */
  #settled = 0;
  #there = false;
  #atPrompt: boolean;
  #state: "waiting" | "known" | "shown" | "closed" = "waiting";

  constructor(asked: Asked, transcript: Transcript, scroller: HTMLElement, prompt: HTMLElement, actions: PlaceActions) {
    this.#asked = asked;
    this.#atPrompt = asked.at === 0;
    this.#transcript = transcript;
    this.#scroller = scroller;
    this.#prompt = prompt;
    this.#actions = actions;
    const button = (className: string, label: string, title: string, act: () => void): HTMLButtonElement => {
      const made = el("button", className, label);
      made.type = "button";
      made.title = title;
      made.addEventListener("click", act);
      return made;
    };
    const close = button("step", "✕", "Take the mark away", () => this.close());
    close.setAttribute("aria-label", close.title);
    this.element.append(this.#line, button("step", "show", "Go there", () => this.#go()), close);
    this.element.hidden = true;
  }

  /** A message was painted; `asPrompt`: it repeats the prompt, which is shown once. */
  see(number: number, asPrompt: boolean): void {
    if (number !== this.#asked.at) return;
    this.#there = true;
    this.#atPrompt = asPrompt;
  }

  /** After a paint that left nothing to paint. `reached`: the last number; `complete`: all is here; `over`: no more is coming. */
  update(reached: number, complete: boolean, over: boolean): void {
    const lost = this.#found !== null && entryRow(this.#transcript, this.#found) < 0;
    if (this.#state === "waiting" || (lost && this.#state !== "closed")) this.#find(reached, complete, over);
    if (this.#state === "known") this.#show();
    else if (this.#state === "shown") this.#mark();
  }

  /** After a layout: what was out of sight may be in sight now. */
  laidOut(): void {
    const { visible } = this.#transcript.list;
    if (this.#state === "known" && visible) this.#show();
    else if (this.#state === "shown" && !visible) this.#state = "known";
    // A long output is drawn after it was asked for.
    else if (performance.now() < this.#settled) {
      const sought = this.#sought;
      const range = this.#mark(true);
      if (sought && range !== null) this.#toSight(range);
    }
  }

  close(): void {
    this.#state = "closed";
    this.element.hidden = true;
    this.#unmark();
    this.#scroller.focus({ preventScroll: true });
  }

  dispose(): void {
    this.#marks.clear();
  }

  #find(reached: number, complete: boolean, over: boolean): void {
    const { at } = this.#asked;
    const top = this.#atPrompt && this.#prompt.childElementCount > 0;
    if (reached < Math.max(at, 1) && !over && !top) {
      if (complete) this.#tell(`Message ${count(at)} has not come yet`);
      return;
    }
    this.#found = top ? null : entryAt(this.#transcript.outline.rows, at);
    this.#tell(lineOf(this.#atPrompt ? 0 : at, this.#there, this.#found));
    this.#state = "known";
  }

  #tell(line: string): void {
    if (this.#line.textContent === line) return;
    setText(this.#line, line);
    this.element.hidden = false;
    this.#actions.say(line);
  }

  #show(): void {
    const { list } = this.#transcript;
    if (!list.visible) return;
    this.#state = "shown";
    this.#settled = performance.now() + SETTLING;
    this.#actions.leave();
    if (this.#found === null) {
      this.#scroller.scrollTop = 0;
    } else {
      if (list.indexOf(this.#found.row) < 0) this.#actions.showKinds();
      this.#transcript.update(false);
      // It stays as it is on the page when it is scrolled away.
      this.#found.row.touched = true;
      list.reveal(this.#found.row);
      this.#transcript.open(this.#found.entry);
    }
    this.#toSight(this.#mark(true));
    this.#transcript.update(false);
    this.#actions.leave();
  }

  /** Marks the block, again where another element shows it or its text is whole now. Returns the first of the words. */
  #mark(again = false): Range | null {
    const { entry } = this.#found ?? {};
    const element = entry === undefined ? this.#prompt.firstElementChild : this.#transcript.elementOf(entry);
    const growing = entry?.growing === true;
    if (!(element instanceof HTMLElement) || (!again && element === this.#marked && growing === this.#grew)) return null;
    if (element !== this.#marked) this.#unmark();
    this.#marked = element;
    this.#grew = growing;
    element.classList.add("here");
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", this.#line.textContent);
    element.setAttribute("aria-current", "location");
    const { words } = this.#asked;
    const within = this.#found === null ? element : partOf(element, this.#found.inResult);
    const range = this.#marks.paint([within], words, { element: within, nth: 0 });
    // Words of a call's input that are not in its one line.
    const input = element.querySelector<HTMLElement>('.inputbutton[aria-expanded="false"]');
    if (words.length > 0 && this.#found?.inResult === false && (range === null || !seen(range))) input?.click();
    const found = range ?? this.#marks.paint([within], words, { element: within, nth: 0 });
    this.#sought = found === null;
    return found;
  }

  #unmark(): void {
    this.#marks.clear();
    const element = this.#marked;
    this.#marked = null;
    element?.classList.remove("here");
    for (const name of ["tabindex", "role", "aria-label", "aria-current"]) element?.removeAttribute(name);
  }

  /** A reader asked for it. */
  #go(): void {
    this.#show();
    this.#marked?.focus({ preventScroll: true });
  }

  /** The words, or the block's beginning where there are none. */
  #toSight(range: Range | null): void {
    const place = (range !== null && seen(range) ? range : this.#marked)?.getBoundingClientRect();
    const box = this.#scroller.getBoundingClientRect();
    if (place === undefined || (place.top >= box.top + 20 && place.top <= box.bottom - 60)) return;
    this.#scroller.scrollTop += place.top - box.top - box.height / 3;
  }
}

/** Where the words are: a call without the lane under it, or the result of one. */
function partOf(element: HTMLElement, inResult: boolean): HTMLElement {
  const output = inResult ? [...element.querySelectorAll<HTMLElement>(".output:not([hidden])")].at(-1) : null;
  return output ?? (inResult ? element : (element.querySelector<HTMLElement>(":scope > .stack > .card") ?? element));
}

function seen(range: Range): boolean {
  return range.startContainer.parentElement?.checkVisibility() === true;
}

function entryRow({ outline }: Transcript, { row }: Found): number {
  return row.entries.length === 0 ? -1 : outline.rows.lastIndexOf(row);
}
