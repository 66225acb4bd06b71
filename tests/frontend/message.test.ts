import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { WireError, toMessages, toView } from "../../src/nbstream/widget/frontend/message.ts";
import { below, message, random } from "./generate.ts";

const RECORD = {
  id: "a",
  type: "claude",
  status: "running",
  source: "claude",
  prompt: "Hello",
  session_id: null,
  model: null,
  created_at: "2026-01-01T00:00:00.000000+00:00",
  started_at: null,
  completed_at: null,
  error: null,
};

const STATUS = {
  type: "agent:status",
  agent_id: "a",
  record: RECORD,
  head: 3,
  duplicates: 0,
  live: { state: "live", detail: null },
};

test("a row comes through as it is", () => {
  const row = message(7, { op: "note", block: null, part: null, role: null, metadata: { "nbstream.kind": "init" } });
  assert.deepEqual(toMessages([structuredClone(row)], "a"), [row]);
});

test("what a row has beyond the shape is left out", () => {
  assert.deepEqual(toMessages([{ ...message(1), id: "x", raw: "source" }], "a"), [message(1)]);
});

const broken: [string, Record<string, unknown>][] = [
  ["a number where text belongs", { content: 5 }],
  ["no content", { content: null }],
  ["number zero", { sequence_number: 0 }],
  ["half a number", { sequence_number: 1.5 }],
  ["a number beyond exact integers", { sequence_number: 2 ** 53 }],
  ["an unknown op", { op: "erase" }],
  ["an unknown type", { type: "widget" }],
  ["a list as metadata", { metadata: [] }],
  ["half a microsecond", { created_at: undefined, us: 0.5 }],
];
for (const [name, fields] of broken) {
  test(`refuses ${name}`, () => {
    assert.throws(() => toMessages([{ ...message(1), ...fields }], "a"), WireError);
    assert.throws(() => toView({ type: "agent:message", agent_id: "a", head: 1, messages: [{ ...message(1), ...fields }] }), WireError);
  });
}

for (const value of [null, undefined, 5, "agent:status", [], () => 0]) {
  test(`refuses ${String(value) || "an empty list"} as a wire message`, () => {
    assert.throws(() => toView(value), WireError);
  });
}

test("what a row leaves out is as in the row before it", () => {
  const batch = JSON.parse(readFileSync(new URL("../golden/rows.json", import.meta.url), "utf8")) as { name: string; batch: unknown; rows: unknown }[];
  assert.ok(batch.length > 8);
  for (const { name, batch: sent, rows } of batch) {
    const read = toView(sent);
    assert.deepEqual(read?.type === "agent:message" && read.messages, rows, name);
  }
});

test("a time is exact wherever the row stands", () => {
  const next = random(3);
  for (let turn = 0; turn < 300; turn += 1) {
    let all = 0n;
    const rows = Array.from({ length: 20 }, () => {
      const us = Math.round((next() - 0.3) * 10 ** below(next, 16));
      all += BigInt(us);
      return { row: us === 0 ? {} : { us }, all };
    });
    const read = toMessages(rows.map(({ row }) => row), "a");
    read.forEach(({ created_at }, at) => {
      const us = rows[at]!.all;
      const micros = ((us % 1000n) + 1000n) % 1000n;
      assert.equal(Date.parse(`${created_at.slice(0, -9)}Z`), Number((us - micros) / 1000n));
      assert.equal(created_at.slice(-9), `${String(micros).padStart(3, "0")}+00:00`);
    });
  }
});

test("a status comes through as it is", () => {
  assert.deepEqual(toView(STATUS), STATUS);
  assert.equal(toView({ ...STATUS, type: "agent:complete" })?.type, "agent:complete");
});

test("an unknown status or live state is refused", () => {
  assert.throws(() => toView({ ...STATUS, record: { ...RECORD, status: "asleep" } }), /status/);
  assert.throws(() => toView({ ...STATUS, live: { state: "asleep", detail: null } }), /state/);
});

test("a type of a later version is no error", () => {
  assert.equal(toView({ type: "agent:weather", agent_id: "a" }), null);
});

test("errors and raw answers come through", () => {
  assert.deepEqual(toView({ type: "agent:error", agent_id: "a", message: "no", reason: null }), {
    type: "agent:error",
    agent_id: "a",
    message: "no",
    reason: null,
  });
  assert.deepEqual(toView({ type: "agent:raw", agent_id: "a", sequence_number: 2, raw: "{}" }), {
    type: "agent:raw",
    agent_id: "a",
    sequence_number: 2,
    raw: "{}",
  });
});
