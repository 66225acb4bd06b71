/** The kinds of rows a reader can leave out. Pure. */

import { outcomeOf } from "./outline.ts";
import type { Entry, Row } from "./outline.ts";

export type Kind = "messages" | "reasoning" | "tools" | "notices" | "errors";

export const KINDS: readonly Kind[] = ["messages", "reasoning", "tools", "notices", "errors"];

/** A failed call is a tool and an error: it is shown while either is. */
export function kindsOf(entry: Entry): readonly Kind[] {
  switch (entry.look) {
    case "user":
    case "text":
    case "summary":
      return ["messages"];
    case "thought":
      return ["reasoning"];
    case "note":
      return ["notices"];
    case "error":
      return ["errors"];
    case "call":
    case "result":
      return outcomeOf(entry) === "bad" ? ["tools", "errors"] : ["tools"];
  }
}

/** Whether a row has anything of the kinds that are shown. */
export function passes(row: Row, shown: ReadonlySet<Kind>): boolean {
  return shown.size === KINDS.length || row.entries.some((entry) => kindsOf(entry).some((kind) => shown.has(kind)));
}
