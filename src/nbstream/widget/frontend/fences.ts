/**
 * The inside of a code block whose end has not come yet: text in pieces → whole lines. Pure: no DOM.
 *
 * Source: CommonMark 0.31, 4.5 Fenced code blocks. Only the inside: where a block begins, markdown-it says.
 */

/** The fence that a line opens. */
export interface Fence {
  readonly mark: string;
  readonly length: number;
  readonly indent: number;
  readonly info: string;
}

const OPENS = /^( {0,3})(`{3,}|~{3,})(.*)$/;

/** Reads the line that markdown-it has found to open a block. */
export function fenceOf(line: string): Fence | null {
  const found = OPENS.exec(line);
  if (found === null) return null;
  const [, indent, marks, info] = found as unknown as [string, string, string, string];
  return { mark: marks[0]!, length: marks.length, indent: indent.length, info };
}

/** Whether a line closes the block, or could if more of it came. */
export function closes(line: string, fence: Fence): boolean {
  const found = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
  return found !== undefined && found[0] === fence.mark && found.length >= fence.length;
}

/** Whether a line without its end may still become the one that closes the block. */
export function mayClose(line: string, fence: Fence): boolean {
  return /^ {0,3}(?:`*|~*)[ \t]*$/.test(line) && (line.trim() === "" || line.trim()[0] === fence.mark);
}

/** A line of the block as it is meant: without the indent of its fence. */
export function unindented(line: string, fence: Fence): string {
  let at = 0;
  let column = 0;
  while (column < fence.indent && at < line.length) {
    if (line[at] === "\t") column += 4 - (column % 4);
    else if (line[at] === " ") column += 1;
    else break;
    at += 1;
  }
  // A tab that is only partly the indent leaves the rest of its width.
  return " ".repeat(Math.max(0, column - fence.indent)) + line.slice(at);
}
