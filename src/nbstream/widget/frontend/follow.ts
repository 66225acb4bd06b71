/** Keeps the bottom in sight while the reader is there, and never moves a reader who is not. */

/** Pixels from the bottom that still count as being there. */
const NEAR = 24;

export class BottomFollower {
  /** Called after a scroll. */
  onScroll: () => void = () => undefined;
  readonly #scroller: HTMLElement;
  readonly #jump: HTMLButtonElement;
  #following = true;
  #lastTop = 0;

  constructor(scroller: HTMLElement, jump: HTMLButtonElement) {
    this.#scroller = scroller;
    this.#jump = jump;
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    jump.addEventListener("click", () => this.jump());
  }

  get following(): boolean {
    return this.#following;
  }

  /** After new content: goes to the bottom if that is where the reader is. */
  keep(): void {
    const scroller = this.#scroller;
    if (this.#following) {
      const end = scroller.scrollHeight - scroller.clientHeight;
      if (Math.abs(end - scroller.scrollTop) >= 1) scroller.scrollTop = end;
    }
    this.#lastTop = scroller.scrollTop;
    this.#show();
  }

  /** Goes to the bottom and stays there. */
  jump(): void {
    this.#following = true;
    this.onScroll();
    this.keep();
    this.#scroller.focus({ preventScroll: true });
  }

  /** The reader is taken to another place; what moved the page so far was no reader. */
  leave(): void {
    this.#following = false;
    this.#lastTop = this.#scroller.scrollTop;
    this.#show();
  }

  #near(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight <= NEAR;
  }

  #show(): void {
    if (this.#jump.hidden !== this.#following) this.#jump.hidden = this.#following;
  }

  readonly #scrolled = (): void => {
    const top = this.#scroller.scrollTop;
    if (top === this.#lastTop) return;
    // Content that grew is not a reader who left: only a move up is.
    if (this.#near()) this.#following = true;
    else if (top < this.#lastTop) this.#following = false;
    this.#lastTop = top;
    this.onScroll();
    this.#lastTop = this.#scroller.scrollTop;
    this.#show();
  };
}
