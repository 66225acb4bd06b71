import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Fold } from "../../src/nbstream/widget/frontend/fold.ts";
import type { Block, Change } from "../../src/nbstream/widget/frontend/fold.ts";
import type { AgentMessage } from "../../src/nbstream/widget/frontend/message.ts";
import { below, message, random } from "./generate.ts";

interface Golden {
  readonly name: string;
  readonly rows: readonly Partial<AgentMessage>[];
  readonly blocks: readonly Record<string, unknown>[];
}

const golden = JSON.parse(readFileSync(new URL("../golden/fold.json", import.meta.url), "utf8")) as Golden[];

function folded(rows: readonly AgentMessage[]): Block[] {
  const fold = new Fold();
  for (const row of rows) fold.add(row);
  return fold.blocks();
}

for (const { name, rows, blocks } of golden) {
  test(`golden: ${name}`, () => {
    const numbered = rows.map((row, index) => message(row.sequence_number ?? index + 1, row));
    const seen = folded(numbered).map((block) => {
      const { sequence_number, last_sequence_number, type, role, part, content, metadata } = block;
      return { sequence_number, last_sequence_number, block: block.block, type, role, part, content, metadata };
    });
    assert.deepEqual(seen, blocks);
  });
}

/** The rule of the contract, written the other way round: from the end of a block's rows. */
function byDefinition(rows: readonly AgentMessage[]): { first: number; last: number; content: string }[] {
  const shown: { first: number; last: number; content: string }[] = [];
  for (const name of new Set(rows.map((row) => row.block))) {
    const all = rows.filter((row) => row.block === name);
    const live = all.slice(all.findLastIndex((row) => row.op === "drop") + 1);
    if (live.length === 0) continue;
    const from = Math.max(0, live.findLastIndex((row) => row.op === "set"));
    const content = live.slice(from).map((row) => row.content).join("");
    shown.push({ first: live[0]!.sequence_number, last: live.at(-1)!.sequence_number, content });
  }
  return shown.sort((a, b) => a.first - b.first);
}

for (let seed = 1; seed <= 200; seed += 1) {
  test(`any order of append, set and drop folds as defined, seed ${seed}`, () => {
    const next = random(seed);
    const ops = ["append", "append", "append", "set", "drop"] as const;
    const rows = Array.from({ length: below(next, 60) }, (_, index) =>
      message(index + 1, { block: `b${below(next, 4)}`, op: ops[below(next, ops.length)]! }),
    );
    const seen = folded(rows).map((block) => ({
      first: block.sequence_number,
      last: block.last_sequence_number,
      content: block.content,
    }));
    assert.deepEqual(seen, byDefinition(rows));
  });

  test(`the changes alone rebuild the blocks, seed ${seed}`, () => {
    const next = random(seed + 10_000);
    const ops = ["append", "append", "set", "drop"] as const;
    const fold = new Fold();
    const page = new Map<string, string>();
    for (let n = 1; n <= 60; n += 1) {
      // Few different contents, so that a `set` often repeats or extends what its appends have made.
      const row = message(n, { block: `b${below(next, 3)}`, op: ops[below(next, ops.length)]!, content: "ab".slice(0, below(next, 3)) });
      const change = fold.add(row);
      if (change !== null) repeat(change, page);
    }
    assert.deepEqual([...page], fold.blocks().map((block) => [block.key, block.content]));
  });
}

function repeat(change: Change, page: Map<string, string>): void {
  const { key, content } = change.block;
  if (change.kind === "drop") page.delete(key);
  else if (change.kind === "append") page.set(key, (page.get(key) ?? "") + change.text);
  else if (change.kind !== "settle") page.set(key, content);
}

test("a set that repeats its deltas changes nothing on the page", () => {
  const fold = new Fold();
  fold.add(message(1, { content: "Hel" }));
  fold.add(message(2, { content: "lo" }));
  assert.equal(fold.add(message(3, { op: "set", content: "Hello" }))?.kind, "settle");
  assert.equal(fold.blocks()[0]?.whole, true);
});

test("a set that goes on from its deltas is an append", () => {
  const fold = new Fold();
  fold.add(message(1, { content: "Hel" }));
  const change = fold.add(message(2, { op: "set", content: "Hello" }));
  assert.deepEqual(change?.kind === "append" && change.text, "lo");
});

test("a block named like a note's key is not that note", () => {
  const blocks = folded([
    message(1, { op: "note", block: null, type: "system", content: "note" }),
    message(2, { block: "note 1", content: "block" }),
  ]);
  assert.deepEqual(blocks.map((block) => block.content), ["note", "block"]);
});

test("rows out of order are refused", () => {
  const fold = new Fold();
  fold.add(message(2));
  assert.throws(() => fold.add(message(1)), RangeError);
  assert.throws(() => fold.add(message(2)), RangeError);
});
