/** When to ask again for what is missing. Pure: the caller brings the time. */

/** Milliseconds without progress before the first question, and the longest pause between questions. */
const FIRST = 250;
const LONGEST = 5000;

export class Refill {
  #contiguous = -1;
  #due: number | null = null;
  #pause = FIRST;

  /**
   * Whether to subscribe again now.
   *
   * @param now milliseconds on any steady clock.
   * @param contiguous the highest number up to which nothing is missing.
   * @param behind whether something is missing at all.
   */
  due(now: number, contiguous: number, behind: boolean): boolean {
    const progressed = contiguous !== this.#contiguous;
    this.#contiguous = contiguous;
    if (!behind) {
      this.#due = null;
      return false;
    }
    if (progressed || this.#due === null) {
      this.#pause = FIRST;
      this.#due = now + FIRST;
      return false;
    }
    if (now < this.#due) return false;
    this.#pause = Math.min(this.#pause * 2, LONGEST);
    this.#due = now + this.#pause;
    return true;
  }
}
