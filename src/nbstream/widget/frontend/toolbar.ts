/** What a reader does with the whole run: search, choose kinds, fold, stop. */

import { el } from "./dom.ts";
import { KINDS } from "./filter.ts";
import type { Kind } from "./filter.ts";

export interface ToolbarActions {
  search(): void;
  filter(shown: ReadonlySet<Kind>): void;
  fold(open: boolean): void;
}

export class Toolbar {
  readonly element = el("div", "toolbar");
  /** The kinds to choose from, under the header while it is open. */
  readonly panel = el("div", "kinds");
  readonly #actions: ToolbarActions;
  readonly #kinds = press("kindsbutton", "kinds", "Choose what is shown");
  readonly #fold = press("foldbutton", "fold", "Fold everything");

  constructor(actions: ToolbarActions) {
    this.#actions = actions;
    const search = press("searchbutton", "search", "Search this run (Ctrl+F or ⌘F)");
    search.addEventListener("click", () => actions.search());
    this.#kinds.setAttribute("aria-expanded", "false");
    this.#kinds.addEventListener("click", () => this.#togglePanel());
    this.#fold.addEventListener("click", () => this.#toggleFold());
    this.element.append(search, this.#kinds, this.#fold);
    this.#fillPanel();
  }

  #togglePanel(): void {
    this.panel.hidden = !this.panel.hidden;
    this.#kinds.setAttribute("aria-expanded", String(!this.panel.hidden));
  }

  #toggleFold(): void {
    const open = this.#fold.textContent === "unfold";
    this.#fold.textContent = open ? "fold" : "unfold";
    this.#fold.title = open ? "Fold everything" : "Unfold everything";
    this.#actions.fold(open);
  }

  #fillPanel(): void {
    this.panel.hidden = true;
    this.panel.setAttribute("role", "group");
    this.panel.setAttribute("aria-label", "kinds shown");
    const shown = new Set<Kind>(KINDS);
    for (const kind of KINDS) {
      const label = el("label", "", kind);
      const box = el("input");
      box.type = "checkbox";
      box.checked = true;
      box.addEventListener("change", () => {
        if (box.checked) shown.add(kind);
        else shown.delete(kind);
        this.#kinds.classList.toggle("on", shown.size < KINDS.length);
        this.#actions.filter(new Set(shown));
      });
      label.prepend(box);
      this.panel.append(label);
    }
  }
}

function press(className: string, label: string, title: string): HTMLButtonElement {
  const made = el("button", className, label);
  made.type = "button";
  made.title = title;
  return made;
}
