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
  paint(elements: Iterable<HTMLElement>, words: readonly string[], at: { element: HTMLElement; nth: number } | null): Range | null {
    this.clear();
    const wanted = patternOf(words);
    if (wanted === null) return null;
    let current: Range | null = null;
    for (const element of elements) {
      const ranges = rangesOf(element, wanted, LIMIT - this.#ranges.length);
      const chosen = at?.element === element ? ranges[Math.min(at.nth, ranges.length - 1)] : undefined;
      for (const range of ranges) (range === chosen ? this.#current : this.#found)?.add(range);
      current = chosen ?? current;
      this.#ranges.push(...ranges);
    }
    return current;
  }
}

/** Finds any of the words in upper or lower case, with any white space in them; null where there are none. */
export function patternOf(words: readonly string[]): RegExp | null {
  const parts = words.map((each) => each.trim()).filter((each) => each !== "");
  if (parts.length === 0) return null;
  return new RegExp(parts.map((each) => each.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+")).join("|"), "giu");
}

/** Words go on from one text node to the next inside of a block: what is bold, a link or coloured code cuts none in two. */
function rangesOf(element: HTMLElement, wanted: RegExp, room: number): Range[] {
  const ranges: Range[] = [];
  let nodes: Text[] = [];
  let block: Element | null = null;
  const find = (): void => {
    if (ranges.length < room) ranges.push(...rangesIn(nodes, wanted).slice(0, room - ranges.length));
    nodes = [];
  };
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && ranges.length < room; node = walker.nextNode()) {
    const parent = node.parentElement!;
    if (parent.closest(".actions, .unseen, .glimpse") !== null) continue;
    const here = parent.closest(":not(a, code, del, em, s, span, strong)");
    if (here !== block) find();
    block = here;
    nodes.push(node as Text);
  }
  find();
  return ranges;
}

function rangesIn(nodes: readonly Text[], wanted: RegExp): Range[] {
  let at = 0;
  let before = 0;
  /** The place of a character of the joined text; characters are asked for in order. */
  const place = (index: number): [Text, number] => {
    for (; index > before + nodes[at]!.length; at += 1) before += nodes[at]!.length;
    return [nodes[at]!, index - before];
  };
  return [...nodes.map(({ data }) => data).join("").matchAll(wanted)].map((found) => {
    const range = document.createRange();
    range.setStart(...place(found.index));
    range.setEnd(...place(found.index + found[0].length));
    return range;
  });
}
