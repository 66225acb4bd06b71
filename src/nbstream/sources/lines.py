"""Bytes → lines, one event each: NDJSON, and what a program prints."""

from __future__ import annotations

from typing import Final

from nbstream.errors import EventTooLarge
from nbstream.sse import ServerSentEvent

MAX_LINE_BYTES: Final = 16 * 1024 * 1024
"""One line of an agent can hold a whole image; beyond this it is no line."""


class LineDecoder:
    """Cuts bytes at LF; a CR before it and empty lines are dropped. Cost: each byte is looked at once.

    Args:
        max_event_bytes: of one line.
    """

    def __init__(self, *, max_event_bytes: int = MAX_LINE_BYTES) -> None:
        self._limit = max_event_bytes
        self._pieces: list[bytes] = []
        self._size = 0
        self._ready: list[ServerSentEvent] = []
        self._skipping = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The lines that this chunk completes.

        Raises:
            EventTooLarge: a line passed the limit; the next call (`feed(b"")` will do) begins with the other lines.
        """
        whole, newline, rest = chunk.rpartition(b"\n")
        too_large = self._finish(whole) if newline else None
        if rest:
            self._pieces.append(rest)
            self._size += len(rest)
            if self._size > self._limit and not self._skipping:
                too_large, self._skipping = EventTooLarge(self._size, self._limit), True
            if self._skipping:
                self._pieces.clear()
        if too_large is not None:
            raise too_large
        events, self._ready = self._ready, []
        return events

    def close(self) -> list[ServerSentEvent]:
        """The last line, where no line end has closed it: a program that ends says what it said."""
        self._finish(b"")
        events, self._ready = self._ready, []
        return events

    def _finish(self, whole: bytes) -> EventTooLarge | None:
        """The line that was begun, and all that are whole."""
        lines = b"".join([*self._pieces, whole]).split(b"\n")
        if self._skipping:
            lines = lines[1:]
        self._pieces.clear()
        self._size, self._skipping = 0, False
        large = [len(line) for line in lines if len(line) > self._limit]
        for line in lines:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text and len(line) <= self._limit:
                self._ready.append(ServerSentEvent("message", text))
        return EventTooLarge(large[0], self._limit) if large else None
