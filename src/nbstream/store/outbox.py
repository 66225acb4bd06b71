"""Frames on their way to one client: replies always, news as far as there is room."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nbstream.store.wire import Frame, Header

NEWS_BYTES: Final = 32 * 1024 * 1024
"""News that may wait for a slow client. Beyond it news is dropped and the client told so; it reads the store."""

MISSED: Final = "missed"


class Outbox:
    """A queue of frames with one reader.

    News that finds no room is dropped, and in its place stands one `missed` frame; news is dropped until that frame
    has left, so that whoever reads the store after it has seen `missed` misses nothing.
    """

    def __init__(self) -> None:
        self._frames: deque[tuple[Frame, int]] = deque()
        self._news_bytes = 0
        self._missed = False
        self._closed = False
        self._changed = threading.Condition()

    def reply(self, header: Header, body: bytes = b"") -> None:
        """Add a frame that must arrive."""
        with self._changed:
            self._frames.append(((header, body), 0))
            self._changed.notify()

    def news(self, header: Header, body: bytes) -> None:
        """Add a frame if there is room."""
        with self._changed:
            if self._missed:
                return
            if self._news_bytes and self._news_bytes + len(body) > NEWS_BYTES:
                self._missed = True
                self._frames.append((({"push": MISSED}, b""), 0))
            else:
                size = len(body) + 1
                self._news_bytes += size
                self._frames.append(((header, body), size))
            self._changed.notify()

    def take(self) -> Frame | None:
        """The next frame; waits for one. None when the box is closed and empty."""
        with self._changed:
            while not self._frames and not self._closed:
                self._changed.wait()
            if not self._frames:
                return None
            frame, size = self._frames.popleft()
            self._news_bytes -= size
            if frame[0].get("push") == MISSED:
                self._missed = False
            return frame

    def close(self) -> None:
        """Take nothing more; what is in it still goes."""
        with self._changed:
            self._closed = True
            self._changed.notify()
