/** What can be done with one row: copy it, see its input, see its source. The buttons wait until the row is pointed at. */

import { el } from "./dom.ts";
import { outcomeOf, within } from "./outline.ts";
import type { Entry } from "./outline.ts";

/** Milliseconds that "copied" stays. */
const SAID = 1500;

/** Asked for the source as received of a row. */
export type AskRaw = (sequenceNumber: number, answer: HTMLElement) => void;

/** The buttons of an entry, for the end of its row. */
export function actionsOf(entry: Entry, element: HTMLElement, askRaw: AskRaw): HTMLElement {
  const bar = el("div", "actions");
  const input = element.querySelector<HTMLElement>(":scope > .stack > .card > .input");
  if (input !== null && entry.look === "call") bar.append(inputButton(input));
  bar.append(copyButton(entry), rawButton(entry, element, askRaw));
  return bar;
}

function button(className: string, label: string, title: string, onClick: (self: HTMLButtonElement) => void): HTMLButtonElement {
  const made = el("button", className);
  made.type = "button";
  made.title = title;
  name(made, label);
  made.addEventListener("click", () => onClick(made));
  return made;
}

/** The label is no text of the page: what a reader marks and copies has no buttons in it. */
function name(made: HTMLButtonElement, label: string): void {
  made.dataset["label"] = label;
  made.setAttribute("aria-label", label);
}

function inputButton(input: HTMLElement): HTMLButtonElement {
  const made = button("inputbutton", "input", "Show the whole input", (self) => {
    const card = input.parentElement as HTMLDetailsElement;
    const open = !(card.open && card.classList.contains("withinput"));
    card.open = card.open || open;
    card.classList.toggle("withinput", open);
    self.setAttribute("aria-expanded", String(open));
  });
  made.setAttribute("aria-expanded", "false");
  return made;
}

function copyButton(entry: Entry): HTMLButtonElement {
  return button("copybutton", "copy", "Copy this as text", (self) => {
    void copyText(plainText(entry), self).then((done) => {
      name(self, done ? "copied" : "not allowed");
      window.setTimeout(() => name(self, "copy"), SAID);
    });
  });
}

function rawButton(entry: Entry, element: HTMLElement, askRaw: AskRaw): HTMLButtonElement {
  return button("rawbutton", "raw", "Show the source as received", () => {
    const open = element.querySelector(":scope > .rawanswer");
    if (open !== null) {
      open.remove();
      return;
    }
    const number = (entry.result ?? entry.block).last_sequence_number;
    const answer = el("pre", "rawanswer", `asking for the source of seq ${number} …`);
    answer.tabIndex = 0;
    element.append(answer);
    askRaw(number, answer);
  });
}

/** An entry as text: a call with its result and all under it. */
export function plainText(entry: Entry): string {
  const parts: string[] = [];
  for (const each of within(entry)) {
    parts.push(each.block.content);
    if (each.result !== null && outcomeOf(each) !== "running") parts.push(each.result.content);
  }
  return parts.join("\n\n");
}

/** The clipboard, and where a page has none the old way. */
async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el("textarea", "unseen");
    area.value = text;
    near.after(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    near.focus();
    return done;
  }
}
