/**
 * Markdown → tokens, by markdown-it, which is used for nothing else: no rendering, no raw HTML, no guessed links.
 *
 * Tokens are only read for their kind; what element a kind becomes is decided in markdown.ts and inline.ts.
 */

import MarkdownIt from "markdown-it";

import { NESTING_LIMIT } from "./limits.ts";

export interface Token {
  readonly type: string;
  readonly tag: string;
  readonly nesting: number;
  readonly level: number;
  readonly attrs: readonly (readonly [string, string | number])[] | null;
  /** First line, and the line after the last. */
  readonly map: readonly [number, number] | null;
  readonly children: readonly Token[] | null;
  readonly content: string;
  readonly markup: string;
  readonly info: string;
  readonly hidden: boolean;
}

/** Definitions of the kind `[label]: address`. */
export type References = Readonly<Record<string, { readonly title: string; readonly href: string }>>;

/** One block of the text's outermost level. */
export interface Group {
  readonly tokens: readonly Token[];
  readonly start: number;
  readonly end: number;
}

export interface Parsed {
  readonly groups: readonly Group[];
  readonly references: References;
}

const parser = new MarkdownIt({ html: false, linkify: false, typographer: false, maxNesting: NESTING_LIMIT });

/** Parses text whose line ends are `\n`. Costs O(its length) for all that people write. */
export function parse(text: string, references: References): Parsed {
  const env = { references: { ...references } };
  const tokens: readonly Token[] = parser.parse(text, env);
  return { groups: grouped(tokens), references: env.references };
}

function grouped(tokens: readonly Token[]): Group[] {
  const groups: Group[] = [];
  let first = 0;
  tokens.forEach((token, index) => {
    if (token.level !== 0 || token.nesting > 0) return;
    const [start, end] = tokens[first]?.map ?? [0, 0];
    groups.push({ tokens: tokens.slice(first, index + 1), start, end });
    first = index + 1;
  });
  return groups;
}

/** The value of an attribute that markdown-it gave a token. */
export function attribute(token: Token, name: string): string {
  return String(token.attrs?.find(([key]) => key === name)?.[1] ?? "");
}

/** The info of a code block, with its escapes and references read. */
export function infoOf(token: Token): string {
  return parser.utils.unescapeAll(token.info);
}

/** Whether markdown-it has dropped what was deeper than it goes. */
export function tooDeep(tokens: readonly Token[]): boolean {
  return tokens.some((token) => token.nesting > 0 && token.level >= NESTING_LIMIT - 1);
}
