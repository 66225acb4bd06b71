/** When a view paints: at most once in a pace that the eye takes for smooth, within a frame, and never all views at once. */

/** Milliseconds after which a paint no longer waits for its frame: a hidden tab gets none. */
const PATIENCE = 250;

/**
 * Milliseconds between paints of one view: at least, and at most.
 *
 * A change on a page costs the browser 1 to 2.5 ms in style, layout, pixels and compositing whatever was added (a single
 * text node on a blank page: 2 ms on a busy machine), so what comes meanwhile is painted together. A kernel sends every
 * 33 ms; more often is never needed.
 */
const QUICKEST = 33;
const SLOWEST = 100;

/** A paint that took t, layout included, is followed by none for this many t: at most a thirtieth of the time, or so. */
const REST = 30;

/** Milliseconds of one frame for all views of the page together; the rest waits for the next frame. */
const PAINT_TIME = 10;

/** Milliseconds a view gets in a frame whose time is used up: each gets on, however many there are. */
const LEAST_TIME = 1;

let frame = -1;
let frameEnds = 0;

/** Until when a paint of this frame may go on, on the clock of `performance.now()`. */
export function paintDeadline(): number {
  const now = performance.now();
  const current = Number(document.timeline.currentTime ?? now);
  if (current !== frame) {
    frame = current;
    frameEnds = now + PAINT_TIME;
  }
  return Math.max(frameEnds, now + LEAST_TIME);
}

/** Does `work` with the next frame, or after a while where none comes. Returns what calls it off. */
export function nextFrame(work: () => void): () => void {
  const run = (): void => {
    stop();
    work();
  };
  const timer = window.setTimeout(run, PATIENCE);
  const frame = document.hidden ? 0 : requestAnimationFrame(run);
  const stop = (): void => {
    window.clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
  return stop;
}

export class FrameClock {
  readonly #paint: () => void;
  #asked = false;
  #waiting = 0;
  #stopFrame: () => void = () => undefined;
  #painted = -SLOWEST;
  /** Milliseconds of a paint, of late. */
  #cost = 0;
  #measured = true;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  /** Asks for a paint; many requests before it make one. */
  request(): void {
    if (this.#asked) return;
    this.#asked = true;
    // Half a frame early: the next frame is the one that is meant.
    const pace = Math.min(SLOWEST, Math.max(QUICKEST, this.#cost * REST)) - 8;
    const wait = this.#painted + pace - performance.now();
    if (wait > 0) this.#waiting = window.setTimeout(this.#next, wait);
    else this.#next();
  }

  /** Asks for the very next frame: there is more to paint than the last one had time for. */
  hurry(): void {
    this.stop();
    this.#asked = true;
    this.#next();
  }

  /** The layout of the last paint is done. */
  laidOut(): void {
    if (this.#measured) return;
    this.#measured = true;
    this.#cost += (performance.now() - this.#painted - this.#cost) / 4;
  }

  stop(): void {
    window.clearTimeout(this.#waiting);
    this.#stopFrame();
    this.#asked = false;
  }

  readonly #next = (): void => {
    this.#stopFrame = nextFrame(this.#run);
  };

  readonly #run = (): void => {
    this.stop();
    this.#painted = performance.now();
    this.#measured = false;
    this.#paint();
  };
}
