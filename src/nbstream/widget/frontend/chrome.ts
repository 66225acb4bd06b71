/** The frame around the transcript: who and what state above, the truth below. */

import { el, icon, setText } from "./dom.ts";
import { between, clock, count, plural } from "./format.ts";
import type { AgentRecord } from "./message.ts";
import { isTerminal } from "./state.ts";
import type { State } from "./state.ts";
import type { Speed } from "./tally.ts";

/** Milliseconds after which Stop can be pressed again. */
const STOP_AGAIN = 8000;

export class Header {
  readonly element = el("header");
  readonly #source = el("span", "source", "agent");
  readonly #model = el("span", "model");
  readonly #pill = el("span", "pill");
  readonly #label = el("span", "label");
  readonly #elapsed = el("span", "elapsed");
  readonly #speed = el("span", "speed");
  readonly #stop = el("button", "stop", "Stop");
  #stopped: number | null = null;

  constructor(onStop: () => void, toolbar: HTMLElement) {
    this.#stop.type = "button";
    this.#stop.hidden = true;
    this.#stop.addEventListener("click", () => {
      this.#stopped = performance.now();
      this.#showStop(true);
      onStop();
    });
    this.#pill.append(icon("dot", ""), this.#label);
    const who = el("div", "who");
    who.append(this.#source, this.#model, this.#pill, this.#elapsed, this.#speed);
    toolbar.append(this.#stop);
    this.element.append(who, toolbar);
  }

  update(record: AgentRecord | null, state: State, speed: Speed | null, now: number): void {
    this.#pill.dataset["tone"] = state.tone;
    setText(this.#label, state.label);
    this.#pill.title = state.detail ?? "";
    if (record === null) return;
    setText(this.#source, record.source);
    setText(this.#model, record.model ?? "");
    setText(this.#elapsed, elapsed(record, now));
    setText(this.#speed, speed === null ? "" : speedWords(speed));
    this.#speed.title = speed === null ? "" : SPEED_BASIS[speed.basis];
    this.#showStop(!isTerminal(record) && state.key !== "kernel-gone" && state.key !== "replay");
  }

  #showStop(possible: boolean): void {
    const waiting = this.#stopped !== null && performance.now() - this.#stopped < STOP_AGAIN;
    this.#stop.hidden = !possible;
    this.#stop.disabled = waiting;
    setText(this.#stop, waiting ? "Stopping…" : "Stop");
  }
}

const SPEED_BASIS: Record<Speed["basis"], string> = {
  usage: "Output tokens as the source reports them, over the time in which it was speaking",
  deltas: "Pieces of text counted in the last 5 seconds; most sources send about one token in each",
};

/** "63 tok/s" from the source's usage; "≈ 63 deltas/s" where pieces were counted. */
export function speedWords({ perSecond, basis }: Speed): string {
  const rounded = perSecond < 9.95 ? perSecond.toFixed(1) : count(Math.round(perSecond));
  return basis === "usage" ? `${rounded} tok/s` : `≈ ${rounded} deltas/s`;
}

function elapsed(record: AgentRecord, now: number): string {
  const start = record.started_at ?? record.created_at;
  const end = record.completed_at ?? (isTerminal(record) ? null : new Date(now).toISOString());
  const took = between(start, end);
  return took === null ? "" : clock(took);
}

/** What the truth line is made of. */
export interface Truth {
  readonly contiguous: number;
  readonly head: number;
  readonly holes: number;
  readonly duplicates: number;
  readonly conflicts: number;
  readonly malformed: number;
  readonly transport: string;
}

export class Footer {
  readonly element = el("footer");
  readonly #dot = icon("dot", "");
  readonly #line = el("span", "truth");
  readonly #raw = el("button", "rawtoggle", "raw");

  constructor(onRaw: (on: boolean) => void) {
    this.#raw.type = "button";
    this.#raw.title = "Show the source as received, block by block";
    this.#raw.setAttribute("aria-pressed", "false");
    this.#raw.addEventListener("click", () => {
      const on = this.#raw.getAttribute("aria-pressed") !== "true";
      this.#raw.setAttribute("aria-pressed", String(on));
      onRaw(on);
    });
    this.element.append(this.#dot, this.#line, el("span", "space"), this.#raw);
  }

  update(state: State, truth: Truth): void {
    this.#dot.dataset["tone"] = truth.conflicts + truth.malformed > 0 ? "bad" : state.tone;
    setText(this.#line, truthLine(state, truth));
  }
}

/** The truth line: nothing in it is a guess. */
export function truthLine(state: State, truth: Truth): string {
  const parts = [state.key.replace("-", " ")];
  parts.push(truth.contiguous > 0 ? `seq 1–${truth.contiguous}` : "no rows yet");
  if (truth.head > truth.contiguous) parts.push(`head ${truth.head}`);
  parts.push(plural(truth.holes, "hole"));
  if (truth.duplicates > 0) parts.push(`${count(truth.duplicates)} ${truth.duplicates === 1 ? "duplicate" : "duplicates"} refused`);
  if (truth.conflicts > 0) parts.push(plural(truth.conflicts, "conflict"));
  if (truth.malformed > 0) parts.push(`${count(truth.malformed)} malformed`);
  // A row is shown only after its commit, so what is here is saved.
  if (truth.contiguous > 0) parts.push("saved");
  parts.push(truth.transport);
  return parts.join(" · ");
}
