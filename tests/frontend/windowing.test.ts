import assert from "node:assert/strict";
import { test } from "node:test";

import { Tally } from "../../src/nbstream/widget/frontend/tally.ts";
import { totalOf } from "../../src/nbstream/widget/frontend/total.ts";
import { Offsets } from "../../src/nbstream/widget/frontend/windowing.ts";
import type { AgentMessage, AgentRecord } from "../../src/nbstream/widget/frontend/message.ts";

test("offsets: sums, the row at a place, the rows of a range", () => {
  const heights = [10, 20, 30, 40];
  const offsets = new Offsets((index) => heights[index]!);
  offsets.resize(4, 0);
  assert.deepEqual([0, 1, 2, 3, 4].map((index) => offsets.at(index)), [0, 10, 30, 60, 100]);
  assert.deepEqual([-5, 0, 9, 10, 59, 60, 500].map((place) => offsets.find(place)), [0, 0, 0, 1, 2, 3, 3]);
  assert.deepEqual(offsets.range(15, 35), { first: 1, last: 3 });
  assert.deepEqual(new Offsets(() => 1).range(0, 9), { first: 0, last: 0 });
});

test("offsets: a change of any row, and rows added or removed, against sums made anew", () => {
  const heights: number[] = [];
  const offsets = new Offsets((index) => heights[index]!);
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  for (let step = 0; step < 2000; step += 1) {
    if (heights.length === 0 || random(3) === 0) {
      heights.push(1 + random(90));
      offsets.resize(heights.length, heights.length - 1);
    } else if (random(5) === 0) {
      const gone = random(heights.length);
      heights.splice(gone, 1);
      offsets.resize(heights.length, gone);
    } else {
      const index = random(heights.length);
      heights[index] = 1 + random(90);
      offsets.changed(index);
    }
    const total = heights.reduce((sum, height) => sum + height, 0);
    assert.equal(offsets.total, total);
    const place = random(total + 1);
    let at = 0;
    while (at < heights.length - 1 && heights.slice(0, at + 1).reduce((sum, height) => sum + height, 0) <= place) at += 1;
    if (heights.length > 0) assert.equal(offsets.find(place), at);
  }
});

test("offsets: a row at the end of many is not paid for by those before it", () => {
  let asked = 0;
  const offsets = new Offsets(() => (asked += 1) && 20);
  for (let count = 1; count <= 10_000; count += 1) {
    offsets.resize(count, count - 1);
    offsets.at(count);
  }
  assert.equal(asked, 10_000);
});

const START = Date.parse("2026-01-01T12:00:00Z");

function row(seconds: number, fields: Partial<AgentMessage>): AgentMessage {
  return {
    agent_id: "a", sequence_number: 1 + seconds * 1000, type: "assistant", role: "assistant", part: "text", block: "b", op: "append", content: "x",
    metadata: {}, created_at: new Date(START + seconds * 1000).toISOString(), ...fields,
  };
}

const usage = (seconds: number, answer: string, output: number): AgentMessage =>
  row(seconds, { op: "note", type: "system", metadata: { "gen_ai.response.id": answer, "gen_ai.usage.output_tokens": output, "gen_ai.usage.input_tokens": 5 } });

test("tally: the last report of each answer counts, and the turn's own figures before all", () => {
  const tally = new Tally();
  assert.equal(new Tally().usage, null);
  for (const message of [usage(1, "m1", 3), usage(2, "m1", 10), usage(3, "m2", 7)]) tally.add(message);
  assert.deepEqual(tally.usage, { input: 10, cacheRead: 0, cacheWrite: 0, output: 17 });
  tally.add(row(4, { type: "response", op: "note", metadata: { "gen_ai.usage.output_tokens": 20, "nbstream.cost_usd": 0.5 } }));
  assert.equal(tally.usage?.output, 20);
  tally.add(row(5, { type: "response", op: "note", metadata: { "gen_ai.usage.output_tokens": 2, "nbstream.cost_usd": 0.75 } }));
  assert.equal(tally.usage?.output, 22);
  assert.equal(tally.cost, 0.75);
});

test("tally: of a long run every answer counts once, though only the latest are known by name", () => {
  const tally = new Tally();
  for (let n = 1; n <= 2000; n += 1) {
    tally.add(usage(n, `m${n}`, 1));
    tally.add(usage(n, `m${n}`, n));
  }
  assert.deepEqual(tally.usage, { input: 10_000, cacheRead: 0, cacheWrite: 0, output: 2_001_000 });
});

test("tally: deltas are counted while they come and said to be deltas, tokens where the source told them", () => {
  const tally = new Tally();
  for (let n = 0; n <= 40; n += 1) tally.add(row(n / 20, {}));
  const now = START + 2000;
  assert.deepEqual(tally.speed(now), { perSecond: 20.5, basis: "deltas" });
  assert.equal(tally.speed(now + 60_000), null, "nobody speaks");
  assert.equal(tally.speed(null), null, "nothing was reported");
  tally.add(usage(3, "m", 80));
  assert.deepEqual(tally.speed(null), { perSecond: 40, basis: "usage" });
  const whole = new Tally();
  whole.add(row(1, { op: "set" }));
  whole.add(usage(2, "m", 900));
  assert.equal(whole.speed(null), null, "it came in one piece");
});

const record = (status: AgentRecord["status"], start: number, end: number | null): AgentRecord => ({
  id: "a", type: "x", status, source: "x", prompt: null, session_id: null, model: null, error: null, created_at: null,
  started_at: new Date(START + start * 1000).toISOString(), completed_at: end === null ? null : new Date(START + end * 1000).toISOString(),
});

test("total: one clock from the first start to the last end, and how many of them report", () => {
  const told = new Tally();
  told.add(usage(1, "m", 8));
  const parts = [{ record: record("running", 5, null), tally: told }, { record: record("completed", 0, 9), tally: new Tally() }];
  const live = totalOf(parts, 3, START + 20_000);
  assert.deepEqual([live.running, live.label, live.elapsed, live.output, live.reporting, live.dollars], [1, "1 running", 20_000, 8, 1, null]);
  const over = totalOf([{ record: record("completed", 5, 7), tally: told }, parts[1]!], 2, START + 99_000);
  assert.deepEqual([over.label, over.tone, over.elapsed], ["all finished", "good", 9000]);
  const failed = totalOf([{ record: record("failed", 0, 1), tally: told }], 1, START);
  assert.deepEqual([failed.label, failed.tone], ["over · 1 not finished", "bad"]);
  assert.equal(totalOf([], 2, START).label, "waiting for 2 agents");
});
