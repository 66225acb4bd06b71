/**
 * When a view draws: at once while drawing is cheap, and never for more than a small share of the time.
 *
 * The first request draws at the end of the running task, so what comes with one frame of the view is drawn in that
 * frame, however many pieces it has. After it the next drawing waits in proportion to what the last one cost.
 */

/** Milliseconds between drawings: less than a frame, so that one a frame is never put off to the next. */
const GAP = 10;

/** A drawing that took t is followed by none for this many t. */
const REST = 6;

/** Milliseconds between the drawings of a text that is too long for one: time for a frame. */
const SLICE_GAP = 20;

/** Milliseconds a drawing waits at most; a reader should not wonder whether anything goes on. */
const LONGEST = 1000;

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
    if (wait <= 0) queueMicrotask(this.#run);
    // A timer and not a frame: a hidden tab gets no frames, and between two drawings there is a frame anyhow.
    else this.#timer = window.setTimeout(this.#run, wait);
  }

  /** Asks for one more drawing, from within one: there is more than one takes. */
  goOn(): void {
    this.#requested = true;
    this.#timer = window.setTimeout(this.#run, SLICE_GAP);
  }

  /** Draws now. */
  flush(): void {
    this.#requested = true;
    this.#run();
  }

  cancel(): void {
    window.clearTimeout(this.#timer);
    this.#requested = false;
  }

  readonly #run = (): void => {
    if (!this.#requested) return;
    this.cancel();
    const start = performance.now();
    this.#draw();
    this.#ended = performance.now();
    this.#cost = this.#ended - start;
  };
}
