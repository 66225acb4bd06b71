import assert from "node:assert/strict";
import { test } from "node:test";

import { Playback } from "../../src/nbstream/widget/frontend/playback.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 12) + seconds * 1000).toISOString();

/** A run begun a second before its first row, with rows at these seconds. */
function playback(seconds: readonly number[], speed = 1): Playback {
  const made = new Playback(speed);
  made.extend(seconds.map(at), at((seconds[0] ?? 0) - 1));
  return made;
}

test("rows come when their time has passed, times the speed", () => {
  const run = playback([1, 2, 4], 2);
  run.toggle();
  assert.equal(run.row, 0);
  assert.equal(run.tick(400), true);
  assert.equal(run.row, 0);
  run.tick(100);
  assert.deepEqual([run.row, run.position], [1, 1000]);
  run.tick(1000);
  assert.equal(run.row, 2);
  run.tick(60_000);
  assert.deepEqual([run.row, run.position, run.playing, run.atEnd], [3, 4000, false, true]);
  assert.equal(run.tick(1000), false);
});

test("at the end it starts anew", () => {
  const run = playback([0, 1]);
  run.seekRow(2);
  run.toggle();
  assert.deepEqual([run.row, run.position, run.playing], [0, 0, true]);
});

test("a row is gone to alone, also among rows of the same instant", () => {
  const run = playback([1, 2, 2, 2, 3]);
  run.seekRow(3);
  assert.deepEqual([run.row, run.position], [3, 2000]);
  run.seekTime(2000);
  assert.equal(run.row, 4);
  run.toggle();
  run.tick(1);
  assert.equal(run.row, 4);
});

test("a seek stays within the run, whatever it is told", () => {
  const run = playback([1, 2]);
  for (const [wild, row, position] of [[-5, 0, 0], [1e9, 2, 2000], [Number.NaN, 0, 0], [Number.POSITIVE_INFINITY, 0, 0]] as const) {
    run.seekTime(wild);
    assert.equal(run.position, position);
    run.seekRow(wild);
    assert.equal(run.row, row);
  }
});

test("clocks that go back or cannot be read hold the time still", () => {
  const run = new Playback(1);
  run.extend([at(5), at(3), "no time", at(6)], null);
  assert.equal(run.duration, 1000);
  run.seekTime(0);
  assert.equal(run.row, 3);
});

test("a start on another clock is no lead", () => {
  const run = new Playback(1);
  run.extend([at(0), at(1)], at(-86_400));
  assert.equal(run.duration, 1000);
  assert.equal(run.now, Date.parse(at(0)));
});

test("10,000 rows: every moment has the rows that had come by then", () => {
  const seconds = Array.from({ length: 10_000 }, (_, n) => Math.floor(n / 3));
  const run = playback(seconds);
  for (let moment = 0; moment <= run.duration; moment += 37_000) {
    run.seekTime(moment);
    assert.equal(run.row, seconds.filter((second) => (second + 1) * 1000 <= moment).length);
  }
});
