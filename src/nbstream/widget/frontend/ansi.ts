/**
 * What a terminal would show: bytes of a program's output → lines of coloured text. Pure: no DOM.
 *
 * Colours and weights (SGR) are kept, as words of a fixed list. A carriage return goes back to the start of the line,
 * a backspace one back, and what comes then is written over what was there; `CSI K` clears the line to its end or
 * whole, without which every progress bar would leave scraps. All else is dropped: other CSI, OSC (links, clipboard,
 * titles), DCS, SOS, PM, APC. Conceal (SGR 8) is not done: nothing is hidden. Single controls are shown as marks.
 */

import { marked } from "./visible.ts";

export interface Run {
  readonly text: string;
  /** Words for the element's class, or empty. */
  readonly style: string;
}

/** A bright colour is shown as the same: what can be read on a light ground and what on a dark one is one shade of each. */
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

/** All classes that output can get. */
export const STYLES: readonly string[] = [
  "bold", "dim", "italic", "underline", "strike", "inverse",
  ...["fg", "bg"].flatMap((ground) => COLOURS.map((name) => `${ground}-${name}`)),
];

/** Cells of one line that are kept; what is beyond is counted. */
export const CELLS = 10_000;

/** Characters of a sequence that has no end before it is shown as text: nothing may swallow the rest of an output. */
const SEQUENCE_LIMIT = 4096;

// One sequence at a time, anchored: each is linear in its length.
const CSI = /\u001b\[([0-?]*)[ -/]*([@-~])/y;
const STRING = /\u001b[\]PX^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)/y;
const SHORT = /\u001b(?:[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/y;
const UNFINISHED = /^\u001b(?:\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\n]*\u001b?|[ -/]*)$/;
const PLAIN = /[^\u001b\r\n\b]+/y;

/** One line: runs while text only comes at its end, cells once something is written over. */
export class Line {
  #runs: { text: string; style: string }[] = [];
  #cells: { text: string; style: string }[] | null = null;
  #length = 0;
  #cursor = 0;
  /** Characters beyond the limit. */
  lost = 0;

  write(text: string, style: string): void {
    if (this.#cells === null && this.#cursor >= this.#length) this.#append(text, style);
    else this.#overwrite(text, style);
  }

  back(): void {
    this.#cursor = Math.max(0, this.#cursor - 1);
  }

  home(): void {
    this.#cursor = 0;
  }

  /** Clears to the end of the line (0), from its start (1) or all of it (2). */
  clear(what: number): void {
    const cells = this.#split();
    if (what === 0) cells.length = Math.min(cells.length, this.#cursor);
    else if (what === 2) cells.length = 0;
    else for (let at = 0; at <= this.#cursor && at < cells.length; at += 1) cells[at] = { text: " ", style: "" };
    this.#length = cells.length;
  }

  runs(): Run[] {
    if (this.#cells === null) return this.#runs;
    const runs: { text: string; style: string }[] = [];
    for (const { text, style } of this.#cells) {
      const last = runs.at(-1);
      if (last !== undefined && last.style === style) last.text += text;
      else runs.push({ text, style });
    }
    return runs;
  }

  #append(text: string, style: string): void {
    const room = Math.max(0, CELLS - this.#length);
    if (text.length > room) this.lost += text.length - room;
    const shown = text.slice(0, room);
    if (shown === "") return;
    const last = this.#runs.at(-1);
    if (last !== undefined && last.style === style) last.text += shown;
    else this.#runs.push({ text: shown, style });
    this.#length += shown.length;
    this.#cursor = this.#length;
  }

  #overwrite(text: string, style: string): void {
    const cells = this.#split();
    for (const character of text) {
      if (this.#cursor >= CELLS) {
        this.lost += character.length;
        continue;
      }
      while (cells.length < this.#cursor) cells.push({ text: " ", style: "" });
      cells[this.#cursor] = { text: character, style };
      this.#cursor += 1;
    }
    this.#length = cells.length;
  }

  #split(): { text: string; style: string }[] {
    if (this.#cells === null) {
      this.#cells = this.#runs.flatMap((run) => Array.from(run.text, (text) => ({ text, style: run.style })));
      this.#cursor = Math.min(this.#cursor, this.#cells.length);
    }
    return this.#cells;
  }
}

/** A terminal that only has a last line. */
export class AnsiReader {
  /** The line that is still open. */
  line = new Line();
  #style = new Style();
  #held = "";

  /** Takes a piece of output. Returns the lines that it ends. Costs O(its length). */
  feed(text: string): Line[] {
    return this.#read(this.#held + text, false);
  }

  /** The output is over: what was held back as the start of a sequence is text. */
  end(): Line[] {
    return this.#read(this.#held, true);
  }

  #read(text: string, whole: boolean): Line[] {
    const done: Line[] = [];
    this.#held = "";
    let at = 0;
    while (at < text.length) {
      const character = text[at];
      if (character === "\n") {
        done.push(this.line);
        this.line = new Line();
        at += 1;
      } else if (character === "\r") {
        this.line.home();
        at += 1;
      } else if (character === "\b") {
        this.line.back();
        at += 1;
      } else if (character === "\u001b") {
        const next = this.#sequence(text, at, whole);
        if (next === null) {
          this.#held = text.slice(at);
          return done;
        }
        at = next;
      } else {
        PLAIN.lastIndex = at;
        const plain = PLAIN.exec(text)![0];
        this.line.write(marked(plain), this.#style.name);
        at += plain.length;
      }
    }
    return done;
  }

  /** Reads the sequence at `at`. Returns where it ends, or null when more of it must come. */
  #sequence(text: string, at: number, whole: boolean): number | null {
    for (const pattern of [CSI, STRING, SHORT]) {
      pattern.lastIndex = at;
      const found = pattern.exec(text);
      if (found === null) continue;
      if (pattern === CSI) this.#control(found[1]!, found[2]!);
      return at + found[0].length;
    }
    const rest = text.length - at;
    if (!whole && rest < SEQUENCE_LIMIT && UNFINISHED.test(text.slice(at))) return null;
    this.line.write("␛", this.#style.name);
    return at + 1;
  }

  #control(parameters: string, final: string): void {
    if (final === "m") this.#style.apply(parameters);
    if (final === "K" && /^[012]?$/.test(parameters)) this.line.clear(Number(parameters));
  }
}

class Style {
  /** Words for a class. */
  name = "";
  #flags = new Set<string>();
  #fg = "";
  #bg = "";

  /** Applies the parameters of one SGR sequence. Source: ECMA-48, 8.3.117; xterm for 38, 48 and 90 to 107. */
  apply(parameters: string): void {
    if (!/^[\d;:]*$/.test(parameters)) return;
    const codes = parameters.split(/[;:]/).slice(0, 64).map((code) => (code === "" ? 0 : Number(code)));
    for (let at = 0; at < codes.length; at += 1) at += this.#one(codes, at);
    this.name = [...this.#flags, this.#fg, this.#bg].filter((word) => word !== "").join(" ");
  }

  /** Applies the code at `at`. Returns how many more codes it has used. */
  #one(codes: readonly number[], at: number): number {
    const code = codes[at]!;
    if (code === 38 || code === 48) return this.#extended(codes, at);
    const ten = Math.floor(code / 10);
    const colour = COLOURS[code % 10];
    if (colour !== undefined && (ten === 3 || ten === 9)) this.#fg = `fg-${colour}`;
    else if (colour !== undefined && (ten === 4 || ten === 10)) this.#bg = `bg-${colour}`;
    else if (code === 39) this.#fg = "";
    else if (code === 49) this.#bg = "";
    else this.#flag(code);
    return 0;
  }

  #flag(code: number): void {
    const on: Readonly<Record<number, string>> = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike" };
    const off: Readonly<Record<number, readonly string[]>> = {
      22: ["bold", "dim"], 23: ["italic"], 24: ["underline"], 27: ["inverse"], 29: ["strike"],
    };
    if (code === 0) {
      this.#flags.clear();
      this.#fg = "";
      this.#bg = "";
    }
    const word = on[code];
    if (word !== undefined) this.#flags.add(word);
    for (const gone of off[code] ?? []) this.#flags.delete(gone);
  }

  #extended(codes: readonly number[], at: number): number {
    const ground = codes[at] === 38 ? "fg" : "bg";
    const [mode, a = 0, b = 0, c = 0] = codes.slice(at + 1);
    const colour = mode === 5 ? ofPalette(a) : mode === 2 ? nearest(a, b, c) : "";
    if (colour !== "") {
      if (ground === "fg") this.#fg = `fg-${colour}`;
      else this.#bg = `bg-${colour}`;
    }
    return mode === 5 ? 2 : mode === 2 ? 4 : 0;
  }
}

/** The nearest of eight colours: the page has those, in its light and its dark. */
function ofPalette(index: number): string {
  if (index < 16) return COLOURS[index % 8]!;
  if (index > 255) return "";
  if (index >= 232) return nearest(...Array<number>(3).fill(8 + (index - 232) * 10) as [number, number, number]);
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

function nearest(red: number, green: number, blue: number): string {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 40) return most < 150 ? "black" : "white";
  const middle = (most + least) / 2;
  return COLOURS[(red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0)]!;
}
