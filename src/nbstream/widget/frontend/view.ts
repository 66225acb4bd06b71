/**
 * One agent in one place of a page: transport → log → fold → page.
 *
 * The log takes any delivery; only rows without a hole before them go on to the fold, so the page is only ever added
 * to. Painting is one task a frame with a time limit, so that a long history never blocks the page.
 */

import { TextView } from "./blocks.ts";
import { setText } from "./dom.ts";
import { Fold } from "./fold.ts";
import type { Change } from "./fold.ts";
import { plural } from "./format.ts";
import { FrameClock, paintDeadline } from "./frame.ts";
import { MessageLog } from "./log.ts";
import { PARENT } from "./message.ts";
import type { AgentRecord, ErrorNotice, Live, RawAnswer, StatusUpdate, ToView } from "./message.ts";
import type { Asked } from "./place.ts";
import { promptBlock } from "./prompt.ts";
import { Refill } from "./refill.ts";
import { joinPage } from "./scrollback.ts";
import { Shell } from "./shell.ts";
import { isTerminal, stateOf } from "./state.ts";
import type { State } from "./state.ts";
import { Tally } from "./tally.ts";
import type { Speed } from "./tally.ts";
import { followTheme } from "./theme.ts";
import type { Sink, Transport } from "./transport.ts";
import { visible } from "./visible.ts";

/** Seconds of silence after which a running agent's other side is asked whether it is still there. */
const PROBE_AFTER = 10;

/** Milliseconds between changes of the figures around the transcript. */
const FRAME_PACE = 200;

/** Milliseconds between looks at what is missing. */
const CHECK = 250;

/** Characters between looks at how much of the run the page holds; each row counts as a hundred more. */
const LOOK = 2 ** 18;

/** Rows that wait for their paint before a reader is told so. */
const LAG = 500;

/** What others show of a view: a grid adds them up. */
export interface Standing {
  readonly record: AgentRecord | null;
  readonly state: State;
  readonly tally: Tally;
  readonly speed: Speed | null;
}

export interface ViewOptions {
  /** One of many: smaller, with its own scroll. */
  readonly compact?: boolean;
  /** Where to open it, instead of at its end. */
  readonly place?: Asked | null;
  /** Milliseconds of the clock by which the run's time is told; the present when left out. */
  readonly now?: () => number;
  /** Paints all that is there at once, as who jumps through a stored run expects; the page waits meanwhile. */
  readonly eager?: boolean;
  /** Told whenever the figures change. */
  readonly onStanding?: (standing: Standing) => void;
}

/** Puts the view of an agent into `parent`. Returns what takes it away again. */
export function mountView(parent: HTMLElement, agentId: string, transport: Transport, options: ViewOptions = {}): () => void {
  const open = (place: Asked | null): AgentView => new AgentView(parent, agentId, transport, { ...options, place }, reopen);
  /** A view that has let go of its beginning is followed by one that keeps all of it. */
  const reopen = (at: number): void => {
    const before = view;
    view = open({ at, words: [] });
    view.takeOver(before);
    transport.subscribe(0);
  };
  let view = open(options.place ?? null);
  transport.open(agentId, {
    receive: (message) => view.receive(message),
    gone: (detail) => view.gone(detail),
    malformed: (detail) => view.malformed(detail),
  });
  transport.subscribe(0);
  return () => {
    transport.close();
    view.close();
  };
}

class AgentView implements Sink {
  readonly #agentId: string;
  readonly #transport: Transport;
  readonly #options: ViewOptions;
  readonly #log = new MessageLog();
  readonly #fold = new Fold();
  readonly #tally = new Tally();
  readonly #refill = new Refill();
  readonly #shell: Shell;
  readonly #frame = new FrameClock(() => this.#paint());
  readonly #endTheme: () => void;
  readonly #leavePage = joinPage();
  readonly #ticker: number;
  readonly #rawAnswers = new Map<number, HTMLElement>();
  #checker = 0;
  #settling = 0;
  #framed = 0;
  #painted = 0;
  /** Characters that were painted since this looked how much the page holds. */
  #unweighed = 0;
  #firstUser = true;
  #ended = false;
  #record: AgentRecord | null = null;
  #live: Live | null = null;
  #error: string | null = null;
  #gone: string | null = null;
  #duplicates = 0;
  #malformed = 0;
  #heard = performance.now();
  #probed = performance.now();

  /** @param reopen shows all of the run, at that message. */
  constructor(parent: HTMLElement, agentId: string, transport: Transport, options: ViewOptions, reopen: (at: number) => void) {
    this.#agentId = agentId;
    this.#transport = transport;
    this.#options = options;
    this.#shell = new Shell(
      {
        stop: () => transport.stop(),
        askRaw: (number, answer) => this.#askRaw(number, answer),
        repaint: () => this.#frame.hurry(),
        earlier: () => reopen(this.#shell.transcript.outline.rows[0]!.entries[0]!.block.sequence_number),
        laidOut: () => this.#frame.laidOut(),
      },
      options.compact === true,
      options.place,
    );
    this.#shell.transcript.onSettled = (entry) => {
      // History is not told aloud: only what was said while this view looked on.
      if ((entry.result ?? entry.block).sequence_number > this.#opened) this.#shell.announcer.entry(entry);
    };
    this.#endTheme = followTheme(this.#shell.host);
    parent.append(this.#shell.host);
    this.#ticker = window.setInterval(() => this.#tick(), 1000);
    this.#updateFrame();
    this.#watch();
  }

  /** How far the run was when this view opened. */
  #opened = Number.POSITIVE_INFINITY;

  close(): void {
    this.#frame.stop();
    window.clearInterval(this.#ticker);
    window.clearTimeout(this.#checker);
    window.clearTimeout(this.#settling);
    this.#endTheme();
    this.#leavePage();
    this.#shell.close();
  }

  /** Stands where another view of this agent stood. */
  takeOver(before: AgentView): void {
    const { host } = this.#shell;
    // The page around it does not move while the rows come.
    host.style.minHeight = `${before.#shell.host.offsetHeight}px`;
    before.close();
    host.shadowRoot?.querySelector<HTMLElement>(".scroller")?.focus({ preventScroll: true });
  }

  receive(message: ToView): void {
    this.#heard = performance.now();
    this.#gone = null;
    switch (message.type) {
      case "agent:message":
        this.#log.noteHead(message.head);
        this.#log.merge(message.messages, message.after);
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
    this.#opened = Math.min(this.#opened, message.head);
    // Who jumps through a run sees who runs at once, too.
    if (this.#record === null && this.#options.eager === true) this.#framed = Number.NEGATIVE_INFINITY;
    this.#record = message.record;
    this.#live = message.live;
    this.#duplicates = message.duplicates;
    const { prompt } = message.record;
    const place = this.#shell.prompt;
    if (prompt !== null && prompt.trim() !== "" && place.childElementCount === 0) {
      place.append(new TextView(promptBlock(prompt, message.record)).element);
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

  /** One task a frame: as many rows as its time allows, then what of them is in sight, then the frame around them. */
  #paint(): void {
    const { transcript, follower, host, search, place } = this.#shell;
    const until = this.#options.eager === true ? Number.POSITIVE_INFINITY : paintDeadline();
    while (this.#painted < this.#log.ready && (this.#painted % 16 !== 0 || performance.now() < until)) {
      const row = this.#log.row(this.#painted)!;
      const change = this.#fold.add(row);
      this.#tally.add(row);
      this.#painted += 1;
      this.#unweighed += row.content.length + 100;
      const repeats = change !== null && this.#repeatsPrompt(change);
      if (change !== null && !repeats) transcript.apply(change);
      place?.see(row.sequence_number, repeats);
    }
    this.#log.release(this.#painted);
    if (this.#painted < this.#log.ready) this.#frame.hurry();
    else this.#endIfOver();
    transcript.list.following = follower.following;
    this.#release();
    transcript.update(follower.following);
    if (this.#painted >= this.#log.ready) place?.update(this.#reached(), this.#record !== null && this.#log.complete, this.#ended);
    host.dataset["head"] = String(this.#reached());
    this.#settleFrame();
    search.refresh();
  }

  /** A run without end does not fill the page's memory; who reads or searches in it keeps what is there. */
  #release(): void {
    const { transcript, follower, search, place, earlier } = this.#shell;
    const kept = place !== null || !follower.following || search.open || this.#options.eager === true;
    if (kept || this.#unweighed < LOOK) return;
    this.#unweighed = 0;
    for (const { block, result } of transcript.release()) {
      this.#fold.forget(block);
      if (result !== null) this.#fold.forget(result);
    }
    earlier.hidden = transcript.released === 0;
    setText(earlier, `${plural(transcript.released, "earlier block")} only in the store · show all`);
  }

  #endIfOver(): void {
    if (!isTerminal(this.#record) || !this.#log.complete) {
      this.#ended = false;
    } else if (!this.#ended) {
      this.#ended = true;
      this.#shell.transcript.end();
      this.#shell.announcer.say(`agent ${this.#state().label}`);
    }
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

  /** The highest number that is on the page, or will be in a moment: a frame's work is no lag to speak of. */
  #shown(): number {
    const { contiguous, ready } = this.#log;
    return ready - this.#painted > LAG ? this.#reached() : contiguous;
  }

  /** The number of the last row that is painted; where a log was compacted, it is more than their count. */
  #reached(): number {
    return this.#log.row(this.#painted - 1)?.sequence_number ?? 0;
  }

  #state(): State {
    return stateOf({
      agentId: this.#agentId,
      record: this.#record,
      live: this.#live,
      behind: this.#log.head - this.#shown(),
      gone: this.#gone,
      transport: this.#transport.kind,
      silence: (performance.now() - this.#heard) / 1000,
    });
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  #updateFrame(): void {
    window.clearTimeout(this.#settling);
    this.#settling = 0;
    this.#framed = performance.now();
    const { header, footer, frame, notice, pulse, host, transcript } = this.#shell;
    const state = this.#state();
    const holes = this.#log.holes().length;
    const now = this.#now();
    const speed = this.#tally.speed(isTerminal(this.#record) ? null : now);
    header.update(this.#record, state, speed, now);
    footer.update(state, {
      contiguous: this.#shown(),
      head: this.#log.head,
      holes,
      duplicates: this.#duplicates,
      conflicts: this.#log.conflicts.length,
      malformed: this.#malformed,
      transport: this.#transport.kind,
    });
    frame.classList.toggle("still", state.key === "kernel-gone" || state.key === "disconnected");
    const words = this.#error ?? (transcript.tells(state.detail) ? null : state.detail);
    notice.hidden = words === null;
    notice.dataset["tone"] = this.#error === null ? state.tone : "bad";
    setText(notice, words ?? "");
    const moving = state.key === "live" || state.key === "connecting" || state.key === "starting";
    pulse.hidden = isTerminal(this.#record);
    pulse.classList.toggle("quiet", !moving || transcript.outline.active);
    const { dataset } = host;
    if (this.#record !== null && this.#log.complete) host.style.minHeight = "";
    dataset["status"] = this.#record?.status ?? "connecting";
    dataset["state"] = state.key;
    dataset["holes"] = String(holes);
    dataset["duplicates"] = String(this.#duplicates);
    this.#options.onStanding?.({ record: this.#record, state, tally: this.#tally, speed });
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
    if (this.#gone === null) this.#shell.transcript.tick(this.#now());
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
