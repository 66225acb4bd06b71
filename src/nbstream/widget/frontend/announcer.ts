/** Tells a screen reader each thing once it is whole: never a token, never what was there before. */

import { el, setText } from "./dom.ts";
import { textOf } from "./format.ts";
import { TOOL_NAME } from "./message.ts";
import { outcomeOf } from "./outline.ts";
import type { Entry } from "./outline.ts";

/** Milliseconds between words at least: faster ones are dropped by readers. */
const PACE = 1000;

/** Characters of one announcement. */
const LENGTH = 300;

export class Announcer {
  readonly element = el("div", "unseen");
  #waiting: string[] = [];
  #timer = 0;

  constructor() {
    this.element.setAttribute("role", "status");
    this.element.setAttribute("aria-live", "polite");
  }

  close(): void {
    window.clearTimeout(this.#timer);
  }

  say(text: string): void {
    this.#waiting.push(text);
    if (this.#timer === 0) this.#next();
  }

  entry(entry: Entry): void {
    const words = wordsOf(entry);
    if (words !== null) this.say(words);
  }

  readonly #next = (): void => {
    this.#timer = 0;
    if (this.#waiting.length === 0) return;
    // A run that is faster than speech is told by its latest words.
    setText(this.element, this.#waiting.splice(0).slice(-3).join(". "));
    this.#timer = window.setTimeout(this.#next, PACE);
  };
}

/** What is said of an entry; nothing of small print and of reasoning. */
export function wordsOf(entry: Entry): string | null {
  switch (entry.look) {
    case "text":
      return entry.block.content.slice(0, LENGTH);
    case "error":
      return `error: ${entry.block.content.slice(0, LENGTH)}`;
    case "summary":
      return "the run has ended";
    case "call":
    case "result": {
      const outcome = outcomeOf(entry);
      const name = textOf(entry.block.metadata[TOOL_NAME]) ?? "tool";
      return outcome === "running" ? null : `${name} ${outcome === "bad" ? "failed" : "done"}`;
    }
    default:
      return null;
  }
}
