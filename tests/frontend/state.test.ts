import assert from "node:assert/strict";
import { test } from "node:test";

import type { AgentRecord, AgentStatus, Live } from "../../src/nbstream/widget/frontend/message.ts";
import { Refill } from "../../src/nbstream/widget/frontend/refill.ts";
import { stateOf } from "../../src/nbstream/widget/frontend/state.ts";
import type { Situation, StateKey } from "../../src/nbstream/widget/frontend/state.ts";

function record(status: AgentStatus, error: string | null = null): AgentRecord {
  return {
    id: "a", type: "claude", status, source: "claude", prompt: null, session_id: null, model: null,
    created_at: null, started_at: null, completed_at: null, error,
  };
}

const live = (state: Live["state"], detail: string | null = null): Live => ({ state, detail });
const calm: Situation = { agentId: "a", record: record("running"), live: live("live"), behind: 0, gone: null, transport: "comm", silence: 0 };

const states: [string, Partial<Situation>, StateKey][] = [
  ["nothing heard yet", { record: null, live: null }, "connecting"],
  ["all is well", {}, "live"],
  ["created counts as live", { record: record("created") }, "live"],
  ["rows are missing", { behind: 12 }, "catching-up"],
  ["the source is being found again", { live: live("reconnecting", "attempt 2") }, "reconnecting"],
  ["the source says nothing", { live: live("stalled") }, "stalled"],
  ["the source is gone", { live: live("gone") }, "source-gone"],
  ["the kernel says nothing", { silence: 30 }, "stalled"],
  ["the kernel is gone", { gone: "Cannot send" }, "kernel-gone"],
  ["the server is gone", { gone: "No answer.", transport: "server" }, "disconnected"],
  ["gone before anything was heard", { record: null, gone: "Cannot send" }, "kernel-gone"],
  ["completed", { record: record("completed") }, "finished"],
  ["stopped", { record: record("stopped") }, "stopped"],
  ["failed", { record: record("failed", "no key") }, "failed"],
  ["interrupted", { record: record("interrupted") }, "interrupted"],
  ["completed, but not all is here", { record: record("completed"), behind: 3 }, "catching-up"],
  ["completed stays so without its kernel", { record: record("completed"), gone: "Cannot send" }, "finished"],
  ["completed stays so in silence", { record: record("completed"), silence: 999 }, "finished"],
];
for (const [name, situation, key] of states) {
  test(`state: ${name}`, () => assert.equal(stateOf({ ...calm, ...situation }).key, key));
}

test("state: says how far behind, why, and what to do", () => {
  assert.equal(stateOf({ ...calm, behind: 1234 }).label, "catching up · 1,234 behind");
  assert.equal(stateOf({ ...calm, live: live("reconnecting", "attempt 2") }).detail, "attempt 2");
  assert.equal(stateOf({ ...calm, record: record("failed", "no key") }).detail, "no key");
  assert.match(stateOf({ ...calm, agentId: "x-1", gone: "Cannot send" }).detail ?? "", /nbs\.attach\("x-1"\)/);
});

test("refill: asks after 250 ms, then ever more rarely, at most every 5 s", () => {
  const refill = new Refill();
  const asked: number[] = [];
  for (let now = 0; now <= 20_000; now += 10) if (refill.due(now, 3, true)) asked.push(now);
  assert.equal(asked[0], 250);
  assert.deepEqual(asked.slice(0, 5), [250, 750, 1750, 3750, 7750]);
  assert.deepEqual(asked.slice(5), [12_750, 17_750]);
});

test("refill: progress is patience", () => {
  const refill = new Refill();
  for (let now = 0; now <= 5000; now += 100) assert.equal(refill.due(now, now, true), false);
  assert.equal(refill.due(5250, 5000, true), true);
});

test("refill: nothing missing, nothing asked, and the next hole waits its 250 ms", () => {
  const refill = new Refill();
  assert.equal(refill.due(0, 1, true), false);
  assert.equal(refill.due(1000, 1, false), false);
  assert.equal(refill.due(2000, 1, true), false);
  assert.equal(refill.due(2240, 1, true), false);
  assert.equal(refill.due(2250, 1, true), true);
});
