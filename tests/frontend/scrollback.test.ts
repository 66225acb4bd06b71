import assert from "node:assert/strict";
import { test } from "node:test";

import { Fold } from "../../src/nbstream/widget/frontend/fold.ts";
import type { AgentMessage } from "../../src/nbstream/widget/frontend/message.ts";
import { Outline, within } from "../../src/nbstream/widget/frontend/outline.ts";
import type { Row } from "../../src/nbstream/widget/frontend/outline.ts";
import { joinPage, keptFrom } from "../../src/nbstream/widget/frontend/scrollback.ts";
import { message } from "./generate.ts";

/** A run as a view holds it. */
class Run {
  readonly fold = new Fold();
  readonly outline = new Outline();
  #number = 0;

  row(fields: Partial<AgentMessage>): this {
    this.#number += 1;
    const change = this.fold.add(message(this.#number, { op: "set", ...fields }));
    if (change !== null) this.outline.apply(change);
    return this;
  }

  call(id: string, parent?: string): this {
    const metadata = { "gen_ai.tool.call.id": id, "gen_ai.tool.name": "Task", ...(parent && { "nbstream.parent_tool_call_id": parent }) };
    return this.row({ block: `call ${id}`, type: "tool", part: "tool_call", content: `input ${id}`, metadata });
  }

  result(id: string, content = `output ${id}`): this {
    return this.row({ block: `result ${id}`, type: "tool", role: "tool", part: "tool_call_response", content, metadata: { "gen_ai.tool.call.id": id } });
  }

  /** As the view does it. */
  release(index: number): string[] {
    return this.outline.release(index).map(({ block, result }) => {
      this.fold.forget(block);
      if (result !== null) this.fold.forget(result);
      return block.content;
    });
  }

  get shown(): string[] {
    return this.outline.rows.flatMap((row) => row.entries.flatMap((entry) => [...within(entry)].map((each) => each.block.content)));
  }
}

function rows(...lengths: number[]): readonly Row[] {
  const run = new Run();
  for (const [at, length] of lengths.entries()) run.row({ block: `b${at}`, content: "x".repeat(length) });
  return run.outline.rows;
}

test("scrollback: a run within its share is kept whole, and a little more is borne", () => {
  const run = rows(...Array<number>(1000).fill(300));
  assert.equal(keptFrom(run, 1_000_000), 0);
  assert.equal(keptFrom(run, 900_000), 0);
  assert.equal(keptFrom([], 1), 0);
});

test("scrollback: what outgrows its share is let go of from its beginning, back to the share", () => {
  const from = keptFrom(rows(...Array<number>(1000).fill(300)), 500_000);
  assert.ok(from >= 500 && from <= 501, String(from));
});

test("scrollback: results and subagents weigh too, and what is on the page stays however large it is", () => {
  const run = new Run();
  for (let at = 0; at < 200; at += 1) run.call(`c${at}`).row({ block: `t${at}`, content: "x".repeat(1000), metadata: { "nbstream.parent_tool_call_id": `c${at}` } }).result(`c${at}`, "y".repeat(1000));
  assert.equal(run.outline.rows.length, 200);
  assert.equal(keptFrom(run.outline.rows, 10_000_000), 0);
  assert.equal(keptFrom(run.outline.rows, 200_000), 50);
  assert.equal(keptFrom(run.outline.rows.slice(0, 100), 1000), 0);
});

test("scrollback: views share the page", () => {
  const run = rows(...Array<number>(3000).fill(1000));
  const first = joinPage();
  assert.equal(keptFrom(run), 0, "one has room for five megabytes");
  const others = Array.from({ length: 19 }, joinPage);
  const shared = keptFrom(run);
  assert.ok(shared > 2000, String(shared));
  for (const leave of others) leave();
  assert.equal(keptFrom(run), 0);
  first();
});

test("release: the first rows go, and all that is kept of them", () => {
  const run = new Run().row({ block: "a", content: "one" }).call("1").result("1").row({ block: "b", content: "two" }).row({ block: null, op: "note", content: "note" });
  assert.deepEqual(run.release(3), ["one", "input 1", "two"]);
  assert.deepEqual(run.shown, ["note"]);
  assert.deepEqual(run.fold.blocks().map(({ content }) => content), ["note"]);
  assert.deepEqual(run.release(0), []);
});

test("release: what still runs or grows stays, and the rest before the mark goes", () => {
  const run = new Run().call("1").row({ block: "a", content: "one" }).row({ block: "b", content: "grows", op: "append" });
  assert.deepEqual(run.release(3), ["one"]);
  assert.deepEqual(run.shown, ["input 1", "grows"]);
  run.result("1").row({ block: "b", content: " on", op: "append" });
  assert.equal(run.outline.rows[0]!.entries[0]!.result?.content, "output 1");
  assert.deepEqual(run.shown, ["input 1", "grows on"]);
});

test("release: a subagent that speaks keeps its call, and goes with it once that is over", () => {
  const run = new Run().call("1").call("2", "1").row({ block: "s", content: "said", metadata: { "nbstream.parent_tool_call_id": "1" } });
  assert.deepEqual(run.release(1), []);
  run.result("2").result("1").row({ block: "z", content: "last" });
  assert.deepEqual(run.release(1), ["input 1", "input 2", "said"]);
  assert.deepEqual(run.shown, ["last"]);
});

test("release: a late row of what is gone changes nothing, and a block that is dropped begins anew", () => {
  const run = new Run().row({ block: "a", content: "one" }).row({ block: "b", content: "two" });
  run.release(1);
  run.row({ block: "a", content: "one, again" }).row({ block: "a", content: " and more", op: "append" });
  assert.deepEqual(run.shown, ["two"]);
  run.row({ block: "a", op: "drop" }).row({ block: "a", content: "anew" });
  assert.deepEqual(run.shown, ["two", "anew"]);
});

test("release: names of what is gone are kept up to a number", () => {
  const run = new Run();
  for (let at = 0; at < 5000; at += 1) run.row({ block: `b${at}`, content: "x" });
  run.release(5000);
  run.row({ block: "b0", content: "taken for new" }).row({ block: "b4999", content: "known" });
  assert.deepEqual(run.shown, ["taken for new"]);
});
