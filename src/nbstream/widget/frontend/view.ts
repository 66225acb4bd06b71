/**
 * One agent in one place of a page: transport → log → fold → page.
 *
 * The log takes any delivery; only rows without a hole before them go on to the fold, so the page is only ever added
 * to. Painting is one task a frame with a time limit, so that a long history never blocks the page.
 */

import { TextView } from "./blocks.ts";
import { Footer, Header } from "./chrome.ts";
import { el, setText } from "./dom.ts";
import { Fold } from "./fold.ts";
import type { Block, Change } from "./fold.ts";
import { BottomFollower } from "./follow.ts";
import { FrameClock } from "./frame.ts";
import { MessageLog } from "./log.ts";
import { PARENT } from "./message.ts";
import type { AgentRecord, ErrorNotice, Live, RawAnswer, StatusUpdate, ToView } from "./message.ts";
import { Refill } from "./refill.ts";
import { isTerminal, stateOf } from "./state.ts";
import type { State } from "./state.ts";
import { followTheme } from "./theme.ts";
import { Transcript } from "./transcript.ts";
import type { Sink, Transport } from "./transport.ts";
import { visible } from "./visible.ts";
import blockStyle from "./blocks.css";
import cardStyle from "./cards.css";
import frameStyle from "./frame.css";

/** Milliseconds of one paint; the rest waits for the next frame. */
const PAINT_TIME = 10;

/** Seconds of silence after which a running agent's other side is asked whether it is still there. */
const PROBE_AFTER = 10;

/** Milliseconds between changes of the figures around the transcript. */
const FRAME_PACE = 100;

/** Milliseconds between looks at what is missing. */
const CHECK = 250;

/** Puts the view of an agent into `parent`. Returns what takes it away again. */
export function mountView(parent: HTMLElement, agentId: string, transport: Transport): () => void {
  const view = new AgentView(parent, agentId, transport);
  return () => view.close();
}

class AgentView implements Sink {
  readonly #agentId: string;
  readonly #transport: Transport;
  readonly #log = new MessageLog();
  readonly #fold = new Fold();
  readonly #refill = new Refill();
  readonly #transcript = new Transcript();
  readonly #host = el("div", "nbstream-root");
  readonly #frameElement = el("section", "frame");
  readonly #notice = el("div", "notice");
  readonly #prompt = el("div", "rows prompt");
  readonly #pulse = el("div", "pulse");
  readonly #header: Header;
  readonly #footer: Footer;
  readonly #follower: BottomFollower;
  readonly #frame = new FrameClock(() => this.#paint());
  readonly #endTheme: () => void;
  readonly #ticker: number;
  readonly #rawAnswers = new Map<number, HTMLElement>();
  #checker = 0;
  #settling = 0;
  #framed = 0;
  #painted = 0;
  #firstUser = true;
  #record: AgentRecord | null = null;
  #live: Live | null = null;
  #error: string | null = null;
  #gone: string | null = null;
  #duplicates = 0;
  #malformed = 0;
  #heard = performance.now();
  #probed = performance.now();

  constructor(parent: HTMLElement, agentId: string, transport: Transport) {
    this.#agentId = agentId;
    this.#transport = transport;
    const column = el("div", "column");
    const scroller = el("div", "scroller");
    const jump = el("button", "jump", "↓ latest");
    const frame = this.#frameElement;
    this.#header = new Header(() => transport.stop());
    this.#footer = new Footer((on) => frame.classList.toggle("rawmode", on));
    this.#follower = new BottomFollower(scroller, jump);
    this.#transcript.onRaw = (number, answer) => this.#askRaw(number, answer);
    label(frame, scroller, jump, this.#notice);
    column.append(this.#prompt, this.#transcript.element, this.#pulse);
    scroller.append(column);
    frame.append(this.#header.element, scroller, jump, this.#notice, this.#footer.element);
    this.#host.attachShadow({ mode: "open" }).append(el("style", "", frameStyle + blockStyle + cardStyle), frame);
    this.#endTheme = followTheme(this.#host);
    parent.append(this.#host);
    this.#ticker = window.setInterval(() => this.#tick(), 1000);
    transport.open(agentId, this);
    transport.subscribe(0);
    this.#updateFrame();
    this.#watch();
  }

  close(): void {
    this.#frame.stop();
    window.clearInterval(this.#ticker);
    window.clearTimeout(this.#checker);
    window.clearTimeout(this.#settling);
    this.#endTheme();
    this.#transport.close();
    this.#host.remove();
  }

  receive(message: ToView): void {
    this.#heard = performance.now();
    this.#gone = null;
    switch (message.type) {
      case "agent:message":
        this.#log.noteHead(message.head);
        this.#log.merge(message.messages);
        break;
      case "agent:status":
      case "agent:complete":
        this.#takeStatus(message);
        break;
      case "agent:error":
        this.#takeError(message);
        break;
      case "agent:raw":
        this.#takeRaw(message);
        break;
    }
    this.#watch();
    this.#frame.request();
  }

  gone(detail: string): void {
    this.#gone = detail;
    this.#frame.request();
  }

  malformed(detail: string): void {
    this.#malformed += 1;
    this.#error = `a message could not be read: ${detail}`;
    this.#frame.request();
  }

  #takeStatus(message: StatusUpdate): void {
    this.#log.noteHead(message.head);
    this.#record = message.record;
    this.#live = message.live;
    this.#duplicates = message.duplicates;
    const prompt = message.record.prompt;
    if (prompt !== null && prompt.trim() !== "" && this.#prompt.childElementCount === 0) {
      this.#prompt.append(new TextView(promptBlock(prompt, message.record)).element);
    }
  }

  #takeError(message: ErrorNotice): void {
    this.#error = message.reason === null ? message.message : `${message.message} (${message.reason})`;
  }

  #takeRaw(message: RawAnswer): void {
    const answer = this.#rawAnswers.get(message.sequence_number);
    this.#rawAnswers.delete(message.sequence_number);
    if (answer !== undefined) setText(answer, visible(message.raw ?? "nothing was kept with this row").slice(0, 200_000));
  }

  #askRaw(sequenceNumber: number, answer: HTMLElement): void {
    this.#rawAnswers.set(sequenceNumber, answer);
    this.#transport.raw(sequenceNumber);
  }

  /** One task a frame: as many rows as its time allows, then the frame around them. */
  #paint(): void {
    const messages = this.#log.messages();
    const until = performance.now() + PAINT_TIME;
    while (this.#painted < this.#log.contiguous && (this.#painted % 16 !== 0 || performance.now() < until)) {
      const change = this.#fold.add(messages[this.#painted]!);
      this.#painted += 1;
      if (change !== null && !this.#repeatsPrompt(change)) this.#transcript.apply(change);
    }
    if (this.#painted < this.#log.contiguous) this.#frame.request();
    else if (isTerminal(this.#record) && this.#log.complete) this.#transcript.end();
    this.#host.dataset["head"] = String(this.#painted);
    this.#settleFrame();
    this.#follower.keep();
  }

  /** The frame around the transcript follows at a pace that can be read; figures that flicker tell nobody anything. */
  #settleFrame(): void {
    const wait = this.#framed + FRAME_PACE - performance.now();
    if (wait <= 0) this.#updateFrame();
    else if (this.#settling === 0) this.#settling = window.setTimeout(() => this.#updateFrame(), wait);
  }

  /** Some agents repeat their prompt as their first row; it is shown once. */
  #repeatsPrompt({ kind, block }: Change): boolean {
    if (kind !== "open" || block.type !== "user" || !this.#firstUser || block.metadata[PARENT] !== undefined) return false;
    this.#firstUser = false;
    return block.content.trim() === this.#record?.prompt?.trim();
  }

  #state(): State {
    return stateOf({
      agentId: this.#agentId,
      record: this.#record,
      live: this.#live,
      behind: this.#log.head - this.#painted,
      gone: this.#gone,
      silence: (performance.now() - this.#heard) / 1000,
    });
  }

  #updateFrame(): void {
    window.clearTimeout(this.#settling);
    this.#settling = 0;
    this.#framed = performance.now();
    const state = this.#state();
    const holes = this.#log.holes().length;
    this.#header.update(this.#record, state);
    this.#footer.update(state, {
      contiguous: this.#painted,
      head: this.#log.head,
      holes,
      duplicates: this.#duplicates,
      conflicts: this.#log.conflicts.length,
      malformed: this.#malformed,
      transport: this.#transport.kind,
    });
    this.#frameElement.classList.toggle("still", state.key === "kernel-gone");
    const notice = this.#error ?? (this.#transcript.tells(state.detail) ? null : state.detail);
    this.#notice.hidden = notice === null;
    this.#notice.dataset["tone"] = this.#error === null ? state.tone : "bad";
    setText(this.#notice, notice ?? "");
    this.#pulse.hidden = (state.key !== "live" && state.key !== "connecting") || this.#transcript.active;
    const data = this.#host.dataset;
    data["status"] = this.#record?.status ?? "connecting";
    data["state"] = state.key;
    data["holes"] = String(holes);
    data["duplicates"] = String(this.#duplicates);
  }

  /** Looks again in a moment whether something is still missing. */
  #watch(): void {
    if (this.#checker === 0) this.#checker = window.setTimeout(this.#check, CHECK);
  }

  readonly #check = (): void => {
    this.#checker = 0;
    const behind = this.#record === null || !this.#log.complete;
    if (this.#refill.due(performance.now(), this.#log.contiguous, behind)) this.#transport.subscribe(this.#log.contiguous);
    if (behind && this.#gone === null) this.#watch();
  };

  #tick(): void {
    if (isTerminal(this.#record) && this.#log.complete) return;
    if (this.#gone === null) this.#transcript.tick(Date.now());
    this.#probe();
    if (!document.hidden) this.#updateFrame();
  }

  /** Asks a silent other side for what is new: its answer says that it lives, its failure that it does not. */
  #probe(): void {
    const now = performance.now();
    if (now - this.#heard < PROBE_AFTER * 1000 || now - this.#probed < PROBE_AFTER * 1000) return;
    this.#probed = now;
    this.#transport.subscribe(this.#log.contiguous);
  }
}

function label(frame: HTMLElement, scroller: HTMLElement, jump: HTMLButtonElement, notice: HTMLElement): void {
  frame.setAttribute("aria-label", "agent output");
  scroller.setAttribute("role", "log");
  scroller.setAttribute("aria-live", "polite");
  scroller.setAttribute("aria-label", "transcript");
  scroller.tabIndex = 0;
  jump.type = "button";
  jump.hidden = true;
  notice.setAttribute("role", "status");
}

/** The prompt of the agent's record, as a block of the user. */
function promptBlock(prompt: string, record: AgentRecord): Block {
  const time = record.created_at ?? "";
  return {
    key: "prompt",
    block: null,
    sequence_number: 0,
    last_sequence_number: 0,
    type: "user",
    role: "user",
    part: "text",
    content: prompt,
    metadata: {},
    created_at: time,
    ended_at: time,
    whole: true,
  };
}
