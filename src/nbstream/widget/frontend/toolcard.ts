/** A tool call and its result as one card, with the subagent it started in a lane under it. */

import type { BlockView } from "./blocks.ts";
import { el, icon, setText } from "./dom.ts";
import type { Change } from "./fold.ts";
import { between, duration, numberOf, partialHeadline, textOf, toolInput } from "./format.ts";
import { changeView, fieldList, structured } from "./input.ts";
import { Lane } from "./lanes.ts";
import type { ViewMaker } from "./lanes.ts";
import { DURATION_MS, TOOL_NAME } from "./message.ts";
import { OutputPane } from "./output.ts";
import { outcomeOf } from "./outline.ts";
import type { Entry, Outcome } from "./outline.ts";
import { visible } from "./visible.ts";

const MARKS: Record<Outcome, string> = { running: "", ok: "✓", bad: "✗", open: "–" };
const WORDS: Record<Outcome, string> = { running: "running", ok: "done", bad: "failed", open: "no result" };

/** Milliseconds a call runs before its time is counted on the page. */
const COUNT_AFTER = 2000;

export class ToolCard implements BlockView {
  readonly element = el("div", "row tool");
  readonly #entry: Entry;
  readonly #maker: ViewMaker;
  readonly #column = el("div", "stack");
  readonly #card = el("details", "card");
  readonly #mark = icon("outcome", "");
  readonly #word = el("span", "unseen");
  readonly #name = el("span", "name");
  readonly #headline = el("span", "headline");
  readonly #time = el("span", "time");
  readonly #input = el("div", "input");
  readonly #output = new OutputPane();
  /** The edit that the call makes, and an output that is more than text. */
  #change: HTMLElement | null = null;
  #structured: HTMLElement | null = null;
  #lane: Lane | null = null;
  /** Under the lane: what the subagent answered came after what it did. */
  readonly #answer = el("div", "card answer");
  /** A reader closed all cards: a result does not open this one. */
  #shut = false;

  constructor(entry: Entry, maker: ViewMaker) {
    this.#entry = entry;
    this.#maker = maker;
    const head = el("summary", "head");
    head.append(this.#mark, this.#word, this.#name, this.#headline, this.#time);
    this.#card.append(head, this.#input, this.#output.element);
    this.#column.append(this.#card);
    this.element.append(icon("mark", ""), this.#column);
    this.#showCall();
    const result = entry.look === "result" ? entry.block : entry.result;
    if (result !== null) this.#showOutput(result.content);
    this.#showOutcome();
    this.#card.open = result !== null;
    if (entry.children.length > 0) this.children();
  }

  update(change: Change): void {
    if (this.#entry.look === "result") this.result(change);
    else this.#showCall();
  }

  /** The input is whole: reads it once. */
  settle(): void {
    if (this.#entry.look === "result") return;
    const input = toolInput(this.#entry.block.content);
    setText(this.#headline, visible(input.headline));
    this.#input.replaceChildren(...(input.fields.length > 0 ? [fieldList(input.fields)] : []));
    this.#change?.remove();
    this.#change = changeView(textOf(this.#entry.block.metadata[TOOL_NAME]) ?? "", this.#entry.block.content);
    if (this.#change !== null) {
      this.#input.after(this.#change);
      if (!this.#shut) this.#card.open = true;
    }
    this.#showOutcome();
  }

  fold(open: boolean): void {
    this.#shut = !open;
    this.#card.open = open;
    if (this.#lane !== null) this.#lane.element.hidden = !open;
    this.#answer.hidden = !open;
  }

  /** Counts the time of a call that takes long. */
  tick(now: number): void {
    if (outcomeOf(this.#entry) !== "running") return;
    const took = now - Date.parse(this.#entry.block.ended_at);
    if (took >= COUNT_AFTER) setText(this.#time, duration(took));
  }

  /** Repeats a change of the result. */
  result(change: Change): void {
    if (change.kind === "append" && this.#structured === null) this.#output.append(change.text);
    else if (change.kind !== "settle") this.#showOutput(change.kind === "drop" ? "" : change.block.content);
    if (change.kind === "open" && !this.#shut) this.#card.open = true;
    if (change.kind === "drop") setText(this.#time, "");
    this.#showOutcome();
  }

  /** Its subagent has said something more. */
  children(): void {
    if (this.#lane === null) {
      this.#lane = new Lane(this.#entry, this.#maker);
      this.#answer.append(this.#output.element);
      if (this.#structured !== null) this.#answer.append(this.#structured);
      this.#answer.hidden = this.#shut;
      this.#column.append(this.#lane.element, this.#answer);
    } else {
      this.#lane.fill();
    }
  }

  /** Puts one thing that its subagent said on the page. */
  reach(child: Entry): void {
    this.#lane?.reach(child);
  }

  /** Leaves the page: the views in its lane go too. */
  clear(): void {
    this.#lane?.clear();
  }

  #showCall(): void {
    const { block } = this.#entry;
    const unnamed = this.#entry.look === "result" ? "tool result" : "tool";
    setText(this.#name, visible(textOf(block.metadata[TOOL_NAME]) ?? unnamed));
    // While the input is still arriving only its beginning is read: a delta must not cost the whole text.
    if (this.#entry.growing && block.content.length < 800) setText(this.#headline, visible(partialHeadline(block.content)));
  }

  #showOutput(content: string): void {
    this.#structured?.remove();
    this.#structured = structured(content);
    this.#output.replace(this.#structured === null ? content : "");
    this.#output.flush();
    if (this.#structured !== null) this.#output.element.after(this.#structured);
  }

  #showOutcome(): void {
    const outcome = outcomeOf(this.#entry);
    this.#card.dataset["outcome"] = outcome;
    this.#answer.dataset["outcome"] = outcome;
    // An edit that went well is told by its lines; that it went well, by its mark.
    this.#card.classList.toggle("told", this.#change !== null && outcome === "ok");
    setText(this.#mark, MARKS[outcome]);
    setText(this.#word, WORDS[outcome]);
    const { block, result, look } = this.#entry;
    const answer = look === "result" ? block : result;
    if (answer !== null) {
      const took = numberOf(answer.metadata[DURATION_MS]) ?? between(look === "result" ? null : block.ended_at, answer.created_at);
      setText(this.#time, took === null ? "" : duration(took));
    }
    this.#lane?.relabel();
  }
}
