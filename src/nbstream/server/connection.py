"""One WebSocket's subscriptions: history, then live, of many agents, at the pace of its reader.

What waits for a slow reader is bounded: one frame on its way, a queue of rows per agent (given up when it is full, and
then read from the store), and one piece of news per agent. Knows nothing of HTTP: it is given a function that sends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.errors import NbstreamError
from nbstream.messages import TERMINAL
from nbstream.server.refusals import AboveHead, BadRequest
from nbstream.service import Follower
from nbstream.wire import (
    Ping,
    Raw,
    StatusJson,
    Subscribe,
    batch_json,
    error_json,
    raw_json,
    read_asked,
    record_json,
    split,
    status_json,
)

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, AgentRecord
    from nbstream.server.backend import Backend
    from nbstream.server.scope import Scope
    from nbstream.server.stores import Held, Kind
    from nbstream.wire import Asked

QUEUE: Final = 2_000
"""Rows of one agent that wait for one reader; what comes after is read from the store."""
SUBSCRIPTIONS: Final = 500
"""Agents of one connection."""
PAGE: Final = 1_000
"""Rows of one frame at most."""
SLOW_S: Final = 10.0
"""Seconds that one frame, of 1 MB at most, may take to leave; then the reader is cut off and resumes when it can."""
PACE_S: Final = 0.02
"""Seconds between two rounds while news keeps coming: what comes in between goes in one frame."""
TOO_SLOW: Final = 4008
GOING_DOWN: Final = 1001

_compact: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class CutOff(Exception):
    """The reader did not take a frame in time."""


@dataclass(slots=True, eq=False)
class Room:
    """One agent as one connection follows it.

    Args:
        held: the store that has it.
        head: the highest sequence number known to be saved.
        sent: the last sequence number that the reader has.
        told: the last status that was sent.
    """

    agent_id: UUID
    held: Held
    follower: Follower
    head: int
    sent: int = 0
    told: StatusJson | None = None


class Connection:
    """The rooms of one reader. Everything here runs on the server's loop, except `_wake`.

    Args:
        backend: the server's.
        scope: whose agents the reader may see.
        write: sends a text; what it returns ends when the text has left.
        hang_up: ends the connection with a code and a reason.
    """

    def __init__(
        self,
        backend: Backend,
        scope: Scope,
        write: Callable[[str], Awaitable[Any]],
        hang_up: Callable[[int, str], None],
    ) -> None:
        self.scope = scope
        self._backend = backend
        self._write = write
        self._hang_up = hang_up
        self._rooms: dict[UUID, Room] = {}
        self._news: dict[UUID, tuple[Kind, AgentRecord]] = {}
        self._loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()
        self._lock = threading.Lock()
        self._dirty: set[UUID] = set()
        self._ended = False
        backend.connections.add(self)
        self._sending = asyncio.create_task(self._send_all())

    async def receive(self, text: str | bytes) -> None:
        """Answers one frame of the reader; the next one waits for that, so nobody can ask faster than be answered."""
        agent_id: UUID | None = None
        try:
            asked = _read(text)
            if isinstance(asked, Ping):
                await self._send(_compact({"type": "pong"}))
                return
            agent_id, what = asked
            await self._answer(agent_id, what)
        except CutOff:
            pass
        except NbstreamError as error:
            await self._tell_error(agent_id, error)

    def announce(self, kind: Kind, record: AgentRecord) -> None:
        """Takes news of an agent; of several before they can be sent the last one counts."""
        before = self._news.get(record.id)
        if before is not None and before[0] == "agent:created" and kind == "agent:updated":
            kind = "agent:created"
        self._news[record.id] = (kind, record)
        self._awake.set()

    def end(self, code: int = GOING_DOWN, reason: str = "the server is going down") -> None:
        """Leaves every room and hangs up; calling it again does nothing."""
        if not self._ended:
            self._ended = True
            self._backend.connections.discard(self)
            self._sending.cancel()
            for agent_id in list(self._rooms):
                self._leave(agent_id)
            self._hang_up(code, reason)

    async def _answer(self, agent_id: UUID, asked: Asked) -> None:
        match asked:
            case Subscribe(since):
                await self._subscribe(agent_id, since)
            case Raw(number):
                held, _ = await self._backend.call(self._backend.stores.find, agent_id, self.scope)
                found = await self._backend.call(held.store.read, agent_id, since=number - 1, limit=1, raw=True)
                raw = next((row.raw for row in found if row.sequence_number == number), None)
                await self._send(_compact(raw_json(agent_id, number, raw)))
            case _:
                self._leave(agent_id)

    async def _subscribe(self, agent_id: UUID, since: int) -> None:
        self._leave(agent_id)
        if len(self._rooms) >= SUBSCRIPTIONS:
            raise BadRequest(f"a connection may follow {SUBSCRIPTIONS} agents: unsubscribe from some, or open another")
        room = await self._backend.call(self._enter, agent_id, since)
        if self._ended or agent_id in self._rooms:
            room.follower.close()
            room.held.follow(agent_id, -1)
            return
        self._rooms[agent_id] = room
        self._wake(agent_id)

    def _enter(self, agent_id: UUID, since: int) -> Room:
        """Joins the room, on a thread that may wait: the follower subscribes first and reads the history second."""
        held, record = self._backend.stores.find(agent_id, self.scope)
        head = held.store.head(agent_id)
        if since > head:
            raise AboveHead(since, head)
        held.follow(agent_id, 1)
        try:
            follower = Follower(held.service, agent_id, since, partial(self._wake, agent_id), limit=QUEUE)
            if record.status not in TERMINAL:
                held.service.look_after(record)
        except BaseException:
            held.follow(agent_id, -1)
            raise
        return Room(agent_id, held, follower, head, since)

    def _leave(self, agent_id: UUID) -> None:
        room = self._rooms.pop(agent_id, None)
        if room is not None:
            room.follower.close()
            room.held.follow(agent_id, -1)

    def _wake(self, agent_id: UUID) -> None:
        """There is something for that room. From any thread."""
        with self._lock:
            first = not self._dirty
            self._dirty.add(agent_id)
        if first and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._awake.set)

    async def _send_all(self) -> None:
        """Sends what there is, one batch of each room in turn, until the connection ends."""
        try:
            while True:
                await self._awake.wait()
                self._awake.clear()
                with self._lock:
                    dirty, self._dirty = self._dirty, set()
                await self._send_news()
                for agent_id in dirty:
                    room = self._rooms.get(agent_id)
                    if room is not None:
                        await self._serve(room)
                await asyncio.sleep(PACE_S)
        except CutOff:
            pass
        except NbstreamError as error:  # the store is closed: the reader comes back and is given another one
            self._backend.connections.discard(self)
            await self._tell_error(None, error)
            self._sending = asyncio.create_task(asyncio.sleep(0))
            self.end()

    async def _send_news(self) -> None:
        news, self._news = self._news, {}
        for kind, record in news.values():
            if kind == "agent:deleted":
                self._leave(record.id)
                await self._send(_compact({"type": kind, "agent_id": str(record.id)}))
            else:
                await self._send(_compact({"type": kind, "record": record_json(record)}))

    async def _serve(self, room: Room) -> None:
        """The next rows of one agent, and its status if that has changed."""
        follower = room.follower
        if room.told is None:
            await self._tell_status(room)
        if follower.behind:
            rows, room.head = await self._backend.call(_catch_up, room)
        else:
            rows = follower.batch()
        for part in split(rows):
            for start in range(0, len(part), PAGE):
                await self._send_rows(room, part[start : start + PAGE])
        await self._tell_status(room)
        if rows or follower.behind:
            self._wake(room.agent_id)

    async def _send_rows(self, room: Room, rows: list[AgentMessage]) -> None:
        after, room.sent = room.sent, rows[-1].sequence_number or 0
        room.head = max(room.head, room.sent)
        await self._send(_compact(batch_json(room.agent_id, rows, head=room.head, after=after)))

    async def _tell_status(self, room: Room) -> None:
        follower = room.follower
        live = follower.live
        said = status_json(
            follower.record,
            head=room.head,
            duplicates=follower.duplicates,
            live={"state": live.state, "detail": live.detail},
            complete=follower.done,
        )
        if room.told is None or {**said, "head": 0} != {**room.told, "head": 0}:
            room.told = said
            await self._send(_compact(said))

    async def _tell_error(self, agent_id: UUID | None, error: Exception) -> None:
        with contextlib.suppress(CutOff):
            await self._send(_compact(error_json(agent_id, error)))

    async def _send(self, text: str) -> None:
        """Sends one frame, and waits until it has left.

        Raises:
            CutOff: it did not in time, so the reader is cut off.
        """
        leaving = asyncio.ensure_future(self._write(text))
        done, _ = await asyncio.wait({leaving}, timeout=SLOW_S)
        if not done or leaving.exception() is not None:
            leaving.add_done_callback(_heed)
            self.end(TOO_SLOW, "too slow: reconnect, and subscribe with the last sequence number")
            raise CutOff


def _catch_up(room: Room) -> tuple[list[AgentMessage], int]:
    """Rows from the store, and its head; on a thread that may wait."""
    rows = room.follower.batch()
    return rows, room.held.store.head(room.agent_id)


def _heed(future: asyncio.Future[Any]) -> None:
    """Looks at what came of it, so that asyncio does not complain that nobody did."""
    if not future.cancelled():
        future.exception()


def _read(text: str | bytes) -> tuple[UUID, Asked] | Ping:
    try:
        asked = read_asked(json.loads(text))
    except (ValueError, RecursionError):
        asked = None
    if asked is None:
        raise BadRequest(
            'expected a JSON object with the type "subscribe", "unsubscribe" or "raw" and an agent_id, or "ping"'
        )
    return asked
