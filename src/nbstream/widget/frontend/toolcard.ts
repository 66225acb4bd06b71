/** A tool call and its result as one card, with the subagent it started in a lane under it. */

import type { BlockView } from "./blocks.ts";
import { el, icon, setText } from "./dom.ts";
import type { Block, Change } from "./fold.ts";
import { between, duration, numberOf, partialHeadline, plural, textOf, toolInput } from "./format.ts";
import type { Field } from "./format.ts";
import { DURATION_MS, IS_ERROR, TOOL_NAME } from "./message.ts";
import { OutputPane } from "./output.ts";
import { visible } from "./visible.ts";
import { LineWriter } from "./writer.ts";

type Outcome = "running" | "ok" | "bad" | "open";

const MARKS: Record<Outcome, string> = { running: "", ok: "✓", bad: "✗", open: "–" };
const WORDS: Record<Outcome, string> = { running: "running", ok: "done", bad: "failed", open: "no result" };

/** Milliseconds a call runs before its time is counted on the page. */
const COUNT_AFTER = 2000;

export class ToolCard implements BlockView {
  readonly element = el("div", "row tool");
  readonly #column = el("div", "stack");
  readonly #card = el("div", "card");
  readonly #mark = icon("outcome", "");
  readonly #word = el("span", "unseen");
  readonly #name = el("span", "name");
  readonly #headline = el("span", "headline");
  readonly #time = el("span", "time");
  readonly #output = new OutputPane();
  #head: HTMLElement = el("div", "head");
  #call: Block | null;
  #outcome: Outcome = "running";
  #lane: HTMLElement | null = null;
  #laneLabel: HTMLElement | null = null;
  #laneTools = 0;

  constructor(call: Block | null) {
    this.#call = call;
    this.#head.append(this.#mark, this.#word, this.#name, this.#headline, this.#time);
    this.#card.append(this.#head, this.#output.element);
    this.#column.append(this.#card);
    this.element.append(icon("mark", ""), this.#column);
    this.#setOutcome("running");
    if (call !== null) this.#showCall(call);
  }

  get running(): boolean {
    return this.#outcome === "running";
  }

  update(change: Change): void {
    this.#call = change.block;
    this.#showCall(change.block);
  }

  /** The input is whole: reads it once. */
  settle(): void {
    const call = this.#call;
    if (call === null) return;
    const input = toolInput(call.content);
    setText(this.#headline, visible(input.headline));
    this.#showFields(input.fields);
  }

  remove(): void {
    this.element.remove();
  }

  /** The agent is over: a call without a result gets none. */
  end(): void {
    this.settle();
    if (this.#outcome === "running") this.#setOutcome("open");
  }

  /** Counts the time of a call that takes long. */
  tick(now: number): void {
    const started = this.#call?.ended_at;
    if (!this.running || started === undefined) return;
    const took = now - Date.parse(started);
    if (took >= COUNT_AFTER) setText(this.#time, duration(took));
  }

  /** The view of a result, which lives in this card. */
  result(block: Block): BlockView {
    this.settle();
    this.#showResult(block);
    this.#output.replace(block.content);
    return {
      element: this.#output.element,
      update: (change) => {
        if (change.kind === "append") this.#output.append(change.text);
        if (change.kind === "replace") this.#output.replace(change.block.content);
        this.#showResult(change.block);
      },
      settle: () => undefined,
      remove: () => {
        this.#output.replace("");
        this.#setOutcome("running");
        setText(this.#time, "");
      },
    };
  }

  /** Where the rows of this call's subagent go. */
  lane(): HTMLElement {
    if (this.#lane === null) {
      const box = el("div", "lane");
      this.#laneLabel = el("div", "lanelabel", "subagent");
      this.#lane = el("div", "rows");
      box.append(this.#laneLabel, this.#lane);
      this.#column.append(box);
    }
    return this.#lane;
  }

  /** One more tool call in the lane. */
  countTool(): void {
    this.#laneTools += 1;
    if (this.#laneLabel !== null) setText(this.#laneLabel, `subagent · ${plural(this.#laneTools, "tool")}`);
  }

  #showCall(call: Block): void {
    setText(this.#name, visible(textOf(call.metadata[TOOL_NAME]) ?? "tool"));
    // While the input is still arriving only its beginning is read: a delta must not cost the whole text.
    if (!call.whole && call.content.length < 800) setText(this.#headline, visible(partialHeadline(call.content)));
  }

  #showResult(block: Block): void {
    if (this.#call === null) setText(this.#name, visible(textOf(block.metadata[TOOL_NAME]) ?? "tool result"));
    this.#setOutcome(block.metadata[IS_ERROR] === true ? "bad" : "ok");
    const took = numberOf(block.metadata[DURATION_MS]) ?? between(this.#call?.ended_at ?? null, block.created_at);
    setText(this.#time, took === null ? "" : duration(took));
  }

  #setOutcome(outcome: Outcome): void {
    this.#outcome = outcome;
    this.#card.dataset["outcome"] = outcome;
    setText(this.#mark, MARKS[outcome]);
    setText(this.#word, WORDS[outcome]);
  }

  /** With more input than its headline, the head opens to show the rest. */
  #showFields(fields: readonly Field[]): void {
    const before = this.#head;
    const parts = [this.#mark, this.#word, this.#name, this.#headline, this.#time];
    if (fields.length === 0) {
      if (before.tagName !== "DETAILS") return;
      this.#head = el("div", "head");
      this.#head.append(...parts);
    } else {
      const fold = el("details");
      const summary = el("summary", "head");
      summary.append(...parts);
      fold.append(summary, fieldList(fields));
      fold.open = before instanceof HTMLDetailsElement && before.open;
      this.#head = fold;
    }
    before.replaceWith(this.#head);
  }
}

/** Fields shown of an input; the rest is in the store. */
const FIELD_LIMIT = 40;

function fieldList(fields: readonly Field[]): HTMLElement {
  const list = el("dl", "fields");
  for (const { name, value } of fields.slice(0, FIELD_LIMIT)) {
    const written = el("dd");
    new LineWriter(written).write(visible(value.slice(0, 100_000)));
    list.append(el("dt", "", visible(name)), written);
  }
  if (fields.length > FIELD_LIMIT) list.append(el("dt", "", "…"), el("dd", "cut", plural(fields.length - FIELD_LIMIT, "more field")));
  return list;
}
