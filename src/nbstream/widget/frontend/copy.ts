/** The text of the copy that a notebook carries, where its agent cannot be reached: read only, and it says so. */

import { el } from "./dom.ts";
import { RichText } from "./richtext.ts";
import { followTheme } from "./theme.ts";
import blockStyle from "./blocks.css";
import copyStyle from "./copy.css";
import frameStyle from "./frame.css";

/** Shows `markdown` as text. Returns what takes it away again. */
export function mountCopy(parent: HTMLElement, markdown: string, why: string): () => void {
  const host = el("div", "nbstream-copy");
  const frame = el("section", "frame saved");
  const scroller = el("div", "scroller");
  const column = el("div", "column");
  const text = new RichText("prose");
  text.append(markdown === "" ? "This output holds no text." : markdown);
  text.flush();
  column.append(text.element);
  scroller.append(column);
  scroller.tabIndex = 0;
  const line = el("div", "saved-line");
  line.append(el("span", "saved-word", "saved copy"), el("span", "saved-why", `${why} This is what the notebook kept.`));
  frame.setAttribute("aria-label", "saved copy of an agent's output");
  frame.append(line, scroller);
  host.attachShadow({ mode: "open" }).append(el("style", "", frameStyle + blockStyle + copyStyle), frame);
  const endTheme = followTheme(host);
  parent.append(host);
  return () => {
    endTheme();
    host.remove();
  };
}
