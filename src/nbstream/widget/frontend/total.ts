/** Several agents as one: how many run, how long, what they used. Pure. */

import { plural } from "./format.ts";
import type { AgentRecord } from "./message.ts";
import { isTerminal } from "./state.ts";
import type { Tone } from "./state.ts";
import type { Tally } from "./tally.ts";

export interface Total {
  readonly agents: number;
  readonly running: number;
  readonly label: string;
  readonly tone: Tone;
  /** Milliseconds from the first start to the last end, or to now; null before anything was heard. */
  readonly elapsed: number | null;
  readonly input: number;
  readonly output: number;
  /** Null where no agent reports a cost. */
  readonly dollars: number | null;
  /** Agents that report tokens. */
  readonly reporting: number;
}

interface Part {
  readonly record: AgentRecord | null;
  readonly tally: Tally;
}

/** Adds agents up. `now` in milliseconds of the clock that records are stamped with. */
export function totalOf(parts: readonly Part[], agents: number, now: number): Total {
  const records = parts.map(({ record }) => record).filter((record) => record !== null);
  const running = records.filter((record) => !isTerminal(record)).length;
  const failed = records.filter((record) => record.status === "failed" || record.status === "interrupted").length;
  const waiting = agents - records.length;
  const starts = records.map((record) => Date.parse(record.started_at ?? record.created_at ?? "")).filter(Number.isFinite);
  const ends = records.map((record) => Date.parse(record.completed_at ?? "")).filter(Number.isFinite);
  const end = running + waiting > 0 || ends.length === 0 ? now : Math.max(...ends);
  const usages = parts.map(({ tally }) => tally.usage).filter((usage) => usage !== null);
  const costs = parts.map(({ tally }) => tally.cost).filter((dollars) => dollars !== null);
  return {
    agents,
    running,
    ...words(running, waiting, failed),
    elapsed: starts.length === 0 ? null : end - Math.min(...starts),
    input: usages.reduce((sum, { input }) => sum + input, 0),
    output: usages.reduce((sum, { output }) => sum + output, 0),
    dollars: costs.length === 0 ? null : costs.reduce((sum, dollars) => sum + dollars, 0),
    reporting: usages.length,
  };
}

function words(running: number, waiting: number, failed: number): { label: string; tone: Tone } {
  const trouble = failed > 0 ? ` · ${failed} not finished` : "";
  if (running > 0) return { label: `${running} running${trouble}`, tone: "live" };
  if (waiting > 0) return { label: `waiting for ${plural(waiting, "agent")}`, tone: "wait" };
  return failed > 0 ? { label: `over${trouble}`, tone: "bad" } : { label: "all finished", tone: "good" };
}
