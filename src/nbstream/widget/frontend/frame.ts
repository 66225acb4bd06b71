/** One paint per animation frame, and still a paint now and then where frames do not come. */

/** Milliseconds after which a paint no longer waits for its frame: a hidden tab gets none. */
const PATIENCE = 250;

export class FrameClock {
  readonly #paint: () => void;
  #frame = 0;
  #timer = 0;

  constructor(paint: () => void) {
    this.#paint = paint;
  }

  /** Asks for a paint; many requests before it make one. */
  request(): void {
    if (this.#timer !== 0) return;
    this.#timer = window.setTimeout(this.#run, PATIENCE);
    if (!document.hidden) this.#frame = requestAnimationFrame(this.#run);
  }

  stop(): void {
    window.clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#timer = 0;
  }

  readonly #run = (): void => {
    this.stop();
    this.#paint();
  };
}
