/** What the pill and the truth line say: one pure function of what is known. */

import type { AgentRecord, Live } from "./message.ts";
import { count } from "./format.ts";

export type StateKey =
  | "connecting"
  | "starting"
  | "live"
  | "replay"
  | "catching-up"
  | "reconnecting"
  | "stalled"
  | "save-failed"
  | "source-gone"
  | "kernel-gone"
  | "disconnected"
  | "finished"
  | "stopped"
  | "failed"
  | "interrupted";

/** The colour of the state: moving, waiting, well, wrong, or at rest. */
export type Tone = "live" | "wait" | "good" | "bad" | "rest";

export interface State {
  readonly key: StateKey;
  readonly label: string;
  readonly tone: Tone;
  /** More than fits the pill, or null. */
  readonly detail: string | null;
}

/** Everything the state depends on. */
export interface Situation {
  readonly agentId: string;
  readonly record: AgentRecord | null;
  readonly live: Live | null;
  /** Saved rows that are not on the page yet. */
  readonly behind: number;
  /** What the transport said when it found nobody there, or null. */
  readonly gone: string | null;
  /** The transport's word for itself: who is gone. */
  readonly transport: string;
  /** Seconds since the transport last delivered anything. */
  readonly silence: number;
}

/** Seconds without a word, though asked, after which the link counts as stalled. */
export const SILENCE_LIMIT = 25;

export function isTerminal(record: AgentRecord | null): boolean {
  return record !== null && record.status !== "created" && record.status !== "running";
}

export function stateOf(situation: Situation): State {
  const { record, live, behind, gone } = situation;
  if (record !== null && isTerminal(record) && behind === 0) return ending(record);
  if (gone !== null) {
    return situation.transport === "comm" ? kernelGone(situation.agentId) : state("disconnected", "disconnected", "wait", gone);
  }
  if (record === null) return state("connecting", "connecting", "wait");
  // What is shown of a stored run is behind nobody.
  if (situation.transport === "replay") return state("replay", "replay", "live");
  if (behind > 0) return state("catching-up", `catching up · ${count(behind)} behind`, "wait");
  if (situation.silence >= SILENCE_LIMIT) {
    const comm = situation.transport === "comm";
    return state("stalled", "stalled", "wait", comm ? "the kernel does not answer; it may be busy" : "the Jupyter server is silent");
  }
  return live === null ? state("live", "live", "live") : linked(live);
}

function linked(live: Live): State {
  switch (live.state) {
    case "starting":
      return state("starting", "starting", "wait", live.detail);
    case "live":
    case "ended":
      return state("live", "live", "live");
    case "reconnecting":
      return state("reconnecting", "reconnecting", "wait", live.detail);
    case "stalled":
      return state("stalled", "stalled", "wait", live.detail);
    case "save-failed":
      return state("save-failed", "not saved", "bad", live.detail);
    case "gone":
      return state("source-gone", "source gone", "bad", live.detail);
  }
}

function ending(record: AgentRecord): State {
  switch (record.status) {
    case "completed":
      return state("finished", "finished", "good");
    case "stopped":
      return state("stopped", "stopped", "rest");
    case "failed":
      return state("failed", "failed", "bad", record.error);
    default:
      return state("interrupted", "interrupted", "wait", record.error);
  }
}

function kernelGone(agentId: string): State {
  const detail = `The kernel behind this view is gone; what was shown is saved. Run nbs.attach("${agentId}") in a new cell.`;
  return state("kernel-gone", "kernel gone", "bad", detail);
}

function state(key: StateKey, label: string, tone: Tone, detail: string | null = null): State {
  return { key, label, tone, detail };
}
