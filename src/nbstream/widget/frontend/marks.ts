/**
 * Marks where words are found, without touching the page: the browser paints ranges.
 *
 * Source: CSS Custom Highlight API. A browser without it shows the row that was found, and no words.
 */

/** Ranges that one view marks at most. */
const LIMIT = 2000;

const FOUND = "nbstream-found";
const CURRENT = "nbstream-current";

/** The page has one registry; all views share these two. */
function shared(name: string): Highlight | null {
  if (typeof Highlight === "undefined") return null;
  let highlight = CSS.highlights.get(name);
  if (highlight === undefined) {
    highlight = new Highlight();
    CSS.highlights.set(name, highlight);
  }
  return highlight;
}

export class Marks {
  readonly #found = shared(FOUND);
  readonly #current = shared(CURRENT);
  #ranges: Range[] = [];

  clear(): void {
    for (const range of this.#ranges) {
      this.#found?.delete(range);
      this.#current?.delete(range);
    }
    this.#ranges = [];
  }

  /** Marks `words` under each of the elements; of `at` the n-th one stands out. Returns that one, if it is on the page. */
  paint(elements: Iterable<HTMLElement>, words: string, at: { element: HTMLElement; nth: number } | null): Range | null {
    this.clear();
    let current: Range | null = null;
    for (const element of elements) {
      const ranges = rangesOf(element, words.trim().toLowerCase(), LIMIT - this.#ranges.length);
      const chosen = at?.element === element ? ranges[Math.min(at.nth, ranges.length - 1)] : undefined;
      for (const range of ranges) (range === chosen ? this.#current : this.#found)?.add(range);
      current = chosen ?? current;
      this.#ranges.push(...ranges);
    }
    return current;
  }
}

function rangesOf(element: HTMLElement, wanted: string, room: number): Range[] {
  const ranges: Range[] = [];
  if (wanted === "") return ranges;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < room; node = walker.nextNode()) {
    if (node.parentElement?.closest(".actions, .unseen, .glimpse") !== null) continue;
    const text = (node as Text).data.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0 && ranges.length < room; at = text.indexOf(wanted, at + wanted.length)) {
      // Lower case can be longer than what it was made of.
      if (at + wanted.length > (node as Text).length) break;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      ranges.push(range);
    }
  }
  return ranges;
}
