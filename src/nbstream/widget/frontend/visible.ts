/**
 * Makes visible what would hide: controls, bidirectional overrides, zero-width and tag characters. Pure.
 *
 * For code and tool output, where a character that shows nothing can only mislead. Terminal colour and cursor sequences
 * are taken out: they say how, not what.
 */

// Each alternative is linear: its repetition excludes the character that starts the next sequence.
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;

const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/** `text` with every hidden character shown as a mark that names it. */
export function visible(text: string): string {
  return text.replace(TERMINAL, "").replace(/\r\n?/g, "\n").replace(HIDDEN, mark);
}

function mark(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
