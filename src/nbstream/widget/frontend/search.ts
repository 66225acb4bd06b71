/** Finds words in the whole run, also where nothing is on the page. Pure: no DOM. */

import { within } from "./outline.ts";
import type { Entry, Row } from "./outline.ts";

/** One place where the words are. */
export interface Hit {
  readonly row: Row;
  readonly entry: Entry;
  /** Of the hits in the row, counted from 0. */
  readonly inRow: number;
}

/** Hits that are counted; beyond them nobody steps from one to the next. */
export const HIT_LIMIT = 10_000;

/** Every place of `words` in reading order, in upper or lower case. Costs O(characters of the run). */
export function findHits(rows: readonly Row[], words: string): Hit[] {
  const wanted = words.trim().toLowerCase();
  const hits: Hit[] = [];
  if (wanted === "") return hits;
  for (const row of rows) {
    let inRow = 0;
    for (const entry of row.entries.flatMap((each) => [...within(each)])) {
      for (const text of [entry.block.content, entry.result?.content ?? ""]) {
        for (let left = occurrences(text, wanted); left > 0; left -= 1) {
          hits.push({ row, entry, inRow });
          inRow += 1;
          if (hits.length >= HIT_LIMIT) return hits;
        }
      }
    }
  }
  return hits;
}

function occurrences(text: string, wanted: string): number {
  const lower = text.toLowerCase();
  let found = 0;
  for (let at = lower.indexOf(wanted); at >= 0 && found < HIT_LIMIT; at = lower.indexOf(wanted, at + wanted.length)) found += 1;
  return found;
}
