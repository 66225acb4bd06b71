/** Several agents side by side: each its own view, with one clock and one total above them. */

import type { CommModel } from "./comm.ts";
import { el, icon, setText } from "./dom.ts";
import { clock, cost, count, plural } from "./format.ts";
import { isTerminal } from "./state.ts";
import { followTheme } from "./theme.ts";
import { totalOf } from "./total.ts";
import type { Total } from "./total.ts";
import type { Transport } from "./transport.ts";
import { mountView } from "./view.ts";
import type { Standing } from "./view.ts";
import frameStyle from "./frame.css";
import gridStyle from "./grid.css";

/** Pixels a cell wants at least; with more columns than fit, fewer are shown. */
const NARROWEST = 260;

/** Puts a grid of agents into `parent`. Returns what takes it away again. `columns` 0: as many as fit. */
export function mountGrid(
  parent: HTMLElement,
  agentIds: readonly string[],
  transportFor: (agentId: string) => Transport,
  columns = 0,
): () => void {
  const grid = new Grid(agentIds, columns);
  parent.append(grid.host);
  const ends = agentIds.map((id) =>
    mountView(grid.cell(), id, transportFor(id), { compact: true, onStanding: (standing) => grid.tell(id, standing) }),
  );
  return () => {
    for (const end of ends) end();
    grid.close();
  };
}

class Grid {
  readonly host = el("div", "nbstream-grid");
  readonly #cells = el("div", "cells");
  readonly #head = el("div", "gridhead");
  readonly #pill = el("span", "pill");
  readonly #label = el("span", "label");
  readonly #clock = el("span", "elapsed");
  readonly #figures = el("span", "figures");
  readonly #standings = new Map<string, Standing>();
  readonly #agents: number;
  readonly #endTheme: () => void;
  readonly #ticker: number;

  constructor(agentIds: readonly string[], columns: number) {
    this.#agents = agentIds.length;
    this.#pill.append(icon("dot", ""), this.#label);
    this.#head.append(el("span", "source", plural(agentIds.length, "agent")), this.#pill, this.#clock, el("span", "space"), this.#figures);
    const frame = el("section", "gridframe");
    frame.setAttribute("aria-label", plural(agentIds.length, "agent"));
    frame.append(this.#head, this.#cells);
    const widest = columns > 0 ? `${Math.floor(100 / columns) - 1}%` : "0px";
    this.#cells.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(100%, max(${NARROWEST}px, ${widest})), 1fr))`;
    this.host.attachShadow({ mode: "open" }).append(el("style", "", frameStyle + gridStyle), frame);
    this.#endTheme = followTheme(this.host);
    this.#ticker = window.setInterval(() => this.#show(), 1000);
    this.#show();
  }

  /** The place of the next view. */
  cell(): HTMLElement {
    const cell = el("div", "cell");
    this.#cells.append(cell);
    return cell;
  }

  tell(agentId: string, standing: Standing): void {
    const before = this.#standings.get(agentId);
    this.#standings.set(agentId, standing);
    // The clock ticks by itself; what an agent says in between matters when its state changes.
    if (before?.state.key !== standing.state.key) this.#show();
  }

  close(): void {
    window.clearInterval(this.#ticker);
    this.#endTheme();
    this.host.remove();
  }

  #show(): void {
    const total = totalOf([...this.#standings.values()], this.#agents, Date.now());
    this.#pill.dataset["tone"] = total.tone;
    setText(this.#label, total.label);
    setText(this.#clock, total.elapsed === null ? "" : clock(total.elapsed));
    setText(this.#figures, figuresOf(total));
    this.host.dataset["running"] = String(total.running);
    this.host.dataset["over"] = String([...this.#standings.values()].filter(({ record }) => isTerminal(record)).length);
  }
}

function figuresOf({ input, output, dollars, reporting, agents }: Total): string {
  const parts: string[] = [];
  if (input + output > 0) parts.push(`${count(input)} in`, `${count(output)} out`);
  if (dollars !== null) parts.push(cost(dollars));
  // A total over some of them must not look like one over all.
  if (parts.length > 0 && reporting < agents) parts.push(`from ${reporting} of ${agents}`);
  return parts.join(" · ");
}

/** One model that carries several agents: each gets what is tagged with its id. */
export function sharedModel(model: CommModel): (agentId: string) => CommModel {
  const listeners = new Map<string, Set<(content: unknown) => void>>();
  const listen = (content: unknown): void => {
    const tagged = content as { agent_id?: unknown } | null;
    for (const listener of [...(listeners.get(String(tagged?.agent_id)) ?? [])]) listener(content);
  };
  return (agentId) => ({
    get: (name) => (name === "agent_id" ? agentId : model.get(name)),
    send: (content) => model.send(content),
    on: (event, listener) => {
      if (listeners.size === 0) model.on(event, listen);
      listeners.set(agentId, (listeners.get(agentId) ?? new Set()).add(listener));
    },
    off: (event, listener) => {
      listeners.get(agentId)?.delete(listener);
      if (listeners.get(agentId)?.size === 0) listeners.delete(agentId);
      if (listeners.size === 0) model.off(event, listen);
    },
  });
}
