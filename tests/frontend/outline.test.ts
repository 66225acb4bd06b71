import assert from "node:assert/strict";
import { test } from "node:test";

import { fileChange } from "../../src/nbstream/widget/frontend/edits.ts";
import { KINDS, passes } from "../../src/nbstream/widget/frontend/filter.ts";
import type { Kind } from "../../src/nbstream/widget/frontend/filter.ts";
import { Fold } from "../../src/nbstream/widget/frontend/fold.ts";
import { laneLabel } from "../../src/nbstream/widget/frontend/lanes.ts";
import type { AgentMessage } from "../../src/nbstream/widget/frontend/message.ts";
import { Outline, outcomeOf, within } from "../../src/nbstream/widget/frontend/outline.ts";
import type { Touched } from "../../src/nbstream/widget/frontend/outline.ts";
import { HIT_LIMIT, findHits } from "../../src/nbstream/widget/frontend/search.ts";

const START = Date.parse("2026-01-01T12:00:00Z");

/** Feeds rows through fold and outline, as the view does. */
class Run {
  readonly outline = new Outline();
  readonly touched: Touched[] = [];
  readonly #fold = new Fold();
  #number = 0;

  row(fields: Partial<AgentMessage>): this {
    this.#number += 1;
    const change = this.#fold.add({
      agent_id: "a", sequence_number: this.#number, type: "assistant", role: "assistant", part: "text",
      block: null, op: "append", content: "", metadata: {}, created_at: new Date(START + this.#number * 1000).toISOString(), ...fields,
    });
    if (change !== null) this.touched.push(...this.outline.apply(change));
    return this;
  }

  say(block: string, content: string, parent?: string): this {
    return this.row({ block, content, metadata: parent === undefined ? {} : { "nbstream.parent_tool_call_id": parent } });
  }

  call(id: string, name: string, content = "{}", parent?: string): this {
    const metadata = { "gen_ai.tool.call.id": id, "gen_ai.tool.name": name, ...(parent && { "nbstream.parent_tool_call_id": parent }) };
    return this.row({ block: `call ${id}`, type: "tool", part: "tool_call", op: "set", content, metadata });
  }

  result(id: string, content: string, error = false): this {
    const metadata = { "gen_ai.tool.call.id": id, "nbstream.is_error": error };
    return this.row({ block: `result ${id}`, type: "tool", role: "tool", part: "tool_call_response", op: "set", content, metadata });
  }

  get shape(): string {
    return this.outline.rows.map((row) => row.entries.map((entry) => [...within(entry)].map((each) => each.look).join(">")).join("|")).join(" ");
  }
}

test("outline: a result is in its call, also when calls run side by side", () => {
  const run = new Run().call("1", "Bash").call("2", "Read").result("2", "two").result("1", "one", true);
  assert.equal(run.shape, "call call");
  assert.deepEqual(run.outline.rows.map(({ entries: [entry] }) => [entry!.result?.content, outcomeOf(entry!)]), [["one", "bad"], ["two", "ok"]]);
  assert.equal(run.outline.active, false);
});

test("outline: a second result of one call, or one without a call, stands alone", () => {
  const run = new Run().call("1", "Bash").result("1", "one").result("9", "nine");
  run.row({ block: "again", type: "tool", role: "tool", part: "tool_call_response", op: "set", content: "more", metadata: { "gen_ai.tool.call.id": "1" } });
  assert.equal(run.shape, "call result result");
});

test("outline: a subagent speaks under its call, and in the lane of a lane", () => {
  const run = new Run().call("1", "Task").say("a", "hello", "1").call("2", "Task", "{}", "1").say("b", "deep", "2").say("c", "top");
  assert.equal(run.shape, "call>text>call>text text");
});

test("outline: parallel subagents share a row, one after another do not", () => {
  assert.equal(new Run().call("1", "Task").call("2", "Agent").say("a", "x", "2").shape, "call|call>text");
  assert.equal(new Run().call("1", "Task").result("1", "done").call("2", "Task").shape, "call call");
  assert.equal(new Run().call("1", "Bash").call("2", "Bash").shape, "call call");
});

test("outline: a dropped block is gone, a dropped result leaves its call running", () => {
  const run = new Run().say("a", "one").say("b", "two").row({ block: "a", op: "drop" });
  assert.equal(run.shape, "text");
  assert.equal(run.outline.rows[0]!.entries[0]!.block.content, "two");
  const call = new Run().call("1", "Bash").result("1", "x").row({ block: "result 1", type: "tool", part: "tool_call_response", op: "drop" });
  assert.equal(outcomeOf(call.outline.rows[0]!.entries[0]!), "running");
  assert.equal(call.outline.active, true);
});

test("outline: each thing is settled once, when the next begins or the run ends", () => {
  const run = new Run().say("a", "one").say("a", " more").say("b", "two");
  run.touched.push(...run.outline.end());
  const settled = run.touched.filter((touched) => touched.kind === "settled").map((touched) => touched.entry.block.block);
  assert.deepEqual(settled, ["a", "b"]);
  assert.equal(run.outline.active, false);
});

test("outline: a call without a result is open when the run is over", () => {
  const run = new Run().call("1", "Bash");
  assert.equal(outcomeOf(run.outline.rows[0]!.entries[0]!), "running");
  run.outline.end();
  assert.equal(outcomeOf(run.outline.rows[0]!.entries[0]!), "open");
});

test("lanes: the label says what kind, how long and how many tools", () => {
  const run = new Run().call("1", "Task", '{"subagent_type": "Explore"}').call("2", "Read", "{}", "1").result("1", "done");
  assert.equal(laneLabel(run.outline.rows[0]!.entries[0]!), "subagent · Explore · 2.0 s · 1 tool");
});

test("filter: every look has a kind, and a failed call is a tool and an error", () => {
  const run = new Run().say("a", "x").call("1", "Bash").result("1", "bad", true).call("2", "Bash").result("2", "ok")
    .row({ op: "note", type: "system", part: null, content: "n" }).row({ op: "note", type: "error", part: null, content: "e" })
    .row({ block: "t", part: "reasoning", content: "hm" });
  const shown = (...kinds: Kind[]): number[] => run.outline.rows.map((row, index) => (passes(row, new Set(kinds)) ? index : -1)).filter((index) => index >= 0);
  assert.deepEqual(shown(...KINDS), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(shown("tools"), [1, 2]);
  assert.deepEqual(shown("errors"), [1, 4]);
  assert.deepEqual(shown("messages"), [0]);
  assert.deepEqual(shown("notices", "reasoning"), [3, 5]);
  assert.deepEqual(shown(), []);
});

test("search: counts every place, in results and lanes too, whatever the case", () => {
  const run = new Run().say("a", "Apple apple").call("1", "Task", '{"x": "apple"}').say("b", "an APPLE", "1").result("1", "pineapple");
  const hits = findHits(run.outline.rows, " apple ");
  assert.deepEqual(hits.map((hit) => [run.outline.rows.indexOf(hit.row), hit.inRow]), [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]]);
  assert.deepEqual(findHits(run.outline.rows, "  "), []);
  assert.equal(findHits(new Run().say("a", "a".repeat(HIT_LIMIT + 5)).outline.rows, "a").length, HIT_LIMIT);
});

test("edits: what replaces what, in the words of several programs", () => {
  const none = (): boolean => false;
  const one = fileChange("Edit", '{"file_path": "a.py", "old_string": "x", "new_string": "y"}', none);
  assert.deepEqual(one, { kind: "edits", edits: [{ file: "a.py", before: "x", after: "y" }] });
  const many = fileChange("MultiEdit", '{"file_path": "a.py", "edits": [{"old_string": "1", "new_string": "2"}, {"old_string": "3", "new_string": "4"}]}', none);
  assert.equal(many?.kind === "edits" && many.edits.length, 2);
  const written = fileChange("write", '{"filePath": "b", "content": "all"}', none);
  assert.deepEqual(written, { kind: "edits", edits: [{ file: "b", before: "", after: "all" }] });
  assert.deepEqual(fileChange("apply_patch", '{"patch": "--- a"}', (text) => text.startsWith("---")), { kind: "patch", patch: "--- a" });
  assert.equal(fileChange("Bash", '{"command": "ls"}', none), null);
  assert.equal(fileChange("Edit", '{"old_string": ', none), null);
});
