/** How long to wait before the next try: ever longer up to a limit, and never in step with other pages. */

/** Milliseconds before the first try again at most, and between later ones. */
const FIRST = 250;
const LONGEST = 10_000;

export class Backoff {
  #next = FIRST;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Milliseconds to wait now: between half and all of a limit that doubles each time. */
  wait(): number {
    const limit = this.#next;
    this.#next = Math.min(limit * 2, LONGEST);
    return limit * (0.5 + this.#random() / 2);
  }

  /** It has worked: the next failure is a first one again. */
  reset(): void {
    this.#next = FIRST;
  }
}
