/** How each kind of block looks; tool calls are in toolcard.ts, the end of a run in summary.ts. */

import { el, icon, setText } from "./dom.ts";
import type { Block, Change } from "./fold.ts";
import { between, duration, textOf } from "./format.ts";
import { KIND } from "./message.ts";
import { lookOf } from "./outline.ts";
import { RichText } from "./richtext.ts";
import { visible } from "./visible.ts";
import { LineWriter } from "./writer.ts";

/** One block on the page. */
export interface BlockView {
  readonly element: HTMLElement;
  /** Repeats a change of its block. */
  update(change: Change): void;
  /** Nothing more is coming for now; `whole` asks for all of it on the page at once, however long it is. */
  settle(whole?: boolean): void;
  /** Opens all that folds, or closes it. */
  fold(open: boolean): void;
}

/** A row of the transcript: a mark in the gutter and its content. */
export function row(look: string, mark: string, ...content: HTMLElement[]): HTMLElement {
  const element = el("div", `row ${look}`);
  element.append(icon("mark", mark), ...content);
  return element;
}

export abstract class RowView implements BlockView {
  readonly element: HTMLElement;

  constructor(element: HTMLElement) {
    this.element = element;
  }

  abstract update(change: Change): void;

  settle(_whole?: boolean): void {
    this.element.removeAttribute("aria-busy");
  }

  fold(open: boolean): void {
    for (const each of this.element.querySelectorAll("details")) each.open = open;
  }

  /** Screen readers wait with a block until it is whole. */
  protected grow(): void {
    this.element.setAttribute("aria-busy", "true");
  }
}

/** What the agent says, and what it was told. */
export class TextView extends RowView {
  readonly #text: RichText;

  constructor(block: Block) {
    const text = new RichText("prose");
    const look = lookOf(block) === "user" ? "user" : "said";
    super(row(look, look === "user" ? "›" : "", text.element));
    if (block.part === "refusal") text.element.classList.add("refusal");
    this.#text = text;
    text.append(block.content);
    if (look === "user") text.flush();
    else this.grow();
  }

  override fold(): void {
    // What was said is never folded.
  }

  update(change: Change): void {
    if (change.kind === "append") this.#text.append(change.text);
    if (change.kind === "replace") this.#text.replace(change.block.content);
    if (change.kind === "settle") this.settle();
    else this.grow();
  }

  override settle(whole = false): void {
    super.settle();
    if (whole) this.#text.flush();
    else this.#text.settle();
  }
}

/** Reasoning: one line until it is opened. */
export class ThoughtView extends RowView {
  readonly #text: RichText;
  readonly #label: HTMLElement;
  readonly #glimpse: HTMLElement;
  #block: Block;

  constructor(block: Block) {
    const fold = el("details", "thought");
    const summary = el("summary");
    const label = el("span", "label", "Thinking…");
    const glimpse = el("span", "glimpse");
    const text = new RichText("prose");
    summary.append(label, glimpse);
    fold.append(summary, text.element);
    super(row("mind", "", fold));
    this.#block = block;
    this.#text = text;
    this.#label = label;
    this.#glimpse = glimpse;
    text.append(block.content);
    this.#glance(block.content);
    this.grow();
  }

  update(change: Change): void {
    this.#block = change.block;
    if (change.kind === "append") {
      this.#text.append(change.text);
      // The beginning is what the summary shows; read no more of a long text than that.
      if (change.block.content.length < 400) this.#glance(change.block.content);
    }
    if (change.kind === "replace") {
      this.#text.replace(change.block.content);
      this.#glance(change.block.content);
    }
    this.grow();
  }

  override settle(whole = false): void {
    super.settle();
    if (whole) this.#text.flush();
    else this.#text.settle();
    const took = between(this.#block.created_at, this.#block.ended_at) ?? 0;
    setText(this.#label, took >= 100 ? `Thought for ${duration(took)}` : "Thought");
  }

  #glance(content: string): void {
    setText(this.#glimpse, content.slice(0, 200).replace(/\s+/g, " ").trim());
  }
}

/** Small print: what the program said about itself. */
export class NoteView extends RowView {
  readonly #place: HTMLElement;

  constructor(block: Block) {
    const place = el("div", "stack");
    super(row("note", "", place));
    this.#place = place;
    this.#show(block);
  }

  update(change: Change): void {
    this.#place.replaceChildren();
    this.#show(change.block);
  }

  #show(block: Block): void {
    const kind = textOf(block.metadata[KIND]) ?? "note";
    this.element.dataset["kind"] = kind;
    const content = visible(block.content);
    const line = el("span", "line", content.slice(0, 300).replace(/\s+/g, " "));
    if (content.length <= 120 && !content.trim().includes("\n")) {
      const plain = el("div", "small");
      plain.append(el("span", "kind", kind), line);
      this.#place.append(plain);
      return;
    }
    const fold = el("details", "small");
    const summary = el("summary");
    summary.append(el("span", "kind", kind), line);
    const pre = el("pre");
    pre.tabIndex = 0;
    new LineWriter(pre).write(content);
    fold.append(summary, pre);
    this.#place.append(fold);
  }
}

/** An error: whole, plain and not folded. */
export class ErrorView extends RowView {
  readonly #writer: LineWriter;
  readonly #box: HTMLElement;

  constructor(block: Block) {
    const box = el("div", "error");
    super(row("wrong", "✗", box));
    this.#box = box;
    this.#writer = new LineWriter(box);
    this.#writer.write(visible(block.content));
  }

  update(change: Change): void {
    if (change.kind === "append") this.#writer.write(visible(change.text));
    if (change.kind === "replace") {
      this.#box.replaceChildren();
      new LineWriter(this.#box).write(visible(change.block.content));
    }
  }
}
