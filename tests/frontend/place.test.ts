import assert from "node:assert/strict";
import { test } from "node:test";

import { Fold } from "../../src/nbstream/widget/frontend/fold.ts";
import type { AgentMessage } from "../../src/nbstream/widget/frontend/message.ts";
import { patternOf } from "../../src/nbstream/widget/frontend/marks.ts";
import { Outline, entryAt } from "../../src/nbstream/widget/frontend/outline.ts";
import { askedOf, lineOf } from "../../src/nbstream/widget/frontend/place.ts";

/** The outline of rows, each `[number, block, fields]`. */
function outlineOf(rows: readonly (readonly [number, string, Partial<AgentMessage>?])[]): Outline {
  const outline = new Outline();
  const fold = new Fold();
  for (const [sequence_number, block, fields] of rows) {
    const change = fold.add({
      agent_id: "a", sequence_number, type: "assistant", role: "assistant", part: "text", block, op: "append",
      content: block, metadata: {}, created_at: "2026-01-01T12:00:00Z", ...fields,
    });
    if (change !== null) outline.apply(change);
  }
  return outline;
}

test("place: the block that begins there, else the one around it that began last, else the nearest", () => {
  const { rows } = outlineOf([[1, "a"], [4, "b"], [5, "c"], [9, "a"], [12, "c"], [20, "d"]]);
  const found = [1, 3, 4, 5, 7, 11, 13, 17, 20, 99].map((at) => {
    const { entry, inside } = entryAt(rows, at)!;
    return `${entry.key.at(-1)}${inside ? "" : "?"}`;
  });
  assert.deepEqual(found, ["a", "a", "b", "c", "c", "c", "c?", "d?", "d", "d?"]);
  assert.equal(entryAt([], 1), null);
});

test("place: a result is in its call, and what a subagent said is under it", () => {
  const call = { type: "tool", part: "tool_call", op: "set", metadata: { "gen_ai.tool.call.id": "1" } } as const;
  const result = { ...call, role: "tool", part: "tool_call_response" } as const;
  const child = { metadata: { "nbstream.parent_tool_call_id": "1" } };
  const { rows } = outlineOf([[1, "call", call], [2, "inner", child], [3, "result", result]]);
  assert.equal(entryAt(rows, 1)!.inResult, false);
  assert.equal(entryAt(rows, 2)!.entry.block.content, "inner");
  assert.deepEqual([entryAt(rows, 3)!.entry.look, entryAt(rows, 3)!.inResult], ["call", true]);
});

test("place: only a number and texts are taken from an output", () => {
  assert.deepEqual(askedOf(3, ["x", 7, "y"]), { at: 3, words: ["x", "y"] });
  assert.deepEqual(askedOf(0, undefined), { at: 0, words: [] });
  for (const at of [-1, 1.5, "3", null, undefined, Number.NaN]) assert.equal(askedOf(at, ["x"]), null);
});

test("place: the line says what is not so", () => {
  assert.equal(lineOf(0, false, null), "Opened at the prompt");
  assert.equal(lineOf(1234, true, { inside: true }), "Opened at message 1,234");
  assert.match(lineOf(7, false, { inside: true }), /no row of its own any more/);
  assert.match(lineOf(7, true, { inside: false }), /nearest block is marked/);
  assert.match(lineOf(7, false, null), /not here/);
});

test("marks: words in upper or lower case, with any white space, and none of them a pattern", () => {
  const found = (words: string[], text: string): string[] => [...text.matchAll(patternOf(words)!)].map(([each]) => each);
  assert.deepEqual(found(["a.b", "big  words"], "A.B axb big\nwords"), ["A.B", "big\nwords"]);
  assert.deepEqual(found(["(x)|[y]{2}/$^*+?\\"], "(x)|[y]{2}/$^*+?\\"), ["(x)|[y]{2}/$^*+?\\"]);
  assert.equal(patternOf([" ", ""]), null);
});
