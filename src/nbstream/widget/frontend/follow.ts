/** Keeps the bottom in sight while the reader is there, and never moves a reader who is not. */

/** Pixels from the bottom that still count as being there. */
const NEAR = 24;

/** What a reader moves a place with, and milliseconds for which a move is taken for theirs. */
const INPUTS = ["wheel", "touchmove", "pointerdown", "pointermove", "keydown"];
const INPUT_TIME = 1000;

export class BottomFollower {
  /** Called after a scroll. */
  onScroll: () => void = () => undefined;
  readonly #scroller: HTMLElement;
  readonly #jump: HTMLButtonElement;
  #following = true;
  #lastTop = 0;
  /** Where the end was when this looked last. */
  #lastEnd = 0;
  #input = Number.NEGATIVE_INFINITY;

  constructor(scroller: HTMLElement, jump: HTMLButtonElement) {
    this.#scroller = scroller;
    this.#jump = jump;
    scroller.addEventListener("scroll", this.#scrolled, { passive: true });
    const note = (event: Event): void => {
      // A pointer that only passes over the view moves nothing.
      if (!(event instanceof PointerEvent) || event.buttons > 0) this.#input = performance.now();
    };
    for (const name of INPUTS) scroller.addEventListener(name, note, { passive: true });
    jump.addEventListener("click", () => this.jump());
  }

  get following(): boolean {
    return this.#following;
  }

  /** After new content: goes to the bottom if that is where the reader is. */
  keep(): void {
    const end = this.#end();
    if (this.#following && Math.abs(end - this.#scroller.scrollTop) >= 1) this.#scroller.scrollTop = end;
    this.#note(end);
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
    this.#note(this.#end());
    this.#show();
  }

  #end(): number {
    return this.#scroller.scrollHeight - this.#scroller.clientHeight;
  }

  #note(end: number): void {
    this.#lastEnd = end;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #show(): void {
    if (this.#jump.hidden !== this.#following) this.#jump.hidden = this.#following;
  }

  readonly #scrolled = (): void => {
    const top = this.#scroller.scrollTop;
    if (top === this.#lastTop) return;
    const end = this.#end();
    // Content that grew is not a reader who left: only a move up is.
    if (end - top <= NEAR) this.#following = true;
    else if (top < this.#lastTop) {
      if (this.#following && this.#byLayout(end)) {
        this.keep();
        return;
      }
      this.#following = false;
    }
    this.#note(end);
    this.onScroll();
    this.#note(this.#end());
    this.#show();
  };

  /**
   * Whether the browser moved the place up by itself: where heights change twice between two frames, it holds the place
   * to the lower one, and tells of it when the content is past that again.
   */
  #byLayout(end: number): boolean {
    return end !== this.#lastEnd && performance.now() - this.#input > INPUT_TIME;
  }
}
