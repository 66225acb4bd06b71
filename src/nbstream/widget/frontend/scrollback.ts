/**
 * How much of their runs the views of a page hold. Pure: rows in, an index out.
 *
 * A run may go on for days; what a page keeps of it must not. Views share the page's memory, so one view has all of it
 * and one of twenty a twentieth. What is let go of is in the store, and comes back when a reader asks for it.
 */

import { within } from "./outline.ts";
import type { Row } from "./outline.ts";

/** Bytes that all views together hold of what was said, and one of them at least. */
const PAGE = 16 * 2 ** 20;
const VIEW = 2 ** 19;

/** Bytes of one block beside its text: its objects and its places in maps, as measured in Chromium. */
const BLOCK = 700;

/** Rows that stay however large they are: more than are on the page at once. */
const ROWS = 150;

/** How much more than its share a view may hold before it lets go: each time costs a pass over its rows. */
const SLACK = 1.25;

let views = 0;

/** A view more. Returns what takes it off again. */
export function joinPage(): () => void {
  views += 1;
  return () => {
    views -= 1;
  };
}

/** The row from which on a view keeps its run; 0 while it has room for all of it. */
export function keptFrom(rows: readonly Row[], share = Math.max(VIEW, PAGE / views)): number {
  let from = 0;
  let held = 0;
  for (let at = rows.length - 1; at >= 0; at -= 1) {
    held += bytesOf(rows[at]!);
    if (from === 0 && held > share) from = Math.min(at + 1, rows.length - ROWS);
    if (held > share * SLACK) return Math.max(0, from);
  }
  return 0;
}

function bytesOf({ entries }: Row): number {
  let bytes = 0;
  for (const entry of entries) {
    for (const { block, result } of within(entry)) bytes += BLOCK + block.content.length + (result?.content.length ?? 0);
  }
  return bytes;
}
