/** The column of blocks: repeats each change of the fold on the page, and pairs calls, results and subagents. */

import { ErrorView, NoteView, SummaryView, TextView, ThoughtView, lookOf } from "./blocks.ts";
import type { BlockView, Look } from "./blocks.ts";
import { el } from "./dom.ts";
import type { Block, Change } from "./fold.ts";
import { textOf } from "./format.ts";
import { PARENT, TOOL_CALL_ID } from "./message.ts";
import { ToolCard } from "./toolcard.ts";

interface Shown {
  readonly view: BlockView;
  readonly look: Look;
  readonly container: HTMLElement;
}

export class Transcript {
  readonly element = el("div", "rows");
  /** Asked for the raw source of a row. */
  onRaw: ((sequenceNumber: number, answer: HTMLElement) => void) | null = null;
  readonly #shown = new Map<string, Shown>();
  /** The latest card of each call id: a source may use an id again. */
  readonly #cards = new Map<string, ToolCard>();
  readonly #running = new Set<ToolCard>();
  readonly #errors = new Set<string>();
  /** The block that is growing, in each lane. */
  readonly #growing = new Map<HTMLElement, BlockView>();

  /** Whether something on the page already tells that work goes on. */
  get active(): boolean {
    return this.#growing.size > 0 || this.#running.size > 0;
  }

  apply(change: Change): void {
    const { block } = change;
    const shown = this.#shown.get(block.key);
    if (change.kind === "drop") {
      if (shown !== undefined) this.#remove(block, shown);
      return;
    }
    if (shown === undefined) this.#open(block);
    else if (shown.look !== lookOf(block)) this.#exchange(block, shown);
    else {
      shown.view.update(change);
      this.#link(block, shown.view);
      this.#grow(block, shown);
    }
  }

  /** Whether an error on the page says that already. */
  tells(detail: string | null): boolean {
    return detail !== null && this.#errors.has(detail.trim());
  }

  /** Counts on: called once a second. */
  tick(now: number): void {
    for (const card of this.#running) card.tick(now);
  }

  /** The agent is over: nothing grows, nothing runs. */
  end(): void {
    for (const view of this.#growing.values()) view.settle();
    this.#growing.clear();
    for (const card of this.#running) card.end();
    this.#running.clear();
  }

  #open(block: Block): void {
    const parent = this.#cards.get(textOf(block.metadata[PARENT]) ?? "");
    const container = parent?.lane() ?? this.element;
    const look = lookOf(block);
    const view = this.#viewOf(block, look);
    const shown = { view, look, container };
    this.#shown.set(block.key, shown);
    if (look === "call") parent?.countTool();
    if (!view.element.isConnected && view.element.parentElement === null) {
      container.append(view.element);
      this.#offerRaw(block, view.element);
    }
    this.#link(block, view);
    this.#grow(block, shown);
  }

  #viewOf(block: Block, look: Look): BlockView {
    switch (look) {
      case "user":
      case "text":
        return new TextView(block);
      case "thought":
        return new ThoughtView(block);
      case "note":
        return new NoteView(block);
      case "error":
        this.#errors.add(block.content.trim());
        return new ErrorView(block);
      case "summary":
        return new SummaryView(block);
      case "call":
        return new ToolCard(block);
      case "result":
        return this.#resultOf(block);
    }
  }

  #resultOf(block: Block): BlockView {
    const card = this.#cards.get(textOf(block.metadata[TOOL_CALL_ID]) ?? "");
    if (card !== undefined) {
      this.#running.delete(card);
      return card.result(block);
    }
    // A result whose call never came still has a card of its own.
    const alone = new ToolCard(null);
    alone.result(block);
    return { element: alone.element, update: (change) => alone.result(change.block), settle: noop, remove: () => alone.remove() };
  }

  /** Remembers a card by its call id, which may come later than the card. */
  #link(block: Block, view: BlockView): void {
    const id = textOf(block.metadata[TOOL_CALL_ID]);
    if (!(view instanceof ToolCard) || id === null || this.#cards.get(id) === view) return;
    this.#cards.set(id, view);
    if (view.running) this.#running.add(view);
  }

  /** One block grows in each lane; the one before it is whole then. */
  #grow(block: Block, shown: Shown): void {
    const before = this.#growing.get(shown.container);
    if (before !== undefined && before !== shown.view) before.settle();
    if (block.whole) {
      shown.view.settle();
      this.#growing.delete(shown.container);
    } else {
      this.#growing.set(shown.container, shown.view);
    }
  }

  #exchange(block: Block, shown: Shown): void {
    const place = document.createComment("");
    shown.view.element.before(place);
    this.#remove(block, shown);
    this.#open(block);
    const element = this.#shown.get(block.key)?.view.element;
    if (element?.parentElement === place.parentElement && element !== undefined) place.before(element);
    place.remove();
  }

  #remove(block: Block, shown: Shown): void {
    if (this.#growing.get(shown.container) === shown.view) this.#growing.delete(shown.container);
    if (shown.view instanceof ToolCard) this.#running.delete(shown.view);
    shown.view.remove();
    this.#shown.delete(block.key);
  }

  /** A button that is there in raw mode only, and shows the source of the block's last row under it. */
  #offerRaw(block: Block, element: HTMLElement): void {
    const button = el("button", "rawbutton", "raw");
    button.type = "button";
    button.addEventListener("click", () => {
      const open = element.querySelector(":scope > .rawanswer");
      if (open !== null) {
        open.remove();
        return;
      }
      const answer = el("pre", "rawanswer", `asking for the source of seq ${block.last_sequence_number} …`);
      answer.tabIndex = 0;
      element.append(answer);
      this.onRaw?.(block.last_sequence_number, answer);
    });
    element.append(button);
  }
}

function noop(): void {
  // A result on its own has nothing that grows.
}
