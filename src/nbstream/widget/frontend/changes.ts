/** Two texts, or a patch → lines that stay, go and come. Pure: no DOM. */

export type Sign = " " | "-" | "+" | "@";

export interface DiffLine {
  readonly sign: Sign;
  readonly text: string;
}

/** Edits that are looked for; texts that differ more are shown as one out and one in. Bounds the time: O(lines x edits). */
const EDIT_LIMIT = 400;

/** Lines that stay, shown around a change; those between are one line that counts them. */
const CONTEXT = 3;

/** The lines of an edit, changes with their surroundings. */
export function changes(before: string, after: string): DiffLine[] {
  const a = split(before);
  const b = split(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (text: string): DiffLine => ({ sign: " ", text });
  const middle = myers(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return folded([...a.slice(0, start).map(same), ...middle, ...a.slice(a.length - end).map(same)]);
}

/** The lines of a unified diff. */
export function patchLines(patch: string): DiffLine[] {
  return split(patch).map((line) => {
    if (/^(?:@@|diff |index |\+\+\+ |--- |\\ )/.test(line)) return { sign: "@", text: line };
    const sign = line[0];
    if (sign === "+" || sign === "-") return { sign, text: line.slice(1) };
    return { sign: " ", text: sign === " " ? line.slice(1) : line };
  });
}

/** Whether a text reads as a unified diff. */
export function isPatch(text: string): boolean {
  return /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/m.test(text.slice(0, 4000));
}

function split(text: string): string[] {
  if (text === "") return [];
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Source: Myers, An O(ND) difference algorithm (1986). */
function myers(a: readonly string[], b: readonly string[]): DiffLine[] {
  const trace: Map<number, number>[] = [];
  let front = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(EDIT_LIMIT, a.length + b.length); edits += 1) {
    trace.push(new Map(front));
    const next = new Map(front);
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (front.get(k - 1) ?? -1) < (front.get(k + 1) ?? -1));
      let x = down ? (front.get(k + 1) ?? 0) : (front.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      next.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
    front = next;
  }
  return [...a.map((text): DiffLine => ({ sign: "-", text })), ...b.map((text): DiffLine => ({ sign: "+", text }))];
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): DiffLine[] {
  const lines: DiffLine[] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const front = trace[edits]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && (front.get(k - 1) ?? -1) < (front.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const startX = edits === 0 ? 0 : (front.get(from) ?? 0);
    const startY = edits === 0 ? 0 : startX - from;
    while (x > startX && y > startY) {
      x -= 1;
      y -= 1;
      lines.push({ sign: " ", text: a[x]! });
    }
    if (edits === 0) break;
    if (down) lines.push({ sign: "+", text: b[startY]! });
    else lines.push({ sign: "-", text: a[startX]! });
    x = startX;
    y = startY;
  }
  return ordered(lines.reverse());
}

/** What goes before what comes, within each run of changes. */
function ordered(lines: readonly DiffLine[]): DiffLine[] {
  const result: DiffLine[] = [];
  let coming: DiffLine[] = [];
  for (const line of lines) {
    if (line.sign === "+") {
      coming.push(line);
      continue;
    }
    if (line.sign === " ") {
      result.push(...coming);
      coming = [];
    }
    result.push(line);
  }
  return [...result, ...coming];
}

function folded(lines: readonly DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  lines.forEach((line, index) => {
    if (line.sign === " ") return;
    for (let at = index - CONTEXT; at <= index + CONTEXT; at += 1) near.add(at);
  });
  const result: DiffLine[] = [];
  let skipped = 0;
  const tell = (): void => {
    if (skipped > 0) result.push({ sign: "@", text: `${skipped} unchanged ${skipped === 1 ? "line" : "lines"}` });
    skipped = 0;
  };
  lines.forEach((line, index) => {
    if (!near.has(index)) {
      skipped += 1;
      return;
    }
    tell();
    result.push(line);
  });
  tell();
  return result;
}
