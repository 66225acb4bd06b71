"""Agents' streams made of bytes in memory, fed to the real service through the seam that every source uses."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from nbstream.frames import Store
from nbstream.messages import AgentRecord
from nbstream.service import StreamingService, Subscriber
from nbstream.sources import End, Gap, News, Request
from nbstream.sources.order import InOrder
from nbstream.sse import EventStreamDecoder, ServerSentEvent
from nbstream.store import Committed, new_id

EVENT_BYTES = 183
"""Of one event with its `id`, `event` and `data` lines: the mean of recorded agent streams."""
CHUNK = 65536
WORDS = (
    "the",
    "agent",
    "reads",
    "a",
    "file",
    "and",
    "says",
    "what",
    "it",
    "holds",
    "before",
    "it",
    "goes",
    "on",
    "to",
    "write",
)
EDGES = 2
"""Events at the beginning that make no row: the answer's and the block's start."""


def text_of(length: int, chosen: random.Random) -> str:
    """Words of just so many characters."""
    text = ""
    while len(text) < length:
        text += chosen.choice(WORDS) + " "
    return text[:length]


def lines(count: int, seed: int = 1) -> list[str]:
    """An answer of so many deltas as Anthropic's API streams it; each delta's event has `EVENT_BYTES` bytes."""
    chosen = random.Random(seed)
    start = {"type": "message", "id": "msg_1", "role": "assistant", "model": "m", "content": []}
    found = [
        json.dumps({"type": "message_start", "message": start}),
        json.dumps({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    ]
    for number in range(EDGES + 1, count + EDGES + 1):
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ""}}
        bare = len(event_of(number, json.dumps(delta)))
        delta["delta"]["text"] = text_of(EVENT_BYTES - bare, chosen)  # type: ignore[index]
        found.append(json.dumps(delta))
    return found


def claude_lines(count: int, seed: int = 1) -> list[str]:
    """The same answer as Claude Code prints it: each event in a frame of its own, with session and uuid."""
    session = str(uuid4())
    return [
        json.dumps(
            {"type": "stream_event", "event": json.loads(line), "session_id": session, "parent_tool_use_id": None,
             "uuid": str(uuid4())}
        )
        for line in lines(count, seed)
    ]  # fmt: skip


def event_of(number: int, line: str) -> bytes:
    """A line as a proxy sends it."""
    return f"id: e1.{number}\nevent: message\ndata: {line}\n\n".encode()


def stream_of(log: Sequence[str]) -> bytes:
    return b"".join(event_of(number, line) for number, line in enumerate(log, 1))


def cut(stream: bytes, size: int = CHUNK) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


class Gate:
    """Holds all sources back until every agent is there, so that what is timed is the stream alone."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.waiting = 0

    async def wait(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.waiting += 1
        await self._event.wait()

    def open(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._event.set)


class MemorySource:
    """Chunks in memory instead of a connection; decoded and put in order as a proxy's are."""

    name = "memory"
    resumable = False

    def __init__(self, chunks: Sequence[bytes], gate: Gate, parser: str = "anthropic") -> None:
        self.parser = parser
        self._chunks = chunks
        self.gate = gate

    def describe(self) -> dict[str, Any]:
        return {"name": self.name, "options": {}}

    async def events(
        self, request: Request, cursor: str | None
    ) -> AsyncIterator[list[ServerSentEvent] | News | Gap | End]:
        await self.ready()
        yield News("live")
        decoder, order = EventStreamDecoder(), InOrder(cursor)
        async for chunk in self.chunks():
            if ready := order.take(decoder.feed(chunk)):
                yield ready
        yield End("exited", exit_code=0)

    async def ready(self) -> None:
        """Before the first byte."""
        await self.gate.wait()

    async def chunks(self) -> AsyncIterator[bytes]:
        """What comes; each read gives the loop a turn, as one from a socket does."""
        for chunk in self._chunks:
            await asyncio.sleep(0)
            yield chunk

    async def stop(self, request: Request) -> None:
        """It ends by itself."""


class Seen:
    """Counts what is emitted, and a consumer that takes it out of every agent's room, as views do."""

    def __init__(self, service: StreamingService, agents: Sequence[UUID]) -> None:
        self.emitted = self.at_first = 0
        self.first = self.last = 0.0
        self.delivered = 0
        self._all = threading.Event()
        self._news = threading.Event()
        self._wanted = 0
        self._over = False
        self._rooms: list[Subscriber] = [service.hub.subscribe(agent, wake=self._news.set) for agent in agents]
        self._unlisten = service.store.on_commit(self._heed)  # after the hub's own: it has published by then
        self._consumer = threading.Thread(target=self._consume, daemon=True)
        self._consumer.start()

    def wait(self, wanted: int, timeout: float) -> None:
        """Until so many messages were emitted."""
        self._wanted = wanted
        if self.emitted < wanted and not self._all.wait(timeout) and self.emitted < wanted:
            raise SystemExit(f"{self.emitted:,} of {wanted:,} messages came within {timeout:.0f} s")

    def close(self) -> None:
        self._unlisten()
        self._over = True
        self._news.set()
        self._consumer.join()

    def _heed(self, committed: Committed) -> None:
        if committed.messages:
            self.heed(committed)
            if self._wanted and self.emitted >= self._wanted:
                return  # the rows that an end makes
            self.last = time.perf_counter()
            self.emitted += len(committed.messages)
            if not self.first:
                self.first, self.at_first = self.last, self.emitted
            if self._wanted and self.emitted >= self._wanted:
                self._all.set()

    def heed(self, committed: Committed) -> None:
        """For a measure of its own."""

    def _consume(self) -> None:
        while not self._over:
            self._news.wait()
            self._news.clear()
            for room in self._rooms:
                self.delivered += len(room.drain())


@contextmanager
def serving(path: Path) -> Iterator[StreamingService]:
    """A service on a new store in a file."""
    with Store.open(path) as store:
        service = StreamingService(store)
        try:
            yield service
        finally:
            service.close()


def start_all(service: StreamingService, sources: Sequence[Any], ids: Sequence[UUID] | None = None) -> list[UUID]:
    """Starts an agent for each source; several at a time, since each start waits for a commit."""

    def start(source: Any, agent_id: UUID) -> UUID:
        record = AgentRecord(
            id=agent_id,
            type=source.parser,
            status="created",
            source=source.name,
            prompt="x",
            created_at=datetime.now(UTC),
        )
        service.start(record, source, Request(agent_id=agent_id, prompt="x"))
        return agent_id

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(start, sources, ids or [new_id() for _ in sources]))


def all_ended(service: StreamingService, timeout: float = 60.0) -> None:
    """Waits until no agent is read any more."""
    until = time.monotonic() + timeout
    while service.busy:
        if time.monotonic() > until:
            raise SystemExit("some agents did not end")
        time.sleep(0.01)
