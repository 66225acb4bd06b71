/** How high a row will be, before it was ever on the page. Pure; a guess that is near keeps the scroll bar calm. */

import type { Entry, Row } from "./outline.ts";

/** Pixels of a line of prose, of code, of a card's head, of the room under a row. */
const LINE = 21;
const CODE_LINE = 18;
const HEAD = 31;
const GAP = 10;

/** Characters of a line, about. */
const WIDTH = 84;

/** Lines of output that a card shows. */
const PREVIEW = 9;

export function guessHeight(row: Row): number {
  return Math.max(...row.entries.map(guessEntry)) + GAP;
}

function guessEntry(entry: Entry): number {
  switch (entry.look) {
    case "text":
    case "user":
    case "error":
      return LINE * lines(entry.block.content, 400);
    case "thought":
    case "note":
      return LINE;
    case "summary":
      return 2 * HEAD;
    case "call":
    case "result": {
      const output = entry.look === "result" ? entry.block.content : (entry.result?.content ?? "");
      const shown = output === "" ? 0 : CODE_LINE * lines(output, PREVIEW) + 13;
      return HEAD + shown + Math.min(entry.children.length, 8) * (HEAD + GAP);
    }
  }
}

function lines(content: string, limit: number): number {
  let found = 1 + Math.floor(content.length / WIDTH);
  for (let at = content.indexOf("\n"); at >= 0 && found < limit; at = content.indexOf("\n", at + 1)) found += 1;
  return Math.min(found, limit);
}
