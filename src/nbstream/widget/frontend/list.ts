/**
 * A long list of which only what is near the viewport is on the page.
 *
 * Rows stand in normal flow between two paddings, so a row that grows costs no script. What is measured replaces what
 * was guessed, and the place of the first row in sight is kept while it does.
 */

import { el } from "./dom.ts";
import { guessHeight } from "./guess.ts";
import type { Row } from "./outline.ts";
import { Offsets } from "./windowing.ts";
import type { Range } from "./windowing.ts";

/** Puts a row's content into its slot, and takes it out again. */
export interface Stage {
  mount(row: Row, slot: HTMLElement): void;
  unmount(row: Row): void;
}

/** Pixels above and below the viewport that are on the page as well. */
const OVERSCAN = 600;

/** Rows on the page at most, however low they are. */
const SLOTS = 120;

export class WindowedList {
  readonly element = el("div", "rows");
  readonly #scroller: HTMLElement;
  readonly #stage: Stage;
  readonly #slots = new Map<Row, HTMLElement>();
  readonly #rowOf = new WeakMap<Element, Row>();
  readonly #index = new Map<Row, number>();
  readonly #offsets: Offsets;
  readonly #watcher = new ResizeObserver((changes) => this.#resized(changes));
  /** Called in the frame in which heights have changed, after its layout and before it is seen. */
  onResize: (filled: boolean) => void = () => undefined;
  /** Whether the bottom is kept in sight; then nothing else moves the page. */
  following = true;
  /** Pixels of the viewport, as the browser last told: asking would cost a layout. */
  #viewport = 0;
  #rows: readonly Row[] = [];
  #mounted: Range = { first: 0, last: 0 };
  #known = 0;
  /** Rows that are on the page are not where they were. */
  #stale = false;

  constructor(scroller: HTMLElement, stage: Stage) {
    this.#scroller = scroller;
    this.#stage = stage;
    this.#offsets = new Offsets((index) => this.#heightOf(this.#rows[index]!));
    this.#watcher.observe(scroller);
  }

  close(): void {
    this.#watcher.disconnect();
  }

  /** Whether there is anything to be seen: a cell out of sight has no height. */
  get visible(): boolean {
    return this.#viewport > 0;
  }

  get slots(): ReadonlyMap<Row, HTMLElement> {
    return this.#slots;
  }

  /** These are the rows; those before `changed` are as they were. */
  setRows(rows: readonly Row[], changed: number): void {
    this.#rows = rows;
    if (changed < this.#known) this.#index.clear();
    for (let i = changed < this.#known ? 0 : changed; i < rows.length; i += 1) this.#index.set(rows[i]!, i);
    this.#stale ||= changed < this.#known;
    this.#known = rows.length;
    this.#offsets.resize(rows.length, changed);
  }

  indexOf(row: Row): number {
    return this.#index.get(row) ?? -1;
  }

  /**
   * Puts on the page what is near the viewport.
   *
   * @param bottom whether the end of the list is what the reader looks at. A new row or two there cost no layout: the
   *   browser tells their heights in the same frame.
   */
  update(bottom: boolean): void {
    if (this.#rows.length === 0 && this.#slots.size === 0) return;
    const height = this.#viewport || OVERSCAN;
    if (bottom) {
      this.#fill(() => this.#range(this.#offsets.total - height - OVERSCAN, this.#offsets.total), 4);
      return;
    }
    const top = this.#scroller.scrollTop - this.element.offsetTop;
    const anchor = this.#offsets.find(top);
    const away = top - this.#offsets.at(anchor);
    const place = (): number => this.#offsets.at(anchor) + away;
    this.#fill(() => this.#range(place() - OVERSCAN, place() + height + OVERSCAN), 0);
    this.#keep(anchor, away);
  }

  /** Shows a range, and again where its measures make it another one; `few` new rows are not measured at once. */
  #fill(range: () => Range, few: number): void {
    for (let pass = 0; pass < 3; pass += 1) {
      const next = range();
      if (pass > 0 && next.first >= this.#mounted.first && next.last <= this.#mounted.last) return;
      if (this.#show(next) > few) this.#measure();
      this.#pad();
    }
  }

  /** Scrolls to a row, a third of the viewport from its top. */
  reveal(row: Row): HTMLElement | null {
    const index = this.indexOf(row);
    if (index < 0) return null;
    const room = this.#scroller.clientHeight / 3;
    // Twice: the first look replaces guesses by measures.
    for (let pass = 0; pass < 2; pass += 1) {
      this.#scroller.scrollTop = this.element.offsetTop + this.#offsets.at(index) - room;
      this.update(false);
    }
    return this.#slots.get(row) ?? null;
  }

  #heightOf(row: Row): number {
    return row.height > 0 ? row.height : guessHeight(row);
  }

  #range(top: number, bottom: number): Range {
    const range = this.#offsets.range(top, bottom);
    const { first, last } = range;
    if (last - first <= SLOTS) return range;
    // Too many low rows: those in the middle, or at the end of the list.
    const from = last === this.#rows.length ? last - SLOTS : Math.floor((first + last - SLOTS) / 2);
    return { first: from, last: from + SLOTS };
  }

  /** Returns how many rows are new on the page. */
  #show(range: Range): number {
    const { first, last } = this.#mounted;
    if (range.first === first && range.last === last && this.#slots.size === last - first && !this.#stale) return 0;
    this.#stale = false;
    let added = 0;
    const wanted = new Set(this.#rows.slice(range.first, range.last));
    for (const [row, slot] of this.#slots) if (!wanted.has(row)) this.#take(row, slot);
    let before: HTMLElement | null = null;
    for (const row of wanted) {
      const known = this.#slots.get(row);
      const slot = known ?? this.#put(row);
      if (known === undefined) added += 1;
      const place: ChildNode | null = before === null ? this.element.firstChild : before.nextSibling;
      if (place !== slot) this.element.insertBefore(slot, place);
      before = slot;
    }
    this.#mounted = range;
    return added;
  }

  #put(row: Row): HTMLElement {
    const slot = el("div", "slot");
    this.#slots.set(row, slot);
    this.#rowOf.set(slot, row);
    this.#stage.mount(row, slot);
    this.#watcher.observe(slot);
    return slot;
  }

  #take(row: Row, slot: HTMLElement): void {
    this.#watcher.unobserve(slot);
    this.#slots.delete(row);
    slot.remove();
    this.#stage.unmount(row);
  }

  /** One layout, then the heights of what is on the page. */
  #measure(): void {
    for (const [row, slot] of this.#slots) if (row.height === 0) this.#note(row, slot.getBoundingClientRect().height);
  }

  #note(row: Row, height: number): boolean {
    if (height === 0 || Math.abs(row.height - height) < 0.1) return false;
    row.height = height;
    this.#offsets.changed(this.indexOf(row));
    return true;
  }

  #pad(): void {
    const { style } = this.element;
    const above = `${this.#offsets.at(this.#mounted.first)}px`;
    const below = `${this.#offsets.total - this.#offsets.at(this.#mounted.last)}px`;
    if (style.paddingTop !== above) style.paddingTop = above;
    if (style.paddingBottom !== below) style.paddingBottom = below;
  }

  /** Leaves the row `away` pixels above the viewport's edge, as it was. */
  #keep(anchor: number, away: number): void {
    const wanted = this.element.offsetTop + this.#offsets.at(anchor) + away;
    if (Math.abs(wanted - this.#scroller.scrollTop) >= 1) this.#scroller.scrollTop = wanted;
  }

  /** What is on the page has other heights: a growing answer, an opened card, a narrower cell. */
  #resized(changes: readonly ResizeObserverEntry[]): void {
    const top = this.#scroller.scrollTop - this.element.offsetTop;
    const anchor = this.#offsets.find(top);
    let above = 0;
    for (const change of changes) {
      if (change.target === this.#scroller) this.#viewport = change.contentRect.height;
      const row = this.#rowOf.get(change.target);
      const index = row === undefined ? -1 : this.indexOf(row);
      if (row === undefined || index < 0 || !change.target.isConnected) continue;
      const before = this.#heightOf(row);
      const height = change.borderBoxSize[0]?.blockSize ?? 0;
      if (this.#note(row, height) && index < anchor) above += height - before;
    }
    if (!this.following && Math.abs(above) >= 1) this.#scroller.scrollTop += above;
    const { first, last } = this.#mounted;
    this.onResize(first === 0 || this.#offsets.at(last) - this.#offsets.at(first) >= this.#viewport);
  }
}
