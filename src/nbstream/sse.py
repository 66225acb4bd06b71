"""Bytes to Server-Sent Events and back; no I/O, no clock, no logging.

A chunk's line ends become LF, and everything up to its last blank line is decoded and cut into
blocks, one block an event, by one regular expression; what follows waits for the next chunk. The usual block (`id`,
`event` and `data` lines, in this order, at most one of each) is read by that expression, any other line by line.
Every byte is looked at a fixed number of times, however the stream is cut: O(n).

Source: WHATWG HTML 9.2.5 "Parsing an event stream", 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from nbstream.errors import EventTooLarge

# A tool result with a base64 image passes 1 MiB, the limit of other clients. One event of 16 takes 50 MB to decode;
# made of millions of tiny lines, on purpose, 290 MB.
MAX_EVENT_BYTES = 16 * 1024 * 1024

BOM = b"\xef\xbb\xbf"

# An int, because looking for `b"\r"` takes five times as long.
CR = 0x0D
_LINE_ENDS = (CR, 0x0A)

# Digits of `retry` read as a number; more is beyond any clock, and Python refuses to read over 4,300.
RETRY_DIGITS = 18

# One block and its blank line; further blank lines match nothing and are passed over. Possessive, so a line is not
# read again: three optional parts that backtrack would read a long `data` line eight times. `.` is all but LF.
_BLOCK = re.compile(
    r"(?:id: ?+(.++)\n)?+(?:event: ?+(.*+)\n)?+data: ?+(.*+)\n\n"  # the usual one; an empty `id` is not
    r"|((?:.++\n)++)\n"  # any other
)

# Past the class's own __new__, which is Python and takes twice as long.
_new = tuple.__new__


class ServerSentEvent(NamedTuple):
    """One dispatched event. A tuple, because making a frozen dataclass costs as much as decoding its bytes.

    Args:
        event: its type, `message` where the stream names none.
        data: its data, UTF-8 with U+FFFD for invalid bytes; lines joined by LF.
        id: the last event id as of this event, "" where the stream has set none.
        retry: the reconnection time in ms as of this event, None where the stream has set none.
    """

    event: str
    data: str
    id: str = ""
    retry: int | None = None


class EventStreamDecoder:
    """Chunks of an event stream in, events out; any cut of the same bytes gives the same events.

    Attributes:
        last_event_id: what a reconnect sends as Last-Event-ID; "" where the stream has set none, or reset it.
        retry_ms: the reconnection time as sent, not clamped; None where the stream has set none.
        mid_event: the last `close` dropped an event that had begun, or half a line.
    """

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        """Start before the first byte.

        Args:
            max_event_bytes: of one event: all its lines, comments too, each line end counted as one byte.
        """
        self.last_event_id = ""
        self.retry_ms: int | None = None
        self.mid_event = False
        self._limit = max_event_bytes
        self._unfinished = bytearray()  # what follows the last blank line; its line ends are LF
        self._at_start = True  # of the stream, where a BOM may stand
        self._skip_next_lf = False  # the chunk before ended in CR, which has ended its line already
        self._too_large: EventTooLarge | None = None  # found in this chunk, to be raised
        self._ready: list[ServerSentEvent] = []  # the other events of that chunk
        self._skipping = False  # an event over the limit; `_unfinished` is its last byte
        self._skipped_id = ""  # the id as of that event, taken at its blank line

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that this chunk completes.

        Args:
            chunk: the next bytes of the stream, any number, cut anywhere.

        Raises:
            EventTooLarge: an event passed the limit in this chunk; once, if several did. The decoder goes on: the
                next call (`feed(b"")` will do) begins with the other events of this chunk, the rest of the event is
                passed over, and its id, where that stood within the limit, becomes `last_event_id`.
        """
        if self._at_start or self._skip_next_lf or self._skipping:
            chunk = self._normalised(chunk)
        elif CR in chunk:
            chunk = self._with_lf(chunk)
        # Whole events and nothing waiting is how a live stream comes: no need to look for where to cut.
        if chunk.endswith(b"\n\n") and not self._unfinished:
            events = self._events(chunk)
        else:
            events = self._events_and_keep(chunk)
        if self._ready or self._too_large:
            events = self._ready_or_raise(events)
        return events

    def close(self) -> None:
        """End the stream; the next chunk begins another, which goes on with the id and the reconnection time.

        What no blank line has closed is dropped, its id is not taken; a `retry` counts from the end of its line.
        """
        lines = self._unfinished.decode("utf-8", "replace").split("\n")
        self.mid_event = self._skipping or any(line and not line.startswith(":") for line in lines)
        if not self._skipping:
            self._read(lines[:-1])
        self._unfinished.clear()
        self._at_start = True
        self._skip_next_lf = self._skipping = False

    def _normalised(self, chunk: bytes) -> bytes:
        """The chunk without BOM, with LF line ends, and without what belongs to an event over the limit."""
        if self._at_start:
            chunk = self._without_bom(chunk)
        if self._skip_next_lf and chunk:
            self._skip_next_lf = False
            chunk = chunk.removeprefix(b"\n")
        if CR in chunk:
            chunk = self._with_lf(chunk)
        return self._after_skipped(chunk) if self._skipping else chunk

    def _with_lf(self, chunk: bytes) -> bytes:
        """The chunk with LF for CRLF and CR; `splitlines` of bytes knows these three and is quicker than `replace`."""
        last = chunk[-1]
        self._skip_next_lf = last == CR
        lines = chunk.splitlines()
        if last in _LINE_ENDS:
            lines.append(b"")
        return b"\n".join(lines)

    def _without_bom(self, chunk: bytes) -> bytes:
        """The chunk after the one BOM a stream may begin with; nothing while its three bytes may yet come."""
        chunk = bytes(self._unfinished) + chunk
        self._unfinished.clear()
        if len(chunk) < len(BOM) and BOM.startswith(chunk):
            self._unfinished += chunk
            return b""
        self._at_start = False
        return chunk.removeprefix(BOM)

    def _events_and_keep(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events up to the last blank line; what follows it waits, up to the limit."""
        events: list[ServerSentEvent] = []
        end = chunk.rfind(b"\n\n") + 2
        if end >= 2 or (chunk.startswith(b"\n") and self._unfinished.endswith(b"\n")):  # then `end` is 1
            blocks = b"".join((self._unfinished, chunk[:end]))
            self._unfinished.clear()
            events = self._events(blocks)
            chunk = chunk[end:]
        # A blank line that ends no event is no part of the next.
        self._unfinished += chunk if self._unfinished else chunk.lstrip(b"\n")
        if len(self._unfinished) > self._limit:
            self._give_up(self._unfinished)
            self._skipping = True
            del self._unfinished[:-1]
        return events

    def _events(self, blocks: bytes) -> list[ServerSentEvent]:
        """The events of whole blocks, the last one's blank line included."""
        if len(blocks) > self._limit + 1:
            return self._events_within_limit(blocks)
        text = blocks.decode("utf-8", "replace")
        has_nul = "\0" in text
        events = []
        for event_id, event, data, other in _BLOCK.findall(text):
            if other:
                if found := self._event_of_lines(other):
                    events.append(found)
                continue
            if event_id and not (has_nul and "\0" in event_id):
                self.last_event_id = event_id
            events.append(_new(ServerSentEvent, (event or "message", data, self.last_event_id, self.retry_ms)))
        return events

    def _event_of_lines(self, block: str) -> ServerSentEvent | None:
        """The event of one block, line by line; None where it has no data. Its id is taken either way."""
        event, data, event_id = self._read(block.split("\n"))
        if event_id is not None:
            self.last_event_id = event_id
        if not data:
            return None
        return ServerSentEvent(event or "message", "\n".join(data), self.last_event_id, self.retry_ms)

    def _read(self, lines: list[str]) -> tuple[str, list[str], str | None]:
        """What the lines say of event, data and id (None: nothing). `retry` alone takes effect at once."""
        event = ""
        data: list[str] = []
        event_id = None
        for line in lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name == "event":
                event = value
            elif name == "id" and "\0" not in value:
                event_id = value
            elif name == "retry" and value.isascii() and value.isdigit():
                digits = value.lstrip("0") or "0"
                self.retry_ms = int(digits) if len(digits) <= RETRY_DIGITS else 10**RETRY_DIGITS
        return event, data, event_id

    def _events_within_limit(self, blocks: bytes) -> list[ServerSentEvent]:
        """As `_events`, one block at a time, because one of them may be over the limit."""
        events = []
        for piece in blocks.split(b"\n\n"):
            block = piece.lstrip(b"\n")
            if len(block) >= self._limit:  # its last line end would be one byte more
                self._give_up(block + b"\n")
                self.last_event_id = self._skipped_id
            elif block:
                events += self._events(block + b"\n\n")
        return events

    def _ready_or_raise(self, events: list[ServerSentEvent]) -> list[ServerSentEvent]:
        """These events after those that waited while an error was raised; or the error of this chunk."""
        events, self._ready = self._ready + events, []
        if self._too_large:
            error, self._too_large, self._ready = self._too_large, None, events
            raise error
        return events

    def _give_up(self, block: bytes | bytearray) -> None:
        """Note an event over the limit; its lines within the limit still give the id and the reconnection time."""
        within = block[: self._limit].decode("utf-8", "replace")
        _, _, event_id = self._read(within.split("\n")[:-1])
        self._skipped_id = self.last_event_id if event_id is None else event_id
        self._too_large = self._too_large or EventTooLarge(len(block), self._limit)

    def _after_skipped(self, chunk: bytes) -> bytes:
        """What follows the blank line of the event that is passed over; nothing until that has come."""
        self._unfinished += chunk
        end = self._unfinished.find(b"\n\n")
        if end < 0:
            del self._unfinished[:-1]
            return b""
        rest = bytes(self._unfinished[end + 2 :])
        self._unfinished.clear()
        self._skipping = False
        self.last_event_id = self._skipped_id
        return rest


def encode(event: ServerSentEvent) -> bytes:
    """The bytes of one event; decoding them gives it back, CR and CRLF in `data` as LF.

    Args:
        event: an `id` of "" and a `retry` of None are left out: what the stream said before stays.

    Raises:
        ValueError: an id with NUL, CR or LF, a type with CR or LF, a `retry` below 0, a lone surrogate anywhere:
            no stream can carry them.
    """
    name, data, event_id, retry = event
    if "\0" in event_id or "\n" in event_id or "\r" in event_id:
        raise ValueError(f"an event id without NUL, CR and LF was expected, got {event_id!r}")
    if "\n" in name or "\r" in name:
        raise ValueError(f"an event type of one line was expected, got {name!r}")
    if retry is not None and retry < 0:
        raise ValueError(f"a reconnection time of 0 ms or more was expected, got {retry}")
    lines = data.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\ndata: ")
    id_line = f"id: {event_id}\n" if event_id else ""
    retry_line = "" if retry is None else f"retry: {retry}\n"
    return f"{id_line}event: {name}\n{retry_line}data: {lines}\n\n".encode()
