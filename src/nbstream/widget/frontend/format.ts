/** Numbers, times and tool inputs as short text. Pure. */

const INTEGER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 18204 → "18,204". */
export function count(value: number): string {
  return INTEGER.format(value);
}

export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Milliseconds as a person says them: "0.3 s", "12 s", "2:05", "1:02:07". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  return clock(milliseconds);
}

/** Milliseconds as a clock: "0:42", "1:02:07". */
export function clock(milliseconds: number): string {
  const seconds = Math.floor(Math.max(0, milliseconds) / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Milliseconds from one ISO 8601 time to another, or null when either cannot be read. */
export function between(start: string | null, end: string | null): number | null {
  if (start === null || end === null) return null;
  const milliseconds = Date.parse(end) - Date.parse(start);
  return Number.isFinite(milliseconds) ? milliseconds : null;
}

/** Dollars; small amounts keep two figures that mean something. */
export function cost(dollars: number): string {
  if (dollars === 0 || dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  return dollars >= 0.001 ? `$${dollars.toFixed(3)}` : `$${dollars.toPrecision(2)}`;
}

/** A number from metadata, or null. */
export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A non-empty string from metadata, or null. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** One field of a tool's input. */
export interface Field {
  readonly name: string;
  readonly value: string;
}

/** A tool's input for a reader: the one line that says what it does, and the rest. */
export interface ToolInput {
  readonly headline: string;
  readonly fields: readonly Field[];
}

/** The field of a tool's input that says most, best first; the same as in `outline.py`. */
const TELLING = [
  "command",
  "file_path",
  "notebook_path",
  "pattern",
  "query",
  "path",
  "url",
  "description",
  "prompt",
  "code",
] as const;

/** Characters of a headline; what is longer is a field. */
const HEADLINE = 200;

/** Reads a tool's input, which is JSON text once it is complete; other text is its own headline. */
export function toolInput(content: string): ToolInput {
  const parsed = parsedObject(content);
  if (parsed === null) {
    const whole = content.trim();
    return { headline: oneLine(whole), fields: fitsHeadline(whole) ? [] : [{ name: "input", value: whole }] };
  }
  const fields = Object.entries(parsed).map(([name, value]) => ({ name, value: shown(value) }));
  const telling = TELLING.find((name) => typeof parsed[name] === "string");
  const main = fields.find((field) => field.name === telling) ?? fields[0];
  if (main === undefined) return { headline: "", fields: [] };
  const rest = fields.filter((field) => field !== main);
  return { headline: oneLine(main.value), fields: fitsHeadline(main.value) ? rest : fields };
}

/** A guess at the headline while the JSON is still arriving: the first telling string that has begun. */
export function partialHeadline(content: string): string {
  const start = content.slice(0, 600);
  const match = /"(?:command|file_path|notebook_path|pattern|query|path|url|description)"\s*:\s*"((?:[^"\\]|\\.)*)/.exec(start);
  return match?.[1] === undefined ? "" : oneLine(match[1].replace(/\\[nt]/g, " ").replace(/\\(["\\/])/g, "$1"));
}

function parsedObject(content: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function fitsHeadline(value: string): boolean {
  return value.length <= HEADLINE && !value.trimEnd().includes("\n");
}

function oneLine(value: string): string {
  const line = value.slice(0, HEADLINE * 2).trim().replace(/\s+/g, " ");
  return line.length > HEADLINE ? `${line.slice(0, HEADLINE)}…` : line;
}
