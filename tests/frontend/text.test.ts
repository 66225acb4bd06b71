import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, cost, duration, partialHeadline, toolInput } from "../../src/nbstream/widget/frontend/format.ts";
import { visible } from "../../src/nbstream/widget/frontend/visible.ts";

test("hidden characters are shown by name", () => {
  assert.equal(visible("a\u202eb\u200bc\u{e0041}"), "a⟨U+202E⟩b⟨U+200B⟩c⟨U+E0041⟩");
  assert.equal(visible("bell\u0007 del\u007f csi\u009b"), "bell␇ del⟨U+007F⟩ csi⟨U+009B⟩");
});

test("terminal sequences are taken out, their text stays", () => {
  assert.equal(visible("\u001b[1;31mred\u001b[0m \u001b]8;;https://x.test\u0007link\u001b]8;;\u0007"), "red link");
  assert.equal(visible("a\r\nb\rc"), "a\nb\nc");
});

test("what is not hidden is not touched", () => {
  const text = "tab\t line\n ünï ✓ 漢字 👩🏽 \u00a0";
  assert.equal(visible(text), text);
});

test("hiding characters cost linear time", () => {
  for (const unit of ["\u001b]", "\u001b[", "\u001b[1;", "\u202e"]) {
    const start = performance.now();
    visible(unit.repeat(200_000));
    assert.ok(performance.now() - start < 2000, JSON.stringify(unit));
  }
});

test("times and money are short", () => {
  assert.deepEqual([0, 340, 9940, 9960, 59_400, 59_600, 125_000, 3_725_000].map(duration), [
    "0.0 s", "0.3 s", "9.9 s", "10 s", "59 s", "0:59", "2:05", "1:02:05",
  ]);
  assert.equal(clock(42_000), "0:42");
  assert.deepEqual([0, 0.00004, 0.0013575, 0.041, 1.5].map(cost), ["$0.00", "$0.000040", "$0.001", "$0.041", "$1.50"]);
});

test("a tool's input has a headline and the rest", () => {
  assert.deepEqual(toolInput('{"command":"ls -l"}'), { headline: "ls -l", fields: [] });
  assert.deepEqual(toolInput('{"old":"a\\nb","file_path":"x.py"}'), {
    headline: "x.py",
    fields: [{ name: "old", value: "a\nb" }],
  });
  assert.deepEqual(toolInput('{"command":"a\\nb"}').fields, [{ name: "command", value: "a\nb" }]);
  assert.deepEqual(toolInput('{"n":[1,2]}').headline, "[ 1, 2 ]");
  assert.deepEqual(toolInput("{}"), { headline: "", fields: [] });
  assert.deepEqual(toolInput("not json"), { headline: "not json", fields: [] });
  assert.deepEqual(toolInput(""), { headline: "", fields: [] });
});

test("the headline is there before the input is whole", () => {
  assert.equal(partialHeadline('{"command":"python -c \\"pri'), 'python -c "pri');
  assert.equal(partialHeadline('{"com'), "");
});
