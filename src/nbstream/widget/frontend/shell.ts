/** The parts of a view around its rows, in their places. */

import { Announcer } from "./announcer.ts";
import { Footer, Header } from "./chrome.ts";
import { el } from "./dom.ts";
import { BottomFollower } from "./follow.ts";
import { Place } from "./place.ts";
import type { Asked } from "./place.ts";
import { SearchBar } from "./searchbar.ts";
import { Toolbar } from "./toolbar.ts";
import { Transcript } from "./transcript.ts";
import blockStyle from "./blocks.css";
import cardStyle from "./cards.css";
import frameStyle from "./frame.css";
import markdownStyle from "./markdown.css";
import rowStyle from "./rows.css";

/** What the shell asks of the view. */
export interface ShellActions {
  stop(): void;
  askRaw(sequenceNumber: number, answer: HTMLElement): void;
  /** What is on the page must be renewed. */
  repaint(): void;
  /** What was let go of is wanted. */
  earlier(): void;
  /** The layout of a paint is done. */
  laidOut(): void;
}

export class Shell {
  readonly host = el("div", "nbstream-root");
  readonly frame = el("section", "frame");
  readonly notice = el("div", "notice");
  readonly prompt = el("div", "rows prompt");
  /** What of the run is not on the page any more. */
  readonly earlier = el("button", "earlier");
  readonly pulse = el("div", "pulse");
  readonly announcer = new Announcer();
  readonly header: Header;
  readonly footer: Footer;
  readonly follower: BottomFollower;
  readonly search: SearchBar;
  readonly transcript: Transcript;
  /** Where the view was opened. */
  readonly place: Place | null;

  constructor(actions: ShellActions, compact: boolean, asked: Asked | null = null) {
    const { frame } = this;
    const scroller = el("div", "scroller");
    const jump = el("button", "jump", "↓ latest");
    this.transcript = new Transcript(scroller, (number, answer) => actions.askRaw(number, answer));
    this.search = new SearchBar(this.host, this.transcript, scroller);
    const toolbar = new Toolbar({
      search: () => (this.search.open ? this.search.close() : this.search.show()),
      filter: (shown) => {
        this.transcript.filter(shown);
        actions.repaint();
      },
      fold: (open) => {
        this.transcript.foldAll(open);
        actions.repaint();
      },
    });
    this.header = new Header(() => actions.stop(), toolbar.element);
    this.footer = new Footer((on) => frame.classList.toggle("rawmode", on));
    this.follower = new BottomFollower(scroller, jump);
    const leave = (): void => {
      this.follower.leave();
      this.transcript.list.following = false;
    };
    this.search.onLeave = leave;
    const showKinds = (): void => toolbar.panel.querySelectorAll<HTMLElement>("input:not(:checked)").forEach((box) => box.click());
    const say = (text: string): void => this.announcer.say(text);
    this.place = asked && new Place(asked, this.transcript, scroller, this.prompt, { leave, showKinds, say });
    if (asked !== null) leave();
    this.#wire(actions);
    label(frame, scroller, jump, this.notice);
    frame.classList.toggle("compact", compact);
    const column = el("div", "column");
    this.earlier.type = "button";
    this.earlier.hidden = true;
    this.earlier.addEventListener("click", () => actions.earlier());
    column.append(this.prompt, this.earlier, this.transcript.list.element, this.pulse);
    scroller.append(column);
    frame.append(this.header.element, toolbar.panel, this.search.element, ...(this.place === null ? [] : [this.place.element]), scroller, jump, this.notice, this.footer.element, this.announcer.element);
    const style = el("style", "", frameStyle + blockStyle + markdownStyle + rowStyle + cardStyle);
    this.host.attachShadow({ mode: "open" }).append(style, frame);
    window.addEventListener("keydown", this.#shortcut, true);
  }

  close(): void {
    window.removeEventListener("keydown", this.#shortcut, true);
    this.search.dispose();
    this.place?.dispose();
    this.announcer.close();
    this.transcript.close();
    this.host.remove();
  }

  #wire(actions: ShellActions): void {
    const { follower, transcript } = this;
    transcript.list.onResize = (filled) => {
      follower.keep();
      this.place?.laidOut();
      actions.laidOut();
      if (!filled) actions.repaint();
    };
    follower.onScroll = () => {
      transcript.list.following = follower.following;
      transcript.update(follower.following);
      this.search.refresh();
    };
  }

  /** On the window, before the notebook's own search hears of it; only while the focus is in this view. */
  readonly #shortcut = (event: KeyboardEvent): void => {
    const wanted = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "f";
    if (!wanted || document.activeElement !== hostInDocument(this.host)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.search.show();
  };
}

/** The element that the document takes for focused: in a grid it is the grid's own. */
function hostInDocument(host: HTMLElement): Element | null {
  if (host.shadowRoot?.activeElement === null) return null;
  let outer: Element = host;
  for (let root = outer.getRootNode(); root instanceof ShadowRoot; root = outer.getRootNode()) outer = root.host;
  return outer;
}

function label(frame: HTMLElement, scroller: HTMLElement, jump: HTMLButtonElement, notice: HTMLElement): void {
  frame.setAttribute("aria-label", "agent output");
  // What is new is told by the announcer: rows come and go here as the reader scrolls.
  scroller.setAttribute("role", "log");
  scroller.setAttribute("aria-live", "off");
  scroller.setAttribute("aria-label", "transcript");
  scroller.tabIndex = 0;
  jump.type = "button";
  jump.hidden = true;
  notice.setAttribute("role", "status");
}
