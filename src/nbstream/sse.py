"""Bytes to Server-Sent Events; no I/O, no clock, no logging."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One dispatched event.

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
