import assert from "node:assert/strict";
import { test } from "node:test";

import { WireError, toMessage, toView } from "../../src/nbstream/widget/frontend/message.ts";
import { message } from "./generate.ts";

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
  assert.deepEqual(toMessage(structuredClone(row)), row);
});

test("what a row has beyond the shape is left out", () => {
  assert.equal("raw" in toMessage({ ...message(1), raw: "source" }), false);
});

const broken: [string, Record<string, unknown>][] = [
  ["no id", { id: undefined }],
  ["a number where text belongs", { content: 5 }],
  ["no content", { content: null }],
  ["number zero", { sequence_number: 0 }],
  ["half a number", { sequence_number: 1.5 }],
  ["a number beyond exact integers", { sequence_number: 2 ** 53 }],
  ["an unknown op", { op: "erase" }],
  ["an unknown type", { type: "widget" }],
  ["a list as metadata", { metadata: [] }],
];
for (const [name, fields] of broken) {
  test(`refuses ${name}`, () => {
    assert.throws(() => toMessage({ ...message(1), ...fields }), WireError);
    assert.throws(() => toView({ type: "agent:message", agent_id: "a", head: 1, messages: [{ ...message(1), ...fields }] }), WireError);
  });
}

for (const value of [null, undefined, 5, "agent:status", [], () => 0]) {
  test(`refuses ${String(value) || "an empty list"} as a wire message`, () => {
    assert.throws(() => toView(value), WireError);
  });
}

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
