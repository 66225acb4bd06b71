"""Text for the static copy: hidden characters made visible, fences found, numbers and times short.

The same rules as `frontend/visible.ts`, `fences.ts` and `format.ts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from nbstream.messages import (
    CACHE_READ_TOKENS,
    COST_USD,
    DURATION_MS,
    INPUT_TOKENS,
    IS_ERROR,
    OUTPUT_TOKENS,
    TURNS,
    AgentRecord,
)
from nbstream.widget.outline import Node

_TERMINAL: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]")
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_OPENS: Final = re.compile(r"^ {0,3}(`{3,})([^`]*)$")
_CLOSES: Final = re.compile(r"^ {0,3}(`{3,})[ \t]*$")


def visible(text: str) -> str:
    """`text` with every hidden character shown as a mark that names it; for code and tool output."""
    return _HIDDEN.sub(_mark, re.sub(r"\r\n?", "\n", _TERMINAL.sub("", text)))


def printable(text: str) -> str:
    """`text` without the characters that no document may hold; for prose, where joiners have their place."""
    return _CONTROL.sub(_mark, re.sub(r"\r\n?", "\n", text))


def pieces(text: str) -> Iterator[tuple[Literal["text", "code"], str, str]]:
    """Prose and fenced code in turn: kind, language, content."""
    lines: list[str] = []
    fence, language = 0, ""
    for line in text.split("\n"):
        closing = _CLOSES.match(line) if fence else None
        opening = None if fence else _OPENS.match(line)
        if (closing is None or len(closing[1]) < fence) and opening is None:
            lines.append(line)
            continue
        yield ("code" if fence else "text"), language, "\n".join(lines)
        lines = []
        fence, language = (len(opening[1]), opening[2].strip().split(" ")[0][:20]) if opening else (0, "")
    yield ("code" if fence else "text"), language, "\n".join(lines)


def duration(seconds: float) -> str:
    """Seconds as a person says them: "0.3 s", "12 s", "2:05", "1:02:07"."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    if seconds < 59.5:
        return f"{round(seconds)} s"
    return clock(seconds)


def clock(seconds: float) -> str:
    """Seconds as a clock: "0:42", "1:02:07"."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def plural(count: int, noun: str) -> str:
    """`3 blocks`, `1 block`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def took(record: AgentRecord) -> str:
    """How long the whole run took, or nothing where it is not known."""
    start = record.started_at or record.created_at
    if start is None or record.completed_at is None:
        return ""
    return clock((record.completed_at - start).total_seconds())


def ending(status: str) -> str:
    """The word a reader sees for a status."""
    return {"completed": "finished"}.get(status, status)


def figures(node: Node) -> list[tuple[str, str]]:
    """What a run, or a turn, took: name and value."""
    found = [("status", "failed" if node.metadata.get(IS_ERROR) is True else "finished")]
    for name, key in _FIGURES:
        value = node.metadata.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            found.append((name, _figure(key, value)))
    return found


_FIGURES: Final = (
    ("took", DURATION_MS),
    ("turns", TURNS),
    ("input", INPUT_TOKENS),
    ("cached", CACHE_READ_TOKENS),
    ("output", OUTPUT_TOKENS),
    ("cost", COST_USD),
)


def _figure(key: str, value: Any) -> str:
    if key == DURATION_MS:
        return duration(value / 1000)
    if key == COST_USD:
        return f"${value:.2f}" if value == 0 or value >= 0.1 else f"${value:.3f}" if value >= 0.001 else f"${value:.2g}"
    return f"{value:,.0f}"


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    return chr(0x2400 + code) if code < 0x20 else f"⟨U+{code:04X}⟩"
