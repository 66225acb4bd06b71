/** What a run has used so far, and how fast it speaks: from what the source reports, else from what was counted. Pure. */

import { CACHE_READ_TOKENS, CACHE_WRITE_TOKENS, COST_USD, INPUT_TOKENS, OUTPUT_TOKENS, RESPONSE_ID, TURNS } from "./message.ts";
import type { AgentMessage, Metadata } from "./message.ts";
import { numberOf, textOf } from "./format.ts";

export interface Usage {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** Words a second, and what was counted to know it. */
export interface Speed {
  readonly perSecond: number;
  readonly basis: "usage" | "deltas";
}

/** Milliseconds that a count of deltas looks back. */
const LOOK_BACK = 5000;

/** Answers whose report may still be followed by a later one; older ones are a sum. */
const OPEN = 512;

/** Milliseconds without a delta after which nobody is speaking. */
const PAUSE = 2500;

export class Tally {
  /** Dollars; the source's own running total. */
  cost: number | null = null;
  turns: number | null = null;
  readonly #byAnswer = new Map<string, Usage>();
  #earlier: Usage | null = null;
  #turns: Usage | null = null;
  #deltas: number[] = [];
  #streaming = 0;
  #pieces = 0;
  #last: number | null = null;

  add(row: AgentMessage): void {
    if (row.op === "append" && row.role === "assistant") this.#count(Date.parse(row.created_at));
    const { metadata } = row;
    const output = numberOf(metadata[OUTPUT_TOKENS]);
    if (row.type === "response") {
      this.cost = numberOf(metadata[COST_USD]) ?? this.cost;
      this.turns = numberOf(metadata[TURNS]) ?? this.turns;
      if (output !== null) this.#turns = sum(this.#turns, usageOf(metadata));
    } else if (output !== null) {
      // The last report of an answer counts, not their sum.
      this.#byAnswer.set(textOf(metadata[RESPONSE_ID]) ?? String(row.sequence_number), usageOf(metadata));
      const [oldest] = this.#byAnswer;
      if (oldest !== undefined && this.#byAnswer.size > OPEN) {
        this.#byAnswer.delete(oldest[0]);
        this.#earlier = sum(this.#earlier, oldest[1]);
      }
    }
  }

  /** Tokens so far, or null where the source has not said. */
  get usage(): Usage | null {
    return this.#turns ?? [...this.#byAnswer.values()].reduce(sum, this.#earlier);
  }

  /**
   * How fast the agent speaks: of the last seconds while it does, over all that was reported once it is over.
   *
   * @param now milliseconds of the clock that the rows are stamped with; null when the run is over.
   */
  speed(now: number | null): Speed | null {
    if (now === null) {
      const output = this.usage?.output ?? 0;
      // Where most of it came in one piece, the time in which it was spoken is not known.
      return output > 0 && this.#streaming > 500 && this.#pieces * 4 >= output ? { perSecond: (output / this.#streaming) * 1000, basis: "usage" } : null;
    }
    if (this.#last === null || now - this.#last > PAUSE) return null;
    this.#deltas = this.#deltas.filter((at) => at > now - LOOK_BACK);
    const first = this.#deltas[0];
    if (first === undefined || this.#deltas.length < 5 || now - first < 500) return null;
    return { perSecond: (this.#deltas.length / (now - first)) * 1000, basis: "deltas" };
  }

  #count(at: number): void {
    if (!Number.isFinite(at)) return;
    if (this.#last !== null && at - this.#last < PAUSE) this.#streaming += Math.max(0, at - this.#last);
    this.#last = at;
    this.#pieces += 1;
    this.#deltas.push(at);
    if (this.#deltas.length > 20_000) this.#deltas = this.#deltas.filter((each) => each > at - LOOK_BACK);
  }
}

export function usageOf(metadata: Metadata): Usage {
  const tokens = (key: string): number => numberOf(metadata[key]) ?? 0;
  return {
    input: tokens(INPUT_TOKENS),
    cacheRead: tokens(CACHE_READ_TOKENS),
    cacheWrite: tokens(CACHE_WRITE_TOKENS),
    output: tokens(OUTPUT_TOKENS),
  };
}

function sum(a: Usage | null, b: Usage): Usage {
  return a === null ? b : {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
  };
}
