"""What the makers of streams share: a stream, its bytes, and words to fill it with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

WORDS = (
    "a", "the answer", " is", " 42", ".", "\n", "\n\n", "- ", "`x`", "é", "日本", "\U0001f600", "\u2028", '"', "\\", "{", "}",
    "data: x", "event: y", ":", " ", "\t", "[DONE]", "null", "é\u0301", "\u0085", "</b>", "$&", "x" * 40,
)  # fmt: skip
ENDS = ("\n", "\n", "\r\n", "\r")


@dataclass
class Stream:
    """One valid stream.

    Args:
        events: type (None: the stream names none) and data of each event, in order.
        blocks: part, tool name (None where it is no call) and content of each block a reader must see, in order.
        calls: id, name and input of each tool call.
        usage: the counts, under OpenTelemetry names, inclusive of the cache.
        stop: why the answer is over, in the words of the format.
        wire: the bytes a server sends: any line end, comments, pings.
    """

    events: list[tuple[str | None, str]]
    blocks: list[tuple[str, str | None, str]] = field(default_factory=list)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)
    stop: str | None = None
    wire: bytes = b""


def finished(rng: Random, stream: Stream) -> Stream:
    """The stream with its bytes."""
    end = rng.choice(ENDS)
    space = rng.choice((" ", " ", ""))
    pieces = [rng.choice(("", "", "\ufeff", f": hello{end}{end}"))]
    for name, data in stream.events:
        if rng.random() < 0.1:
            pieces.append(f": {rng.choice(('keep-alive', 'OPENROUTER PROCESSING', ''))}{end}{end}")
        if name is not None:
            pieces.append(f"event:{space}{name}{end}")
        # Without the space a value that begins with one would lose it.
        gap = space if not data.startswith(" ") else " "
        pieces.append(f"data:{gap}{data}{end}{end}")
    stream.wire = "".join(pieces).encode()
    return stream


def dumped(rng: Random, value: Any) -> str:
    """The value as a server may write it: any script or escaped, tight or with spaces."""
    ascii_only = rng.random() < 0.5
    return json.dumps(value, ensure_ascii=ascii_only, separators=rng.choice((None, (",", ":"))))


def words(rng: Random, most: int = 6, least: int = 0) -> str:
    """A text of some words; may be empty."""
    return "".join(rng.choice(WORDS) for _ in range(rng.randint(least, most)))


def pieces_of(rng: Random, text: str) -> list[str]:
    """The text cut anywhere, with an empty piece now and then; joined it is the text again."""
    pieces = []
    while text:
        size = rng.randint(1, max(1, len(text)))
        pieces.append(text[:size])
        text = text[size:]
        if rng.random() < 0.1:
            pieces.append("")
    return pieces


def arguments(rng: Random) -> dict[str, Any]:
    """The input of a tool call: a JSON object, empty now and then."""
    if rng.random() < 0.15:
        return {}
    return {rng.choice(("path", "q", "é", "n", 'a"b', "")): value(rng) for _ in range(rng.randint(1, 3))}


def value(rng: Random, depth: int = 2) -> Any:
    """Any JSON value that every reader reads alike."""
    kind = rng.randrange(8 if depth else 6)
    if kind == 0:
        return rng.choice((None, True, False))
    if kind == 1:
        return rng.randint(-(2**31), 2**31)
    if kind == 2:
        return rng.choice((0.5, -1.25, 3e10))
    if kind in (3, 4, 5):
        return words(rng, 3)
    if kind == 6:
        return [value(rng, depth - 1) for _ in range(rng.randint(0, 2))]
    return {words(rng, 1): value(rng, depth - 1) for _ in range(rng.randint(0, 2))}


def identity(rng: Random, prefix: str) -> str:
    """An id like those of the providers."""
    return f"{prefix}{rng.getrandbits(48):012x}"


def tool_name(rng: Random) -> str:
    """The name of a tool."""
    return rng.choice(("get_weather", "read-file", "Bash", "f"))
