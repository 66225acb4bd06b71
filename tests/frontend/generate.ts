/** Rows for tests, and a random generator that always gives the same numbers for the same seed. */

import type { AgentMessage, AgentStatus, MessageBatch, StatusUpdate } from "../../src/nbstream/widget/frontend/message.ts";

/** mulberry32: 32 bits of state, good enough to shuffle with. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function below(next: () => number, limit: number): number {
  return Math.floor(next() * limit);
}

export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = below(next, i + 1);
    [copy[i], copy[j]] = [copy[j]!, copy[i]!];
  }
  return copy;
}

export function message(sequence_number: number, fields: Partial<AgentMessage> = {}): AgentMessage {
  return {
    agent_id: "a",
    sequence_number,
    type: "assistant",
    role: "assistant",
    part: "text",
    block: "b",
    op: "append",
    content: `${sequence_number} `,
    metadata: {},
    created_at: new Date(Date.UTC(2026, 0, 1) + sequence_number * 10).toISOString(),
    ...fields,
  };
}

export function run(length: number): AgentMessage[] {
  return Array.from({ length }, (_, index) => message(index + 1));
}

/** The status of an agent, as a server or a kernel says it. */
export function status(name: AgentStatus, head: number, agent_id = "a"): StatusUpdate {
  return {
    type: "agent:status",
    agent_id,
    record: {
      id: agent_id, type: "claude", status: name, source: "claude", prompt: null, session_id: null, model: null,
      created_at: null, started_at: null, completed_at: null, error: null,
    },
    head,
    duplicates: 0,
    live: { state: "live", detail: null },
  };
}

/** Rows `from` to `to`, as one batch of the wire. */
export function batch(from: number, to: number, head = to): MessageBatch {
  const messages = Array.from({ length: to - from + 1 }, (_, index) => message(from + index));
  return { type: "agent:message", agent_id: "a", messages, head };
}
