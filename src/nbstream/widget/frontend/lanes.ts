/** A subagent's rows, under the call that started it. */

import type { BlockView } from "./blocks.ts";
import { el, setText } from "./dom.ts";
import { between, duration, plural, textOf } from "./format.ts";
import { outcomeOf } from "./outline.ts";
import type { Entry } from "./outline.ts";

/** Rows of a lane that are shown, and how many more a click adds. */
const SHOWN = 8;
const MORE = 24;

/** Makes and forgets the views of a lane's rows. */
export interface ViewMaker {
  make(entry: Entry): BlockView;
  forget(entry: Entry): void;
}

export class Lane {
  readonly element = el("div", "lane");
  readonly #owner: Entry;
  readonly #maker: ViewMaker;
  readonly #label = el("div", "lanelabel");
  readonly #earlier = el("button", "earlier");
  readonly #rows = el("div", "rows");
  readonly #shown: Entry[] = [];
  #limit = SHOWN;

  constructor(owner: Entry, maker: ViewMaker) {
    this.#owner = owner;
    this.#maker = maker;
    this.#earlier.type = "button";
    this.#earlier.addEventListener("click", () => {
      this.#limit += MORE;
      this.fill();
    });
    this.element.append(this.#label, this.#earlier, this.#rows);
    this.fill();
  }

  /** Shows the last rows of the lane. */
  fill(): void {
    const wanted = this.#owner.children.slice(-this.#limit);
    for (const entry of this.#shown) if (!wanted.includes(entry)) this.#maker.forget(entry);
    let before: Element | null = null;
    for (const entry of wanted) {
      const { element } = this.#maker.make(entry);
      const place: ChildNode | null = before === null ? this.#rows.firstChild : before.nextSibling;
      if (place !== element) this.#rows.insertBefore(element, place);
      before = element;
    }
    this.#shown.splice(0, this.#shown.length, ...wanted);
    this.#tell();
  }

  /** Shows one of its rows, and all after it. */
  reach(entry: Entry): void {
    this.#limit = Math.max(this.#limit, this.#owner.children.length - this.#owner.children.indexOf(entry));
    this.fill();
  }

  /** Forgets every view in it. */
  clear(): void {
    for (const entry of this.#shown) this.#maker.forget(entry);
    this.#shown.length = 0;
  }

  #tell(): void {
    const hidden = this.#owner.children.length - this.#shown.length;
    this.#earlier.hidden = hidden === 0;
    setText(this.#earlier, `${plural(hidden, "earlier row")}`);
    setText(this.#label, laneLabel(this.#owner));
  }

  /** The call has ended, or has more to count. */
  relabel(): void {
    setText(this.#label, laneLabel(this.#owner));
  }
}

/** "subagent · Explore · 12 s · 3 tools". */
export function laneLabel(owner: Entry): string {
  const parts = ["subagent"];
  const kind = /"subagent_type"\s*:\s*"([^"\\]{1,40})"/.exec(owner.block.content.slice(0, 20_000))?.[1];
  if (textOf(kind) !== null) parts.push(kind!);
  const took = owner.result === null ? null : between(owner.block.ended_at, owner.result.created_at);
  if (took !== null && outcomeOf(owner) !== "running") parts.push(duration(took));
  const tools = owner.children.filter((each) => each.look === "call").length;
  if (tools > 0) parts.push(plural(tools, "tool"));
  return parts.join(" · ");
}
