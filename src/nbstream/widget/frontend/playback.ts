/** Where a replay is in its run: by time and by row. Pure: no DOM, and the caller brings the time. */

/** Milliseconds between an agent's start and its first row that still count as its thinking; more is another clock. */
const LEAD = 60_000;

export class Playback {
  /** Milliseconds of the run in one of the reader's. */
  speed: number;
  playing = false;
  /** Milliseconds from the run's start to each row; never falling, though clocks may. */
  readonly #times: number[] = [];
  #start = Number.NaN;
  #position = 0;
  #row = 0;

  constructor(speed: number) {
    this.speed = speed;
  }

  /**
   * Learns of the next rows.
   *
   * @param stamps when they were received, ISO 8601, in sequence order.
   * @param begun when the agent was started; null where that is not known.
   */
  extend(stamps: Iterable<string>, begun: string | null): void {
    for (const stamp of stamps) {
      const at = Date.parse(stamp);
      if (Number.isNaN(this.#start)) this.#start = startOf(at, begun);
      this.#times.push(Math.max(this.duration, at - this.#start) || this.duration);
    }
  }

  get rows(): number {
    return this.#times.length;
  }

  /** Milliseconds from the start to the last row. */
  get duration(): number {
    return this.#times.at(-1) ?? 0;
  }

  /** Milliseconds of the run that have passed. */
  get position(): number {
    return this.#position;
  }

  /** The last row that has come by now, 0 before the first. */
  get row(): number {
    return this.#row;
  }

  get atEnd(): boolean {
    return this.#row === this.rows && this.#position >= this.duration;
  }

  /** The moment of the run that is shown, on the clock its rows are stamped with. */
  get now(): number {
    return Number.isNaN(this.#start) ? 0 : this.#start + this.#position;
  }

  /** Lets `elapsed` milliseconds of the reader's time pass. Returns whether anything is to be shown anew. */
  tick(elapsed: number): boolean {
    if (!this.playing) return false;
    this.#position = Math.min(this.duration, this.#position + elapsed * this.speed);
    this.#row = Math.max(this.#row, this.#rowAt(this.#position));
    if (this.atEnd) this.playing = false;
    return true;
  }

  /** Starts or pauses; at the end it starts anew. */
  toggle(): void {
    if (!this.playing && this.atEnd) this.seekTime(0);
    this.playing = !this.playing;
  }

  seekTime(position: number): void {
    this.#position = clamp(position, this.duration);
    this.#row = this.#rowAt(this.#position);
  }

  /** Goes to just after that row, though others may have come in the same instant. */
  seekRow(row: number): void {
    this.#row = clamp(Math.round(row), this.rows);
    this.#position = this.#times[this.#row - 1] ?? 0;
  }

  /** How many rows had come at `position`: a binary search. */
  #rowAt(position: number): number {
    let low = 0;
    let high = this.rows;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function startOf(first: number, begun: string | null): number {
  const lead = first - Date.parse(begun ?? "");
  return lead >= 0 && lead <= LEAD ? first - lead : first;
}

function clamp(value: number, most: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(0, value), most) : 0;
}
