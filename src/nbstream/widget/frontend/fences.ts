/**
 * Text that arrives in pieces → paragraphs and fenced code. Pure: no DOM.
 *
 * Append-only: a piece once given is final, so a page is only ever added to. The price is that the start of a line is
 * held back while it may still become a fence, which is a few characters, or an info string up to its line's end.
 *
 * Source: CommonMark 0.31, 4.5 Fenced code blocks; backtick fences, indented at most three spaces.
 */

export type Piece =
  /** Text of the paragraph or of the code that is open. */
  | { readonly kind: "text"; readonly text: string }
  /** A blank line: the next text begins a new paragraph. */
  | { readonly kind: "paragraph" }
  | { readonly kind: "code"; readonly language: string }
  | { readonly kind: "endcode" };

/** Characters of an info string at most; a longer line that begins with backticks is text. */
const INFO_LIMIT = 200;

// A line of blanks is held as well: whether it parts paragraphs must not depend on where the pieces were cut.
const MAY_OPEN = /^(?: {0,3}(?:`{1,2}|`{3,}[^`]*)|[ \t]*)$/;
const OPENS = /^ {0,3}(`{3,})([^`]*)$/;
const MAY_CLOSE = /^ {0,3}`*[ \t]*$/;
const CLOSES = /^ {0,3}(`{3,})[ \t]*$/;

export class FenceScanner {
  /** The start of a line that may still become a fence. */
  #held = "";
  #atLineStart = true;
  /** Backticks of the open fence; 0 outside code. */
  #fence = 0;
  /** Line ends not given yet: in code the last one belongs to the fence, in prose two of them part paragraphs. */
  #newlines = 0;
  #hasText = false;

  /** Takes the next piece of the text. Costs O(its length). */
  feed(text: string): Piece[] {
    const pieces: Piece[] = [];
    let rest = text;
    while (rest !== "") rest = this.#atLineStart ? this.#lineStart(rest, pieces) : this.#lineRest(rest, pieces);
    return pieces;
  }

  /** The text is over: what was held back is text, or the fence that closes. */
  end(): Piece[] {
    const pieces: Piece[] = [];
    const held = this.#held;
    this.#held = "";
    if (held !== "" && !this.#isFence(held, pieces)) this.#emit(held, pieces);
    return pieces;
  }

  /** At the start of a line: holds text back until it is clear whether the line is a fence. */
  #lineStart(text: string, pieces: Piece[]): string {
    const newline = text.indexOf("\n");
    const line = this.#held + (newline < 0 ? text : text.slice(0, newline));
    if (newline < 0) {
      if (this.#mayBeFence(line)) {
        this.#held = line;
        return "";
      }
      this.#held = "";
      this.#atLineStart = false;
      this.#emit(line, pieces);
      return "";
    }
    this.#held = "";
    if (!this.#isFence(line, pieces)) {
      this.#emit(line, pieces);
      this.#newlines += 1;
    }
    return text.slice(newline + 1);
  }

  #lineRest(text: string, pieces: Piece[]): string {
    const newline = text.indexOf("\n");
    if (newline < 0) {
      this.#emit(text, pieces);
      return "";
    }
    this.#emit(text.slice(0, newline), pieces);
    this.#newlines += 1;
    this.#atLineStart = true;
    return text.slice(newline + 1);
  }

  #mayBeFence(line: string): boolean {
    return line.length < INFO_LIMIT && (this.#fence > 0 ? MAY_CLOSE : MAY_OPEN).test(line);
  }

  /** Whether a whole line opens or closes a fence; says so if it does. */
  #isFence(line: string, pieces: Piece[]): boolean {
    if (this.#fence > 0) {
      const closing = CLOSES.exec(line)?.[1];
      if (closing === undefined || closing.length < this.#fence) return false;
      this.#fence = 0;
      pieces.push({ kind: "endcode" });
    } else {
      const opening = OPENS.exec(line);
      if (opening === null || line.length >= INFO_LIMIT) return false;
      this.#fence = opening[1]!.length;
      pieces.push({ kind: "code", language: opening[2]!.trim().split(/\s/, 1)[0] ?? "" });
    }
    this.#newlines = 0;
    this.#hasText = false;
    this.#atLineStart = true;
    return true;
  }

  #emit(text: string, pieces: Piece[]): void {
    const blank = this.#fence === 0 && text.trim() === "" && this.#atLineStart;
    if (text === "" || blank) return;
    if (this.#fence > 0) {
      // The first line follows its fence; every later one brings the line ends before it.
      pieces.push({ kind: "text", text: "\n".repeat(this.#newlines) + text });
    } else if (this.#hasText && this.#newlines > 1) {
      pieces.push({ kind: "paragraph" }, { kind: "text", text });
    } else {
      pieces.push({ kind: "text", text: (this.#hasText && this.#newlines > 0 ? "\n" : "") + text });
    }
    this.#newlines = 0;
    this.#hasText = true;
  }
}
