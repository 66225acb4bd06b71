import assert from "node:assert/strict";
import { test } from "node:test";

import { AnsiReader, STYLES } from "../../src/nbstream/widget/frontend/ansi.ts";
import { changes, isPatch, patchLines } from "../../src/nbstream/widget/frontend/changes.ts";
import { closes, fenceOf, mayClose, unindented } from "../../src/nbstream/widget/frontend/fences.ts";
import { highlight } from "../../src/nbstream/widget/frontend/highlight.ts";
import type { Carry } from "../../src/nbstream/widget/frontend/highlight.ts";
import { languageOf } from "../../src/nbstream/widget/frontend/languages.ts";
import { safeLink } from "../../src/nbstream/widget/frontend/links.ts";

const refused = [
  "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "vbscript:x", "data:text/html,x", "data:image/png;base64,A",
  "file:///etc/passwd", "blob:https://a.test/x", "vscode://x", "claude-cli://x", "tel:1", "ftp://a.test", "ws://a.test", "about:blank", "view-source:https://a.test",
  "", "#x", "?a", "x", "./x", "/api/kernels", "lab", "//a.test", "\\\\a.test", "/\\a.test", "https:a.test", "https:/a.test", "http:///a.test", "https:\\\\a.test",
  "https://u@a.test", "https://u:p@a.test", "https://:p@a.test", "https://good.test@evil.test/", "https://good.test%2f@evil.test", "https://", "http://", "https://a b.test",
  "mailto:", "mailto:/x", `https://a.test/${"x".repeat(2048)}`, "https://[::1", "https://a.test:99999", "intent://a.test", "chrome://settings", "JAVASCRIPT://a.test/%0aalert(1)",
];
for (const address of refused) {
  test(`links: refused ${JSON.stringify(address).slice(0, 60)}`, () => assert.equal(safeLink(address, "text"), null));
}

const shown: [string, string, string, string][] = [
  ["https://a.test/x", "words", "https://a.test/x", ""],
  ["HTTPS://A.TEST/x", "words", "https://a.test/x", ""],
  ["https://evil.test/", "good.example", "https://evil.test/", "evil.test"],
  ["https://evil.test/", "https://good.example/login", "https://evil.test/", "evil.test"],
  ["https://a.test/", "a.test", "https://a.test/", ""],
  ["https://www.a.test/", "a.test", "https://www.a.test/", ""],
  ["https://аpple.com/", "apple.com", "https://xn--pple-43d.com/", "xn--pple-43d.com"],
  ["https://evil.test/", "good。example", "https://evil.test/", "evil.test"],
  ["https://evil.test:8080/", "", "https://evil.test:8080/", "evil.test:8080"],
  ["mailto:a@b.test", "a@b.test", "mailto:a@b.test", ""],
  ["mailto:a@evil.test", "help@good.example", "mailto:a@evil.test", "a@evil.test"],
];
for (const [address, text, href, note] of shown) {
  test(`links: ${address} under ${JSON.stringify(text)}`, () => assert.deepEqual(safeLink(address, text), { href, note }));
}

/** Lines as `style:text`, joined by ¶. */
function played(...pieces: string[]): string {
  const reader = new AnsiReader();
  const lines = [...pieces.flatMap((piece) => reader.feed(piece)), ...reader.end(), reader.line];
  return lines.map((line) => line.runs().map(({ style, text }) => (style === "" ? text : `${style}:${text};`)).join("")).join("¶");
}

const outputs: [string, string, string][] = [
  ["colours", "a\u001b[31mred\u001b[0mb", "afg-red:red;b"],
  ["bold and bright, several at once", "\u001b[1;92;44mx", "bold fg-green bg-blue:x;"],
  ["256 colours become the nearest of eight", "\u001b[38;5;196mx\u001b[38;5;232my", "fg-red:x;fg-black:y;"],
  ["true colour too", "\u001b[38;2;0;0;250mx", "fg-blue:x;"],
  ["conceal hides nothing", "\u001b[8msecret", "secret"],
  ["a carriage return writes over", "12345\rab", "ab345"],
  ["a progress bar leaves no scraps", "100%\r\u001b[2Kdone", "done"],
  ["clear to the end", "abcdef\rab\u001b[K", "ab"],
  ["a line end of two characters", "a\r\nb", "a¶b"],
  ["a backspace goes back", "ab\bc", "ac"],
  ["links of a terminal are their text", "\u001b]8;;https://evil.test\u0007here\u001b]8;;\u0007", "here"],
  ["the clipboard is not written", "\u001b]52;c;ZXZpbA==\u0007x", "x"],
  ["cursor moves are dropped", "\u001b[2J\u001b[10;10Hx\u001b[?25l", "x"],
  ["DCS, APC, PM, SOS are dropped", "\u001bPq\u001b\\a\u001b_x\u001b\\b\u001b^x\u001b\\c\u001bXx\u001b\\d", "abcd"],
  ["what never ends hides nothing", "\u001b]0;title\nnext", "␛]0;title¶next"],
  ["C1 is shown", "\u009b31mx", "⟨U+009B⟩31mx"],
  ["bidi is shown", "a\u202eb", "a⟨U+202E⟩b"],
];
for (const [name, text, expected] of outputs) {
  test(`terminal: ${name}`, () => {
    assert.equal(played(text), expected);
    assert.equal(played(...text), expected, "one character at a time");
  });
}

test("terminal: every style is on the list", () => {
  for (let code = 0; code < 256; code += 1) {
    for (const style of [`${code}`, `38;5;${code}`, `48;5;${code}`, `38;2;${code};9;200`]) {
      const found = played(`\u001b[${style}mx`).replace(/:?x;?$/, "");
      for (const word of found.split(" ").filter((one) => one !== "")) assert.ok(STYLES.includes(word), word);
    }
  }
});

test("terminal: linear", () => {
  for (const unit of ["\u001b]", "\u001b[", "\u001b[1;", "\r", "a\r", "a\b", "\u001bP", "\u001b[31m"]) {
    const start = performance.now();
    played(unit.repeat(60_000 / unit.length));
    assert.ok(performance.now() - start < 3000, JSON.stringify(unit));
  }
});

function coloured(label: string, ...lines: string[]): string {
  let carry: Carry | null = null;
  return lines.map((line) => {
    const read = highlight(line, languageOf(label)!, carry);
    carry = read.carry;
    assert.equal(read.parts.map((part) => part.text).join(""), line, "no character is lost");
    return read.parts.map(({ kind, text }) => (kind === "" ? text : `${kind}(${text})`)).join("");
  }).join("\n");
}

test("code: words, strings, numbers, comments", () => {
  assert.equal(coloured("py", "def f(x=1):  # why"), "word(def) call(f)(x=number(1)):  comment(# why)");
  assert.equal(coloured("py", '"""a', 'b"""'), 'string("""a)\nstring(b""")');
  assert.equal(coloured("ts", "/* a", "b */ let s = 'x\\'y'"), "comment(/* a)\ncomment(b */) word(let) s = string('x\\'y')");
  assert.equal(coloured("json", '{"a": 1}'), '{key("a"): number(1)}');
  assert.equal(coloured("sql", "SELECT 1 -- x"), "word(SELECT) number(1) comment(-- x)");
  assert.equal(coloured("diff", "+a", "-b", "@@ -1 +1 @@"), "plus(+a)\nminus(-b)\nhunk(@@ -1 +1 @@)");
});

test("code: names of objects are no languages", () => {
  for (const name of ["__proto__", "constructor", "toString", "", "klingon"]) assert.equal(languageOf(name), null);
});

test("fences", () => {
  const fence = fenceOf("  ```py x")!;
  assert.deepEqual(fence, { mark: "`", length: 3, indent: 2, info: "py x" });
  assert.deepEqual(["```", " ````  ", "``", "~~~", "``` x", "    ```"].map((line) => closes(line, fence)), [true, true, false, false, false, false]);
  assert.deepEqual(["", "`", "``` ", "x", "~"].map((line) => mayClose(line, fence)), [true, true, true, false, false]);
  assert.deepEqual(["   a", " a", "\ta"].map((line) => unindented(line, fence)), [" a", "a", "  a"]);
});

const signs = (lines: readonly { sign: string; text: string }[]): string => lines.map(({ sign, text }) => sign + text).join("|");

test("an edit is what goes and what comes", () => {
  assert.equal(signs(changes("a\nb\nc\n", "a\nB\nc\nd\n")), " a|-b|+B| c|+d");
  assert.equal(signs(changes("", "x\n")), "+x");
  assert.equal(signs(changes("same\n", "same\n")), "@1 unchanged line");
  const long = Array.from({ length: 30 }, (_, n) => `${n}`).join("\n");
  assert.equal(signs(changes(long, long.replace("15", "x"))), "@12 unchanged lines| 12| 13| 14|-15|+x| 16| 17| 18|@11 unchanged lines");
  assert.ok(isPatch("--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y"));
  assert.equal(signs(patchLines("@@ -1 +1 @@\n-x\n+y\n z")), "@@@ -1 +1 @@|-x|+y| z");
});
