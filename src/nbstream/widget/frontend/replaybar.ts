/** What a reader plays a run with: play, the scrubber, the row, the speed; tokens and cost as of the moment. */

import { el, icon, setText } from "./dom.ts";
import { clock, cost, count } from "./format.ts";
import type { Playback } from "./playback.ts";
import type { Tally } from "./tally.ts";

/** Times as fast as it was. */
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 64];

/** Milliseconds of the run that an arrow key goes. */
const STEP = 5000;

export class ReplayBar {
  readonly element = el("div", "replaybar");
  readonly #playback: Playback;
  readonly #changed: () => void;
  readonly #play = press("play", "Play or pause (space)");
  readonly #scrubber = el("input", "scrubber");
  readonly #clock = el("span", "clock");
  readonly #axis = press("axis", "Scrub by time or by row");
  readonly #row = el("input", "row");
  readonly #rows = el("span", "rows");
  readonly #speed = el("select", "speed");
  readonly #figures = el("span", "figures");
  readonly #glyph = icon("glyph", "▶");
  /** Where all rows came at once, time says nothing. */
  #byRow: boolean | null = null;

  /** @param changed called after the reader moved something. */
  constructor(playback: Playback, changed: () => void) {
    this.#playback = playback;
    this.#changed = changed;
    const { element } = this;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "replay; space plays, arrows go 5 seconds, comma and full stop go a row");
    this.#play.append(this.#glyph);
    const back = press("step", "A row back (,)", "‹");
    const forth = press("step", "A row on (.)", "›");
    const rows = el("label", "rowbox", "row ");
    rows.append(this.#row, this.#rows);
    const moment = el("div", "moment");
    moment.append(this.#play, this.#scrubber, this.#clock);
    const rest = el("div", "rest");
    rest.append(this.#speed, back, rows, forth, this.#axis, el("span", "space"), this.#figures);
    element.append(moment, rest);
    this.#fill();
    this.#play.addEventListener("click", () => this.#do(() => this.#playback.toggle()));
    back.addEventListener("click", () => this.#step(-1));
    forth.addEventListener("click", () => this.#step(1));
    element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Shows where the replay is, and what the run had used by then. */
  update(tally: Tally | null, loading: string | null): void {
    const { position, duration, row, rows, playing } = this.#playback;
    setText(this.#glyph, playing ? "❚❚" : this.#playback.atEnd && rows > 0 ? "↻" : "▶");
    this.#play.setAttribute("aria-label", playing ? "Pause" : "Play");
    const words = `${clock(position)} / ${clock(duration)}`;
    setText(this.#clock, loading ?? words);
    const byRow = this.#byRow ?? duration === 0;
    setText(this.#axis, byRow ? "by row" : "by time");
    this.#scrubber.max = String(byRow ? rows : duration);
    this.#scrubber.value = String(byRow ? row : position);
    this.#scrubber.setAttribute("aria-valuetext", `${words}, row ${row} of ${rows}`);
    if (!this.#row.matches(":focus") || playing) this.#row.value = String(row);
    this.#row.max = String(rows);
    setText(this.#rows, ` of ${count(rows)}`);
    setText(this.#figures, tally === null ? "" : figuresOf(tally));
  }

  #fill(): void {
    this.#scrubber.type = "range";
    this.#scrubber.min = "0";
    this.#scrubber.step = "any";
    this.#scrubber.setAttribute("aria-label", "moment of the run");
    this.#scrubber.addEventListener("input", () => {
      const value = Number(this.#scrubber.value);
      this.#do(() => (this.#byRow ?? this.#playback.duration === 0) ? this.#playback.seekRow(value) : this.#playback.seekTime(value));
    });
    this.#row.type = "number";
    this.#row.min = "0";
    this.#row.setAttribute("aria-label", "row");
    this.#row.addEventListener("change", () => this.#do(() => this.#playback.seekRow(Number(this.#row.value))));
    this.#axis.addEventListener("click", () => this.#do(() => (this.#byRow = !(this.#byRow ?? this.#playback.duration === 0))));
    const { speed } = this.#playback;
    this.#speed.setAttribute("aria-label", "speed");
    for (const each of [...new Set([...SPEEDS, speed])].sort((a, b) => a - b)) {
      const option = el("option", "", `${each}×`);
      option.value = String(each);
      option.selected = each === speed;
      this.#speed.append(option);
    }
    this.#speed.addEventListener("change", () => this.#do(() => (this.#playback.speed = Number(this.#speed.value))));
  }

  #do(change: () => void): void {
    change();
    this.#changed();
  }

  #step(rows: number): void {
    this.#do(() => {
      this.#playback.playing = false;
      this.#playback.seekRow(this.#playback.row + rows);
    });
  }

  /** Digits belong to the row, letters to the speed, space to whatever button has the focus; the rest is ours. */
  #key(event: KeyboardEvent): void {
    const on = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || on === this.#row || on === this.#speed) return;
    const act = this.#meaning(event.key, on instanceof HTMLButtonElement);
    if (act === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.#do(act);
  }

  #meaning(key: string, onButton: boolean): (() => void) | null {
    const playback = this.#playback;
    switch (key) {
      case " ":
        return onButton ? null : () => playback.toggle();
      case "k":
        return () => playback.toggle();
      case "ArrowLeft":
      case "ArrowRight":
        return () => playback.seekTime(playback.position + (key === "ArrowLeft" ? -STEP : STEP));
      case ",":
      case ".":
        return () => {
          playback.playing = false;
          playback.seekRow(playback.row + (key === "," ? -1 : 1));
        };
      case "Home":
        return () => playback.seekRow(0);
      case "End":
        return () => playback.seekRow(playback.rows);
      default:
        return null;
    }
  }
}

function press(className: string, title: string, text = ""): HTMLButtonElement {
  const made = el("button", className, text);
  made.type = "button";
  made.title = title;
  made.setAttribute("aria-label", title);
  return made;
}

/** Only what the source had said by then: many tell the cost at the very end. */
export function figuresOf(tally: Tally): string {
  const { usage } = tally;
  const parts = usage === null ? [] : [`${count(usage.input)} in`, `${count(usage.output)} out`];
  if (tally.cost !== null) parts.push(cost(tally.cost));
  return parts.length === 0 ? "no tokens told yet" : parts.join(" · ");
}
