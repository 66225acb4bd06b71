/** The transcript on the page: an outline of the whole run, and views of the rows near the viewport. */

import { actionsOf } from "./actions.ts";
import type { AskRaw } from "./actions.ts";
import { ErrorView, NoteView, TextView, ThoughtView } from "./blocks.ts";
import type { BlockView } from "./blocks.ts";
import { KINDS, passes } from "./filter.ts";
import type { Kind } from "./filter.ts";
import type { Change } from "./fold.ts";
import type { ViewMaker } from "./lanes.ts";
import { WindowedList } from "./list.ts";
import type { Stage } from "./list.ts";
import { Outline } from "./outline.ts";
import type { Entry, Row, Touched } from "./outline.ts";
import { keptFrom } from "./scrollback.ts";
import { SummaryView } from "./summary.ts";
import { ToolCard } from "./toolcard.ts";

export class Transcript implements Stage, ViewMaker {
  readonly list: WindowedList;
  readonly outline = new Outline();
  /** Blocks that were let go of, a call and its result as one. */
  released = 0;
  /** Told of each thing that is whole, once. */
  onSettled: ((entry: Entry) => void) | null = null;
  readonly #askRaw: AskRaw;
  readonly #views = new Map<Entry, BlockView>();
  readonly #errors = new Set<string>();
  #shown: ReadonlySet<Kind> = new Set(KINDS);
  #rows: readonly Row[];
  /** Rows from this index on are not in the list yet, or not as they are now. */
  #changed = 0;
  #dirty = false;
  #fold: boolean | null = null;

  constructor(scroller: HTMLElement, askRaw: AskRaw) {
    this.#askRaw = askRaw;
    this.#rows = this.outline.rows;
    this.list = new WindowedList(scroller, this);
    // Not at `toggle`: a card that its result opens says that too, and every card would be kept. Keys click as well.
    this.list.element.addEventListener("click", this.#remember, true);
  }

  get rows(): readonly Row[] {
    return this.#rows;
  }

  close(): void {
    this.list.close();
  }

  apply(change: Change): void {
    for (const touched of this.outline.apply(change)) this.#show(touched);
  }

  /** After changes, and after a scroll: puts on the page what is near the viewport. */
  update(bottom: boolean): void {
    if (this.#dirty) {
      this.#rows = this.#shown.size === KINDS.length ? this.outline.rows : this.outline.rows.filter((row) => passes(row, this.#shown));
      this.list.setRows(this.#rows, this.#rows === this.outline.rows ? this.#changed : 0);
      this.#dirty = false;
      this.#changed = this.#rows.length;
    }
    this.list.update(bottom);
  }

  /** Lets go of the beginning where the run has outgrown its share of the page. Returns what is gone. */
  release(): Entry[] {
    const gone = this.outline.release(keptFrom(this.outline.rows));
    if (gone.length > 0) this.#stale(0);
    for (const entry of gone) this.forget(entry);
    this.released += gone.length;
    return gone;
  }

  /** Whether an error on the page says that already. */
  tells(detail: string | null): boolean {
    return detail !== null && this.#errors.has(detail.trim());
  }

  /** Counts on: called once a second. */
  tick(now: number): void {
    for (const entry of this.outline.running) {
      const view = this.#views.get(entry);
      if (view instanceof ToolCard) view.tick(now);
    }
  }

  end(): void {
    for (const touched of this.outline.end()) this.#show(touched);
  }

  filter(shown: ReadonlySet<Kind>): void {
    this.#shown = shown;
    this.#stale(0);
  }

  /** Opens or closes everything that folds, here and in what comes. */
  foldAll(open: boolean): void {
    this.#fold = open;
    for (const view of this.#views.values()) view.fold(open);
  }

  /** What an entry looks like, where it is on the page. */
  elementOf(entry: Entry): HTMLElement | null {
    return this.#views.get(entry)?.element ?? null;
  }

  /** Opens everything of one entry, and of those that hold it. */
  open(entry: Entry): void {
    const chain = [entry];
    while (chain[0]!.parent !== null) chain.unshift(chain[0]!.parent);
    for (const [at, each] of chain.entries()) {
      const view = this.#views.get(each);
      view?.fold(true);
      if (view instanceof ToolCard && at < chain.length - 1) view.reach(chain[at + 1]!);
    }
    for (const more of this.elementOf(entry)?.querySelectorAll<HTMLElement>('.more[aria-expanded="false"]') ?? []) more.click();
  }

  mount(row: Row, slot: HTMLElement): void {
    slot.classList.toggle("lanes", row.entries.length > 1);
    slot.append(...row.entries.map((entry) => this.make(entry).element));
  }

  unmount(row: Row): void {
    // What a reader opened stays open when it comes back.
    if (row.touched) return;
    for (const entry of row.entries) this.forget(entry);
  }

  make(entry: Entry): BlockView {
    let view = this.#views.get(entry);
    if (view === undefined) {
      view = this.#viewOf(entry);
      view.element.append(actionsOf(entry, view.element, this.#askRaw));
      // Where a reader has gone to, a search among them, heights and words must be there; at the end of a run they may come.
      if (!entry.growing) view.settle(!this.list.following);
      if (this.#fold !== null) view.fold(this.#fold);
      this.#views.set(entry, view);
    }
    return view;
  }

  forget(entry: Entry): void {
    const view = this.#views.get(entry);
    if (view instanceof ToolCard) view.clear();
    view?.element.remove();
    this.#views.delete(entry);
  }

  #show(touched: Touched): void {
    const { entry } = touched;
    const view = this.#views.get(entry);
    switch (touched.kind) {
      case "added":
        this.#added(entry);
        break;
      case "changed":
        view?.update(touched.change);
        break;
      case "result":
        if (view instanceof ToolCard) view.result(touched.change);
        if (touched.change.kind === "open") this.onSettled?.(entry);
        break;
      case "settled":
        view?.settle();
        this.onSettled?.(entry);
        break;
      case "looks":
        this.#rebuild(entry);
        break;
      case "removed":
        this.#removed(entry);
        break;
    }
  }

  #added(entry: Entry): void {
    if (entry.look === "error") this.#errors.add(entry.block.content.trim());
    if (entry.parent === null) {
      const slot = entry.row === null ? undefined : this.list.slots.get(entry.row);
      if (slot !== undefined && entry.row !== null) this.mount(entry.row, slot);
      else this.#stale(this.outline.rows.length - 1);
    } else {
      const parent = this.#views.get(entry.parent);
      if (parent instanceof ToolCard) parent.children();
    }
    if (!entry.growing) this.onSettled?.(entry);
  }

  #rebuild(entry: Entry): void {
    const before = this.#views.get(entry);
    if (before === undefined) return;
    this.#views.delete(entry);
    before.element.replaceWith(this.make(entry).element);
  }

  #removed(entry: Entry): void {
    this.forget(entry);
    if (entry.parent === null) this.#stale(0);
    const parent = entry.parent === null ? undefined : this.#views.get(entry.parent);
    if (parent instanceof ToolCard) parent.children();
  }

  #stale(from: number): void {
    this.#dirty = true;
    this.#changed = Math.min(this.#changed, from);
  }

  #viewOf(entry: Entry): BlockView {
    switch (entry.look) {
      case "user":
      case "text":
        return new TextView(entry.block);
      case "thought":
        return new ThoughtView(entry.block);
      case "note":
        return new NoteView(entry.block);
      case "error":
        return new ErrorView(entry.block);
      case "summary":
        return new SummaryView(entry.block);
      case "call":
      case "result":
        return new ToolCard(entry, this);
    }
  }

  readonly #remember = (event: Event): void => {
    const slot = (event.target as Element).closest(".slot");
    for (const [row, each] of this.list.slots) if (each === slot) row.touched = true;
  };
}
