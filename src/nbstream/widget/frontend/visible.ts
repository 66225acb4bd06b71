/**
 * Makes visible what would hide: controls, bidirectional overrides, zero-width and tag characters. Pure.
 *
 * For code and tool output, where a character that shows nothing can only mislead. Terminal colour and cursor sequences
 * are taken out where no terminal is played: they say how, not what.
 */

// Each alternative is linear: its repetition excludes the character that starts the next sequence.
const TERMINAL = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]/g;

const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** `text` without terminal sequences and with every hidden character shown as a mark that names it. */
export function visible(text: string): string {
  return marked(text.replace(TERMINAL, "").replace(/\r\n?/g, "\n"));
}

/** `text` with every hidden character shown as a mark that names it; a carriage return stays. */
export function marked(text: string): string {
  return text.replace(HIDDEN, mark);
}

function mark(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}
