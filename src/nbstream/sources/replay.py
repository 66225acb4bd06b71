"""A recording played at a chosen pace, read straight from its file: no proxy, no program."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from nbstream.errors import SourceGone, SourceUnavailable
from nbstream.sources import End, Gap, News, Request
from nbstream.sources.order import Position
from nbstream.sse import ServerSentEvent

BATCH: Final = 256
"""Lines handed on together when they are played without a pause."""
SHIPPED: Final = Path(__file__).parents[1] / "proxy" / "recordings"
"""Recordings of real programs against a canned model."""


class ReplaySource:
    """A file of JSON lines, one event a line, played again.

    Args:
        path: the recording, or the name of one that nbstream ships: `claude-tool`, `codex-tool`, `gemini-tool`.
        parser: the wire format of its lines.
        interval: seconds between two lines; 0 plays as fast as they can be stored.
        exit_code: what its program ended with, where that is known.
    """

    name = "recording"
    resumable = True

    def __init__(
        self, path: str | Path, *, parser: str = "claude", interval: float = 0.0, exit_code: int | None = None
    ) -> None:
        self.parser = parser
        shipped = SHIPPED / f"{path}.jsonl"
        named = not Path(path).exists() and str(path) == shipped.stem and shipped.is_file()
        self._path = shipped if named else Path(path).expanduser().resolve()
        self._interval = interval
        self._exit_code = exit_code
        self._stopped = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again."""
        options = {
            "path": str(self._path),
            "parser": self.parser,
            "interval": self._interval,
            "exit_code": self._exit_code,
        }
        return {"name": self.name, "options": options}

    async def events(
        self, request: Request, cursor: str | None
    ) -> AsyncIterator[list[ServerSentEvent] | News | Gap | End]:
        """See `Source.events`. The epoch is the hash of the file, so a changed file is never mixed with the old one."""
        lines, epoch = await asyncio.to_thread(self._load)
        start = Position.parse(cursor) if cursor else None
        if start is not None and start.epoch != epoch:
            raise SourceGone(f"{self._path} has changed since line {start.line} was read: launch it again")
        yield News("live")
        first = start.line if start else 0
        step = 1 if self._interval > 0 else BATCH
        for at in range(first, len(lines), step):
            if self._stopped.is_set():
                yield End("stopped")
                return
            numbered = enumerate(lines[at : at + step], at + 1)
            yield [ServerSentEvent("message", line, f"{epoch}.{number}") for number, line in numbered]
            if self._interval > 0:
                await self._pause()
        yield End("exited" if self._exit_code is not None else "eof", exit_code=self._exit_code)

    async def stop(self, request: Request) -> None:
        """Ends the replay after the line that is being played."""
        self._stopped.set()

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._interval):
                await self._stopped.wait()

    def _load(self) -> tuple[list[str], str]:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise SourceUnavailable(f"expected a recording at {self._path}: {error.strerror or error}") from error
        text = content.decode("utf-8", "replace")
        lines = text.split("\n")
        if lines and not lines[-1]:
            lines.pop()
        return [line.removesuffix("\r") for line in lines], hashlib.sha256(content).hexdigest()[:12]
