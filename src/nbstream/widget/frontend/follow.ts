/** Keeps the bottom in sight while the reader is there, and never moves a reader who is not. */

/** Pixels from the bottom that still count as being there. */
const NEAR = 24;

export class BottomFollower {
  readonly #scroller: HTMLElement;
  readonly #jump: HTMLButtonElement;
  #following = true;
  #lastTop = 0;

  constructor(scroller: HTMLElement, jump: HTMLButtonElement) {
    this.#scroller = scroller;
    this.#jump = jump;
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    jump.addEventListener("click", this.#jumped);
  }

  /** After new content: goes to the bottom if that is where the reader is. */
  keep(): void {
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
    this.#jump.hidden = this.#following;
  }

  #near(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }

  readonly #scrolled = (): void => {
    const top = this.#scroller.scrollTop;
    // Content that grew is not a reader who left: only a move up is.
    if (this.#near()) this.#following = true;
    else if (top < this.#lastTop) this.#following = false;
    this.#lastTop = top;
    this.#jump.hidden = this.#following;
  };

  readonly #jumped = (): void => {
    this.#following = true;
    this.keep();
    this.#scroller.focus({ preventScroll: true });
  };
}
