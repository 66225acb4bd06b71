"""Events as a row's `raw` keeps them, and back: what a restarted service reads is what the first one read.

An event is its data, on a line of its own. Where that would not say all, it is written as an event stream writes it:
one `event:` line, then a `data:` line for each line of the data. That is so for data of several lines, for data that
itself begins like such a line, and for an event's type where the format needs it (`MessageParser.named`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nbstream.sse import ServerSentEvent

_EVENT: Final = "event: "
DATA: Final = "data: "
_PLAIN: Final = "message"
"""The type of an event that names none. Source: WHATWG HTML 9.2.6."""


def raw_of(event: ServerSentEvent, *, named: bool) -> str:
    """The lines of one event.

    Args:
        event: as the decoder gave it.
        named: its type is part of what it says.
    """
    name, data = event.event, event.data
    if not named:
        name = _PLAIN
    if name == _PLAIN and "\n" not in data and not data.startswith((_EVENT, DATA)):
        return data
    lines = data.replace("\n", f"\n{DATA}")
    return f"{_EVENT}{name}\n{DATA}{lines}"


def events_in(raw: str) -> Iterator[ServerSentEvent]:
    """The events of one row's `raw`, in order. O(n)."""
    if _EVENT not in raw:
        yield from (ServerSentEvent(_PLAIN, line) for line in raw.split("\n"))
        return
    lines = raw.split("\n")
    at = 0
    while at < len(lines):
        start = at
        at += 1
        if not lines[start].startswith(_EVENT) or at == len(lines) or not lines[at].startswith(DATA):
            yield ServerSentEvent(_PLAIN, lines[start])
            continue
        while at < len(lines) and lines[at].startswith(DATA):
            at += 1
        data = "\n".join(line.removeprefix(DATA) for line in lines[start + 1 : at])
        yield ServerSentEvent(lines[start].removeprefix(_EVENT), data)
