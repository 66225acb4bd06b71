import assert from "node:assert/strict";
import { test } from "node:test";

import { MessageLog } from "../../src/nbstream/widget/frontend/log.ts";
import type { AgentMessage } from "../../src/nbstream/widget/frontend/message.ts";
import { below, message, random, run, shuffled } from "./generate.ts";

const numbers = (log: MessageLog): number[] => log.messages().map((row) => row.sequence_number);

/** Cuts a list into batches, repeats some, loses some: what a poor link does. */
function delivered(rows: readonly AgentMessage[], next: () => number): { batches: AgentMessage[][]; lost: Set<number> } {
  const batches: AgentMessage[][] = [];
  const lost = new Set<number>();
  for (let i = 0; i < rows.length; ) {
    const batch = rows.slice(i, (i += 1 + below(next, 7)));
    const fate = next();
    if (fate < 0.2) for (const row of batch) lost.add(row.sequence_number);
    else batches.push(batch, ...(fate < 0.4 ? [batch] : []));
  }
  return { batches, lost };
}

test("rows in order are kept in order", () => {
  const log = new MessageLog();
  assert.equal(log.merge(run(5)).length, 5);
  assert.deepEqual(numbers(log), [1, 2, 3, 4, 5]);
  assert.equal(log.contiguous, 5);
  assert.equal(log.head, 5);
  assert.equal(log.complete, true);
  assert.deepEqual(log.holes(), []);
});

test("an empty log is complete until it hears of a head", () => {
  const log = new MessageLog();
  assert.equal(log.complete, true);
  log.noteHead(3);
  assert.equal(log.complete, false);
  assert.deepEqual(log.holes(), [{ from: 1, to: 3 }]);
});

test("a hole is seen and filled", () => {
  const log = new MessageLog();
  log.merge([message(1), message(2), message(5), message(6), message(9)]);
  assert.equal(log.contiguous, 2);
  assert.deepEqual(log.holes(), [
    { from: 3, to: 4 },
    { from: 7, to: 8 },
  ]);
  log.noteHead(10);
  assert.deepEqual(log.holes().at(-1), { from: 10, to: 10 });
  assert.deepEqual(
    log.merge([message(4), message(3)]).map((row) => row.sequence_number),
    [3, 4],
  );
  assert.equal(log.contiguous, 6);
  log.merge([message(7), message(8), message(10)]);
  assert.deepEqual(log.holes(), []);
  assert.equal(log.contiguous, 10);
});

test("the head never goes back", () => {
  const log = new MessageLog();
  log.noteHead(7);
  log.noteHead(3);
  log.merge([message(1)]);
  assert.equal(log.head, 7);
});

test("a second delivery of a row is a duplicate, not a row and not a conflict", () => {
  const log = new MessageLog();
  log.merge([message(1), message(1)]);
  log.merge([message(1)]);
  assert.deepEqual(numbers(log), [1]);
  assert.equal(log.duplicates, 2);
  assert.equal(log.conflicts.length, 0);
});

test("another row at the same place is reported and the first is kept", () => {
  const log = new MessageLog();
  log.merge([message(1, { content: "one" })]);
  assert.deepEqual(log.merge([message(1, { content: "two" })]), []);
  assert.equal(log.duplicates, 0);
  assert.equal(log.conflicts.length, 1);
  assert.equal(log.conflicts[0]?.refused.content, "two");
  assert.equal(log.at(1)?.content, "one");
});

for (let seed = 1; seed <= 200; seed += 1) {
  test(`any delivery converges to the same list, seed ${seed}`, () => {
    const next = random(seed);
    const rows = run(1 + below(next, 120));
    const { batches, lost } = delivered(rows, next);
    const log = new MessageLog();
    for (const batch of shuffled(batches, next)) log.merge(shuffled(batch, next));
    log.noteHead(rows.length);

    const here = rows.filter((row) => !lost.has(row.sequence_number));
    assert.deepEqual(log.messages(), here);
    assert.ok(log.holes().every(({ from, to }) => from <= to));
    const missing = log.holes().flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    assert.deepEqual(missing, [...lost].sort((a, b) => a - b));
    assert.equal(log.contiguous, (missing[0] ?? rows.length + 1) - 1);

    // The question a view asks: everything after the highest contiguous number.
    log.merge(rows.slice(log.contiguous));
    assert.deepEqual(log.messages(), rows);
    assert.equal(log.complete, true);
    assert.equal(log.conflicts.length, 0);
  });
}

test("released rows are let go of, and what comes of them again is a duplicate", () => {
  const rows = run(20_000);
  const log = new MessageLog();
  for (let i = 0; i < rows.length; i += 100) {
    log.merge(rows.slice(i, i + 100));
    log.release(log.ready);
    assert.ok(log.messages().length < 4200);
    assert.equal(log.row(i + 99), rows[i + 99]);
  }
  assert.equal(log.size, 20_000);
  assert.equal(log.ready, 20_000);
  assert.equal(log.contiguous, 20_000);
  assert.equal(log.row(0), undefined);
  assert.deepEqual(log.merge(rows), []);
  assert.equal(log.duplicates, 20_000);
  assert.deepEqual(log.conflicts, []);
  log.noteHead(20_003);
  log.merge([message(20_002)]);
  assert.deepEqual(log.holes(), [
    { from: 20_001, to: 20_001 },
    { from: 20_003, to: 20_003 },
  ]);
});

test("large rows are let go of once they are shown, save the last", () => {
  const rows = run(100).map((row) => ({ ...row, content: "x".repeat(100_000) }));
  const log = new MessageLog();
  for (const row of rows) {
    log.merge([row]);
    log.release(log.ready);
    assert.ok(log.messages().length <= 11);
    assert.equal(log.row(log.ready - 1), row);
  }
  assert.deepEqual(log.merge(rows), []);
  assert.equal(log.duplicates, 100);
  assert.equal(log.size, 100);
  assert.equal(log.complete, true);
});

test("rows before a hole are released, rows behind it are not", () => {
  const log = new MessageLog();
  log.merge(run(12_000).filter((row) => row.sequence_number !== 9_000));
  log.release(log.ready);
  assert.equal(log.messages()[0]?.sequence_number, 7_000);
  log.merge([message(9_000)]);
  assert.equal(log.ready, 12_000);
  assert.equal(log.row(8_999)?.sequence_number, 9_000);
});

test("a hundred thousand rows one by one cost no more each at the end than at the start", () => {
  const rows = run(100_000);
  const log = new MessageLog();
  const quarter = (from: number): number => {
    const start = performance.now();
    for (const row of rows.slice(from, from + 25_000)) log.merge([row]);
    return performance.now() - start;
  };
  const times = [0, 25_000, 50_000, 75_000].map(quarter);
  assert.equal(log.contiguous, 100_000);
  // Quadratic cost would make the last quarter seven times the first; maps that grow make it a little dearer.
  assert.ok(times[3]! < 6 * Math.max(times[0]!, 10), `quarters took ${times.map((time) => time.toFixed(0)).join(", ")} ms`);
});

test("numbers that a store has no more are no holes, once the delivery says after which one it begins", () => {
  const log = new MessageLog();
  log.noteHead(30);
  log.merge([message(1), message(9), message(12)], 0);
  assert.deepEqual([log.contiguous, log.ready, log.holes()], [12, 3, [{ from: 13, to: 30 }]]);
  // A delivery that got lost in between is still missed.
  log.merge([message(25), message(30)], 20);
  assert.deepEqual([log.contiguous, log.ready, log.complete], [12, 3, false]);
  assert.deepEqual(log.holes(), [{ from: 13, to: 24 }]);
  log.merge([message(20)], 12);
  assert.deepEqual([log.contiguous, log.ready, log.complete, log.holes()], [30, 6, true, []]);
});

test("without that word a missing number is a hole", () => {
  const log = new MessageLog();
  log.merge([message(1), message(9)]);
  assert.deepEqual([log.contiguous, log.ready, log.holes()], [1, 1, [{ from: 2, to: 8 }]]);
});
