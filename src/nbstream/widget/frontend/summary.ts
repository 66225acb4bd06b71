/** The end of a run, or of a turn: how it went and what it took. */

import { RowView, row } from "./blocks.ts";
import { el } from "./dom.ts";
import type { Block, Change } from "./fold.ts";
import { cost, count, duration, numberOf } from "./format.ts";
import { COST_USD, DURATION_MS, INPUT_TOKENS, IS_ERROR, OUTPUT_TOKENS, TURNS } from "./message.ts";
import type { Metadata } from "./message.ts";
import { usageOf } from "./tally.ts";
import type { Usage } from "./tally.ts";
import { visible } from "./visible.ts";

export class SummaryView extends RowView {
  readonly #place: HTMLElement;

  constructor(block: Block) {
    const place = el("div", "stack");
    super(row("sum", "", place));
    this.#place = place;
    this.#show(block);
  }

  update(change: Change): void {
    this.#place.replaceChildren();
    this.#show(change.block);
  }

  #show(block: Block): void {
    const failed = block.metadata[IS_ERROR] === true;
    const card = el("div", failed ? "summary bad" : "summary");
    if (failed && block.content.trim() !== "") card.append(el("div", "reason", visible(block.content)));
    const figures = el("dl");
    for (const [name, value] of summaryFigures(block.metadata)) {
      const figure = el("div", name === "status" ? "ending" : "");
      figure.append(el("dt", "", name), el("dd", "", value));
      figures.append(figure);
    }
    card.append(figures);
    const bar = tokenBar(usageOf(block.metadata));
    if (bar !== null) card.append(bar);
    this.#place.append(card);
  }
}

/** Names and values; what the source did not report is left out. */
export function summaryFigures(metadata: Metadata): [string, string][] {
  const figures: [string, string][] = [["status", metadata[IS_ERROR] === true ? "failed" : "finished"]];
  const add = (name: string, value: number | null, format: (value: number) => string): void => {
    if (value !== null) figures.push([name, format(value)]);
  };
  const { cacheRead, cacheWrite } = usageOf(metadata);
  add("took", numberOf(metadata[DURATION_MS]), duration);
  add("turns", numberOf(metadata[TURNS]), count);
  add("input", numberOf(metadata[INPUT_TOKENS]), count);
  add("cached", cacheRead > 0 ? cacheRead : null, count);
  add("cache write", cacheWrite > 0 ? cacheWrite : null, count);
  add("output", numberOf(metadata[OUTPUT_TOKENS]), count);
  add("cost", numberOf(metadata[COST_USD]), cost);
  return figures;
}

/** Where the tokens went, as one line; none where there is nothing to compare. */
function tokenBar({ input, cacheRead, cacheWrite, output }: Usage): HTMLElement | null {
  const parts: [string, number][] = [
    ["cached", cacheRead],
    ["written", cacheWrite],
    ["fresh", Math.max(0, input - cacheRead - cacheWrite)],
    ["output", output],
  ];
  const total = parts.reduce((sum, [, tokens]) => sum + tokens, 0);
  if (total === 0 || input === 0) return null;
  const bar = el("div", "tokenbar");
  const said = parts.filter(([, tokens]) => tokens > 0).map(([name, tokens]) => `${name} ${count(tokens)}`);
  bar.title = `tokens: ${said.join(" · ")}`;
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", bar.title);
  for (const [name, tokens] of parts) {
    if (tokens === 0) continue;
    const part = el("span", name);
    part.style.flexGrow = String(tokens);
    bar.append(part);
  }
  return bar;
}
