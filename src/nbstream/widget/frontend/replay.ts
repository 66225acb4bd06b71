/**
 * A stored run, played again in the agent's own view.
 *
 * The whole log is read once; from then on no other side is asked. Forward the view is handed the next rows, as it is
 * while an agent runs; back is a new view that takes the old one's place once it has caught up, so nothing blinks.
 */

import { el, setText } from "./dom.ts";
import { count } from "./format.ts";
import { Playback } from "./playback.ts";
import { ReplayBar } from "./replaybar.ts";
import { History, Stage } from "./stage.ts";
import { isTerminal } from "./state.ts";
import type { Tally } from "./tally.ts";
import { followTheme } from "./theme.ts";
import type { Transport } from "./transport.ts";
import { mountView } from "./view.ts";
import frameStyle from "./frame.css";
import replayStyle from "./replay.css";

/** Milliseconds between two frames that count at most: a tab that was hidden goes on where it was. */
const LONGEST_FRAME = 250;

/** Puts the replay of an agent into `parent`. Returns what takes it away again. */
export function mountReplay(parent: HTMLElement, agentId: string, transport: Transport, speed: number): () => void {
  const replay = new Replay(agentId, transport, speed > 0 && Number.isFinite(speed) ? speed : 1);
  parent.append(replay.host);
  return () => replay.close();
}

/** One view of the run, up to a moment. */
interface Scene {
  readonly stage: Stage;
  /** The row it was raised for. */
  readonly row: number;
  readonly place: HTMLElement;
  close(): void;
}

class Replay {
  readonly host = el("div", "nbstream-replay");
  readonly #agentId: string;
  readonly #history: History;
  readonly #playback: Playback;
  readonly #bar: ReplayBar;
  readonly #scenes = el("div", "scenes");
  readonly #notice = el("div", "notice");
  readonly #endTheme: () => void;
  /** What the reader sees. */
  #scene: Scene;
  /** What takes its place once it is as far as it should be. */
  #coming: Scene | null = null;
  /** The newest stage: its view tells the figures. */
  #newest: Stage | null = null;
  #tally: Tally | null = null;
  #begun = false;
  #frame = 0;
  #before = 0;

  constructor(agentId: string, transport: Transport, speed: number) {
    this.#agentId = agentId;
    this.#playback = new Playback(speed);
    this.#bar = new ReplayBar(this.#playback, () => this.#show());
    this.#notice.setAttribute("role", "status");
    const frame = el("section", "replayframe");
    frame.setAttribute("aria-label", "replay of an agent");
    frame.append(this.#bar.element, this.#notice, this.#scenes);
    this.host.attachShadow({ mode: "open" }).append(el("style", "", frameStyle + replayStyle), frame);
    this.#endTheme = followTheme(this.host);
    this.#history = new History(agentId, transport);
    this.#scene = this.#raise(0);
    this.#history.onAnswer = (message) => this.#scene.stage.answer(message);
    this.#history.onChange = () => this.#learn();
    this.#learn();
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#coming?.close();
    this.#scene.close();
    this.#history.close();
    this.#endTheme();
    this.host.remove();
  }

  /** Rows came, or the record, or trouble. */
  #learn(): void {
    const { log, record } = this.#history;
    const fresh = log.messages().slice(this.#playback.rows, log.ready);
    if (record !== null) {
      this.#playback.extend(fresh.map(({ created_at }) => created_at), record.started_at ?? record.created_at);
    }
    if (this.#history.complete && !this.#begun) {
      this.#begun = true;
      this.#playback.playing = this.#playback.rows > 0;
    }
    this.#show();
  }

  /** Asks for the next frame; many requests before it make one. */
  #show(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#draw);
  }

  readonly #draw = (time: number): void => {
    this.#frame = 0;
    this.#playback.tick(Math.min(LONGEST_FRAME, Math.max(0, time - this.#before)));
    this.#before = time;
    this.#stageUp();
    this.#tell();
    if (this.#playback.playing) this.#show();
  };

  #stageUp(): void {
    const { row } = this.#playback;
    const ahead = this.#coming ?? this.#scene;
    if (row >= ahead.stage.row) ahead.stage.show(row);
    // A scene that is coming is waited for: a reader who drags back would otherwise never see one.
    else if (this.#coming === null) this.#bring(row);
  }

  #bring(row: number): void {
    const scene = this.#raise(row);
    scene.place.classList.add("coming");
    this.#coming = scene;
    const observer = new MutationObserver(() => this.#arrive());
    observer.observe(scene.place.firstElementChild!, { attributes: true, attributeFilter: ["data-head", "data-status"] });
  }

  /** Shows the scene that is coming once its rows and the frame around them are there. */
  #arrive(): void {
    const scene = this.#coming;
    if (scene === null) return;
    const { head, status } = (scene.place.firstElementChild as HTMLElement).dataset;
    if (status !== "connecting" && Number(head ?? -1) >= scene.row) this.#swap(scene);
  }

  #swap(scene: Scene): void {
    scene.place.classList.remove("coming");
    this.#scene.close();
    this.#scene = scene;
    this.#coming = null;
    this.#show();
  }

  #raise(row: number): Scene {
    const place = el("div", "scene");
    const stage = new Stage(this.#history, row);
    this.#newest = stage;
    this.#scenes.append(place);
    const unmount = mountView(place, this.#agentId, stage, {
      eager: true,
      now: () => this.#playback.now,
      onStanding: ({ tally }) => {
        if (stage !== this.#newest) return;
        this.#tally = tally;
        this.#tell();
      },
    });
    return { stage, row, place, close: () => (unmount(), place.remove()) };
  }

  #tell(): void {
    const { log, record, complete, trouble } = this.#history;
    const loading = complete ? null : record === null ? "reading …" : `reading ${count(log.contiguous)} of ${count(log.head)} …`;
    this.#bar.update(this.#tally, loading);
    const running = complete && !isTerminal(record) ? "This agent still runs; the replay grows with it." : "";
    setText(this.#notice, trouble ?? running);
    this.#notice.hidden = this.#notice.textContent === "";
    const { dataset } = this.host;
    dataset["row"] = String(this.#playback.row);
    dataset["rows"] = String(this.#playback.rows);
    dataset["playing"] = String(this.#playback.playing);
    dataset["shown"] = String(this.#coming === null ? this.#newest?.row : -1);
  }
}
