/**
 * An edit, as lines that go and come.
 *
 * For callers: `editView(before, after, fileName?)` of two texts and `patchView(patch)` of a unified diff, each an
 * element; `isPatch(text)` tells whether a text is one.
 */

import { changes, patchLines } from "./changes.ts";
import type { DiffLine, Sign } from "./changes.ts";
import { el } from "./dom.ts";
import { count } from "./format.ts";
import { highlight } from "./highlight.ts";
import { languageOf } from "./languages.ts";
import { LINE_LIMIT } from "./limits.ts";
import { marked } from "./visible.ts";

export { isPatch } from "./changes.ts";

/** Lines of one edit on the page; the rest is counted. */
const DIFF_LIMIT = 1000;

const CLASSES: Readonly<Record<Sign, string>> = { " ": "same", "-": "minus", "+": "plus", "@": "hunk" };
const WORDS: Readonly<Record<Sign, string>> = { " ": "", "-": "removed: ", "+": "added: ", "@": "" };

/** Shows what an edit of `before` to `after` changes; the file's name tells the language of its colours. */
export function editView(before: string, after: string, fileName = ""): HTMLElement {
  return view(changes(before, after), fileName);
}

/** Shows a unified diff. */
export function patchView(patch: string): HTMLElement {
  return view(patchLines(patch), "");
}

function view(lines: readonly DiffLine[], fileName: string): HTMLElement {
  const pre = el("pre", "diff");
  pre.tabIndex = 0;
  const language = languageOf(/\.([a-z0-9+#]{1,12})$/i.exec(fileName)?.[1] ?? "");
  for (const { sign, text } of lines.slice(0, DIFF_LIMIT)) {
    const line = el("span", `line ${CLASSES[sign]}`);
    const mark = el("span", "sign", sign === "@" ? "⋯" : sign);
    mark.setAttribute("aria-hidden", "true");
    line.append(mark);
    if (WORDS[sign] !== "") line.append(el("span", "unseen", WORDS[sign]));
    const shown = marked(text.slice(0, LINE_LIMIT));
    if (language === null || sign === "@") line.append(shown);
    else for (const part of highlight(shown, language, null).parts) line.append(part.kind === "" ? part.text : el("span", part.kind, part.text));
    if (text.length > LINE_LIMIT) line.append(el("span", "cut", ` … ${count(text.length - LINE_LIMIT)} more characters on this line, in the store`));
    pre.append(line, "\n");
  }
  if (lines.length > DIFF_LIMIT) pre.append(el("span", "cut", `… ${count(lines.length - DIFF_LIMIT)} more lines, in the store`));
  return pre;
}
