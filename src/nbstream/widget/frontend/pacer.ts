/**
 * When a text draws: at once while drawing is cheap, and never for more than a small share of the time.
 *
 * The first request draws at the end of the running task, so what comes with one frame of the view is drawn in that
 * frame, however many pieces it has. After it the next drawing waits in proportion to what the last one cost. A text
 * too long for one frame is read in slices, one a frame; all texts of the page share the frame's time and its
 * characters, and take turns.
 */

import { nextFrame, paintDeadline } from "./frame.ts";

/** Milliseconds between drawings: less than a frame, so that one a frame is never put off to the next. */
const GAP = 10;

/** A drawing that took t is followed by none for this many t. */
const REST = 6;

/** Milliseconds a drawing waits at most; a reader should not wonder whether anything goes on. */
const LONGEST = 1000;

/**
 * Characters that the drawings of one frame read: at least, and at most.
 *
 * Their style, layout and pixels cost several times their drawing (3,000 characters: 6 ms of script, 30 ms of the
 * browser), so it is characters that keep a frame short, and not the time that a script can measure.
 */
const LEAST = 500;
const MOST = 2000;

/** Milliseconds from one slice to the next that are more than one frame too late. */
const LATE = 35;

/** Milliseconds after which characters are allowed anew though no frame came: in a hidden tab. */
const STALE = 100;

/** Texts that wait for their turn, in its order. */
const queue = new Set<Pacer>();
let summoned = false;
let awaited = false;
// The first ones are drawn by code that the browser has not compiled yet.
let allowed = LEAST;
let left = allowed;
let renewed = 0;

/** Draws those that wait, as long as the frame has time: one at least. */
function serve(): void {
  summoned = false;
  const until = paintDeadline();
  for (const pacer of [...queue]) {
    pacer.run();
    if (performance.now() > until) break;
  }
  if (queue.size > 0) inNextFrame();
}

function inNextFrame(): void {
  if (awaited) return;
  awaited = true;
  const asked = performance.now();
  nextFrame(() => {
    awaited = false;
    renewed = performance.now();
    // A machine that is late reads less in a frame, and more again while it is not.
    allowed = Math.max(LEAST, Math.min(MOST, allowed * (renewed - asked > LATE ? 0.6 : 1.25)));
    left = allowed;
    serve();
  });
}

export class Pacer {
  readonly #draw: () => void;
  #requested = false;
  #timer = 0;
  #ended = -Infinity;
  #cost = 0;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  /** Asks for a drawing; many requests before it make one. */
  request(): void {
    if (this.#requested) return;
    this.#requested = true;
    const wait = this.#ended + Math.min(LONGEST, Math.max(GAP, this.#cost * REST)) - performance.now();
    if (wait <= 0) {
      queue.add(this);
      if (!summoned) queueMicrotask(serve);
      summoned = true;
    } else {
      // A timer and not a frame: a hidden tab gets no frames, and between two drawings there is a frame anyhow.
      this.#timer = window.setTimeout(() => {
        queue.add(this);
        serve();
      }, wait);
    }
  }

  /** How many of `wanted` characters the drawing that runs may read; for the others it runs once more. */
  take(wanted: number): number {
    const now = performance.now();
    if (now - renewed > STALE) {
      renewed = now;
      left = allowed;
    }
    const taken = Math.min(wanted, Math.max(left, LEAST));
    left -= taken;
    if (taken < wanted) {
      this.#requested = true;
      queue.add(this);
      inNextFrame();
    }
    return taken;
  }

  /** Draws now. */
  flush(): void {
    this.#requested = true;
    this.run();
  }

  cancel(): void {
    window.clearTimeout(this.#timer);
    queue.delete(this);
    this.#requested = false;
  }

  /** Draws if that was asked for. */
  run(): void {
    if (!this.#requested) return;
    this.cancel();
    const start = performance.now();
    this.#draw();
    this.#ended = performance.now();
    this.#cost = this.#ended - start;
  }
}
