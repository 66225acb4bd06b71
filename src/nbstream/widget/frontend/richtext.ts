/**
 * Markdown that arrives in pieces, on the page: the streaming view of what an agent says.
 *
 * For callers: `new RichText(className)`, `.element`, `.append(text)`, `.settle()` when no more is coming for now (more
 * may follow), `.flush()` for the same with all of it on the page when it returns, `.replace(text)` for other content;
 * the same content again costs nothing. It draws by itself, once for all pieces of one task (pacer.ts).
 *
 * A finished block is never touched again. Only the open tail is read anew, so a piece costs the same at the end of a
 * long answer as at its start: a block is finished when the next one has begun on a line that is whole. Inside an open
 * code fence lines are only added; a long list or table grows by items and rows (growing.ts).
 */

import { CodeBlock, listenForCopies } from "./code.ts";
import { el } from "./dom.ts";
import { closes, fenceOf, mayClose, unindented } from "./fences.ts";
import type { Fence } from "./fences.ts";
import { count } from "./format.ts";
import { GROW_FROM, Growing, lineStart, lines } from "./growing.ts";
import { BLOCK_LIMIT, Budget, NESTING_LIMIT, NODE_LIMIT } from "./limits.ts";
import { BlockBuilder } from "./markdown.ts";
import { morph, nodesOf } from "./morph.ts";
import { Pacer } from "./pacer.ts";
import { infoOf, parse, tooDeep } from "./tokens.ts";
import type { Group, Parsed, References } from "./tokens.ts";
import { LineWriter, PlainWriter } from "./writer.ts";

export { BLOCK_LIMIT } from "./limits.ts";

/** A line without its end that may become anything: drawn when there is more of it, or when nothing more comes. */
const UNDECIDED = /(?:^|\n)[ \t]*(?:[#>*+=_~`|:-]+|\d{1,9}[.)]?)?[ \t]*$/;

/** Characters that are drawn at once when a text is settled; a longer one goes on in slices. */
const SHORT = 2000;

/** Characters of a text that is drawn again as a whole when a definition came after its use. */
const REDRAW_LIMIT = 300_000;

/**
 * Blocks that stand in one element. Each frame the browser looks at all children of what has changed: a thousand blocks in
 * a row cost 12 ms of layout and as much of painting, in parts of 32 they cost 1.
 */
const PART = 32;

interface OpenCode {
  readonly fence: Fence;
  readonly block: CodeBlock;
}

export class RichText {
  readonly element: HTMLElement;
  readonly #pacer = new Pacer(() => this.#slice());
  /** All that is shown, in the pieces it came in. */
  #pieces: string[] = [];
  #length = 0;
  /** A carriage return at the end of a piece: the next may begin with its line feed. */
  #heldReturn = false;
  /** Text that no drawing has read yet. */
  #waiting = "";
  /** The text that is not finished, and its nodes on the page. */
  #tail = "";
  #nodes: ChildNode[] = [];
  /** Where the next block goes: the element itself, then one part of it after the other. */
  #part: HTMLElement;
  /** How many of the nodes belong to each block of the tail. */
  #counts: number[] = [];
  /** What the nodes of the tail have taken of the budget. */
  #tailCost = 0;
  #budget = new Budget();
  #references: References = {};
  /** Definitions that the last reading knew, and those that all of the page was drawn with. */
  #known = 0;
  #drawnWith = 0;
  #finished = false;
  /** Nothing more is coming for now: the slice that reads the last of it holds nothing back. */
  #settled = false;
  #code: OpenCode | null = null;
  #growing: Growing | null = null;
  #plain: PlainWriter | null = null;
  #cutMark: HTMLElement | null = null;

  constructor(className: string) {
    this.element = el("div", className);
    this.#part = this.element;
    listenForCopies(this.element);
  }

  append(text: string): void {
    this.#settled = false;
    const room = Math.max(0, BLOCK_LIMIT - this.#length);
    this.#length += text.length;
    if (room > 0) this.#take(text.slice(0, room));
    if (this.#length > BLOCK_LIMIT) this.#markCut();
    this.#pacer.request();
  }

  settle(): void {
    if (this.#waiting.length <= SHORT) return this.flush();
    this.#settled = true;
    this.#pacer.request();
  }

  flush(): void {
    if (this.#heldReturn) this.#take("\n");
    this.#pacer.cancel();
    this.#draw(true, this.#waiting.length);
    // A definition that came after its use: now that it is known, everything is drawn once more.
    if (this.#finished && this.#known > this.#drawnWith && this.#length <= REDRAW_LIMIT) {
      this.#startAnew();
      this.#references = parse(this.#waiting, {}).references;
      this.#draw(true, this.#waiting.length);
    }
  }

  replace(text: string): void {
    const before = this.#pieces.join("");
    if (this.#length <= BLOCK_LIMIT && before !== "" && text.startsWith(before)) {
      if (text.length > before.length) this.append(text.slice(before.length));
      return;
    }
    this.#pieces = [];
    this.#length = 0;
    this.#heldReturn = false;
    this.#startAnew();
    this.append(text);
  }

  #take(text: string): void {
    let piece = this.#heldReturn ? `\r${text}` : text;
    this.#heldReturn = piece.endsWith("\r");
    if (this.#heldReturn) piece = piece.slice(0, -1);
    piece = piece.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
    this.#pieces.push(piece);
    this.#waiting += piece;
  }

  #startAnew(): void {
    this.element.replaceChildren();
    this.#part = this.element;
    this.#waiting = this.#pieces.join("");
    this.#tail = "";
    this.#nodes = [];
    this.#tailCost = 0;
    this.#budget = new Budget();
    this.#references = {};
    this.#known = 0;
    this.#drawnWith = 0;
    this.#finished = false;
    this.#code = null;
    this.#growing = null;
    this.#plain = null;
    this.#cutMark = null;
    if (this.#length > BLOCK_LIMIT) this.#markCut();
  }

  #slice(): void {
    const taken = this.#pacer.take(this.#waiting.length);
    if (this.#settled && taken === this.#waiting.length) this.flush();
    else this.#draw(false, taken);
  }

  /** Draws the first `taken` characters of what has come. `whole`: nothing more is coming for now, so nothing is held back. */
  #draw(whole: boolean, taken: number): void {
    this.#tail += this.#waiting.slice(0, taken);
    this.#waiting = this.#waiting.slice(taken);
    this.#drawTail(whole);
  }

  #drawTail(whole: boolean): void {
    for (let more = true; more; ) {
      if (this.#plain !== null) more = this.#drawPlain(this.#plain);
      else if (this.#code !== null) more = this.#drawCode(this.#code, whole);
      else more = this.#drawBlocks(whole);
      if (this.#budget.spent && this.#plain === null) more = this.#goPlain();
    }
  }

  #drawPlain(writer: PlainWriter): boolean {
    writer.write(this.#tail);
    this.#tail = "";
    return false;
  }

  /** Adds lines to the open code. Returns whether it has ended. */
  #drawCode({ fence, block }: OpenCode, whole: boolean): boolean {
    let at = 0;
    for (let end = this.#tail.indexOf("\n"); end >= 0; end = this.#tail.indexOf("\n", at)) {
      const line = this.#tail.slice(at, end);
      at = end + 1;
      if (closes(line, fence)) {
        block.partial("");
        this.#tail = this.#tail.slice(at);
        this.#code = null;
        return true;
      }
      block.line(unindented(line, fence));
      if (this.#budget.spent) break;
    }
    this.#tail = this.#tail.slice(at);
    const held = whole ? closes(this.#tail, fence) : mayClose(this.#tail, fence);
    block.partial(held ? "" : unindented(this.#tail, fence));
    return false;
  }

  /** Reads the open tail and draws it. Returns whether something has begun that must be drawn in another way. */
  #drawBlocks(whole: boolean): boolean {
    const undecided = whole ? null : UNDECIDED.exec(this.#tail);
    const text = undecided === null ? this.#tail : this.#tail.slice(0, undecided.index + (undecided[0].startsWith("\n") ? 1 : 0));
    const parsed = parse(text, this.#references);
    this.#known = Object.keys(parsed.references).length;
    if (!this.#finished) this.#drawnWith = this.#known;
    const first = parsed.groups[0];
    if (this.#growing !== null && first !== undefined) {
      if (!this.#growing.goesOn(first)) return this.#endGrowing();
      if (this.#growing.loosens(first)) return this.#loosen(this.#growing);
    }
    this.#place(parsed.groups, text);
    if (this.#budget.spent) return false;
    return this.#finish(parsed, text);
  }

  #place(groups: readonly Group[], text: string): void {
    this.#budget.take(-this.#tailCost);
    const before = this.#budget.left;
    const growing = this.#growing;
    const built = groups.map((group, index) => {
      if (growing === null || index > 0) return this.#build(group, text);
      const parts = new BlockBuilder(this.#budget, growing.before).build(group.tokens);
      growing.nodes = morph(growing.host, growing.nodes, growing.partsOf(parts), null);
      // What follows a table inside its build: the line that tells what was left out.
      return parts.slice(1);
    });
    const wanted = built.flat();
    const kept = this.#nodes.length;
    this.#nodes = morph(this.element, this.#nodes, wanted.slice(0, kept), null);
    for (const node of wanted.slice(kept)) this.#nodes.push(this.#add(node));
    this.#counts = built.map((nodes) => nodes.length);
    this.#tailCost = before - this.#budget.left;
  }

  /** Puts a node at the end. */
  #add(node: ChildNode): ChildNode {
    if (this.#part.childNodes.length >= PART) {
      this.#part = el("div", "part");
      this.element.insertBefore(this.#part, this.#cutMark);
    }
    return this.#part.insertBefore(node, this.#part === this.element ? this.#cutMark : null);
  }

  #build(group: Group, text: string): ChildNode[] {
    return tooDeep(group.tokens) ? this.#asWritten(group, text) : new BlockBuilder(this.#budget).build(group.tokens);
  }

  /** What is nested too deep is shown as it was written: markdown-it would leave it out. */
  #asWritten(group: Group, text: string): ChildNode[] {
    const paragraph = el("p", "plain");
    new LineWriter(paragraph).write(lines(text, group.start, group.end));
    this.#budget.take(nodesOf(paragraph) + 2);
    return [paragraph, el("p", "cut", `… nested more than ${NESTING_LIMIT} deep: shown as it was written`)];
  }

  /** Lets go of the blocks that cannot change any more. Returns as `#drawBlocks`. */
  #finish(parsed: Parsed, text: string): boolean {
    const { groups } = parsed;
    const last = groups.at(-1);
    if (last === undefined) return false;
    const wholeLines = text.split("\n").length - 1;
    const certain = last.start < wholeLines ? groups.length - 1 : groups.length - 2;
    let from = 0;
    if (certain > 0) {
      const done = groups[certain - 1]!;
      from = Math.min(done.end, groups[certain]!.start);
      this.#letGo(certain, lineStart(text, from), parsed);
    }
    if (certain !== groups.length - 1 || tooDeep(last.tokens)) return false;
    const shifted = { ...last, start: last.start - from, end: last.end - from };
    if (last.tokens[0]!.type === "fence") return this.#beginCode(shifted);
    if (this.#growing !== null || this.#tail.length > GROW_FROM) this.#grow(last, shifted, wholeLines - from);
    return false;
  }

  /** The first `done` blocks are finished, and with them the text before `offset`. */
  #letGo(done: number, offset: number, parsed: Parsed): void {
    this.#commit(this.#tail.slice(0, offset), parsed);
    this.#growing = null;
    this.#finished = true;
    this.#tail = this.#tail.slice(offset);
    this.#nodes = this.#nodes.slice(this.#counts.slice(0, done).reduce((sum, nodes) => sum + nodes, 0));
    this.#tailCost = this.#nodes.reduce((sum, node) => sum + nodesOf(node), 0);
  }

  /** Keeps the definitions of finished text; those of open text may still change. */
  #commit(finished: string, parsed: Parsed): void {
    if (Object.keys(parsed.references).length > Object.keys(this.#references).length) {
      this.#references = parse(finished, this.#references).references;
    }
  }

  #beginCode(group: Group): boolean {
    const start = lineStart(this.#tail, group.start);
    const after = lineStart(this.#tail, group.start + 1);
    const fence = fenceOf(this.#tail.slice(start, after).replace(/\n$/, ""));
    const node = this.#nodes.at(-1);
    if (fence === null || node === undefined) return false;
    this.#references = parse(this.#tail.slice(0, start), this.#references).references;
    this.#budget.take(-this.#tailCost);
    this.#tailCost = 0;
    const block = new CodeBlock(infoOf(group.tokens[0]!), this.#budget);
    node.replaceWith(block.element);
    this.#nodes = [];
    this.#finished = true;
    this.#growing = null;
    this.#tail = this.#tail.slice(after);
    this.#code = { fence, block };
    return true;
  }

  /** Lets go of the finished items of a long list, or rows of a table. */
  #grow(group: Group, shifted: Group, wholeLines: number): void {
    const node = this.#nodes.at(0);
    if (this.#growing === null && node !== undefined && this.#nodes.length === 1) {
      this.#growing = Growing.from(shifted, node, this.#tail);
      if (this.#growing !== null) this.#nodes = [];
    }
    const growing = this.#growing;
    if (growing === null) return;
    const starts = growing.startsOf(shifted.start === group.start ? group : shift(group, group.start - shifted.start));
    const last = starts.length - 1;
    const done = (starts[last] ?? 0) < wholeLines ? last : last - 1;
    if (done <= 0) return;
    const columns = group.tokens.filter((token) => token.type === "th_open").length;
    const offset = lineStart(this.#tail, starts[done]!);
    const text = this.#tail.slice(0, offset);
    this.#references = parse(text, this.#references).references;
    growing.finish(done, text, columns);
    this.#finished = true;
    this.#tail = growing.head + this.#tail.slice(offset);
    this.#tailCost = growing.nodes.reduce((sum, child) => sum + nodesOf(child), 0);
  }

  #endGrowing(): boolean {
    for (const node of this.#growing?.nodes ?? []) node.remove();
    this.#growing = null;
    return true;
  }

  /** A blank line made paragraphs of all items: the list is read once more as a whole. */
  #loosen(growing: Growing): boolean {
    this.#tail = growing.textFrom(this.#tail);
    growing.host.remove();
    this.#growing = null;
    return true;
  }

  /** The budget is spent: what is not finished goes on as plain text, under a line that says so. */
  #goPlain(): boolean {
    for (const node of [...this.#nodes, ...(this.#growing?.nodes ?? [])]) node.remove();
    if (this.#growing !== null) this.#tail = this.#tail.slice(this.#growing.head.length);
    this.#nodes = [];
    this.#growing = null;
    this.#code?.block.partial("");
    this.#code = null;
    const note = el("p", "cut", `… more than ${count(NODE_LIMIT)} elements: from here on the text is shown as it was written`);
    this.element.insertBefore(note, this.#cutMark);
    this.#plain = new PlainWriter((paragraph) => this.element.insertBefore(paragraph, this.#cutMark));
    return true;
  }

  #markCut(): void {
    if (this.#cutMark === null) {
      this.#cutMark = el("p", "cut");
      this.element.append(this.#cutMark);
    }
    const hidden = count(this.#length - BLOCK_LIMIT);
    this.#cutMark.textContent = `… ${hidden} more characters are not shown here; store.transcript() has them all`;
  }
}

function shift(group: Group, by: number): Group {
  const tokens = group.tokens.map((token) => (token.map === null ? token : { ...token, map: [token.map[0] - by, token.map[1] - by] as const }));
  return { tokens, start: group.start - by, end: group.end - by };
}
