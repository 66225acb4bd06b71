"""Which store holds an agent: the configured one, and those noted under the configured roots; no request names a path.

A store that a living process has is joined as soon as it is seen and stays joined; one that nobody has is opened when
it is asked for, and let go when nobody has asked for a while, so that other programs can have the file. Every method
blocks and may be called from any thread; nothing here runs on the server's event loop.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from nbstream.errors import StoreError
from nbstream.messages import TERMINAL
from nbstream.server.refusals import AgentGone, no_such_agent
from nbstream.service import close_service, open_service
from nbstream.store.endpoint import is_served
from nbstream.store.notes import noted

if TYPE_CHECKING:
    from nbstream.frames import Store
    from nbstream.messages import AgentRecord
    from nbstream.server.scope import Scope
    from nbstream.service import StreamingService
    from nbstream.store import Committed

IDLE_S: Final = 60.0
"""Seconds without a question after which a store that only this server has is closed."""
RETRY_S: Final = 30.0
"""Seconds until a store that could not be opened is tried again: a try may wait 8 s for its lock."""

Kind = Literal["agent:created", "agent:updated", "agent:deleted"]
Announce = Callable[[Kind, "AgentRecord"], None]
Stamp = tuple[tuple[int, int] | None, ...]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Held:
    """A store that this process has open.

    Args:
        records: its agents, as last committed.
        deleted: those that were deleted since it was opened.
        used: when it was last asked, on the monotonic clock.
        followed: how often each agent is followed by views.
    """

    path: Path
    store: Store
    service: StreamingService
    used: float
    records: dict[UUID, AgentRecord] = field(default_factory=dict)
    deleted: set[UUID] = field(default_factory=set)
    followed: dict[UUID, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    unlisten: Callable[[], None] = lambda: None

    def follow(self, agent_id: UUID, change: Literal[1, -1]) -> None:
        """One view more, or one less."""
        with self.lock:
            self.followed[agent_id] = self.followed.get(agent_id, 0) + change
            if not self.followed[agent_id]:
                del self.followed[agent_id]
        self.used = time.monotonic()


class Stores:
    """The stores of one server.

    Args:
        default: the configured store, made when an agent is launched; None for none.
        roots: folders, resolved; a noted store outside of them does not exist here.
        announce: told of every agent that is new, changed or gone; on a thread of a store.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        default: Path | None,
        roots: Sequence[Path],
        announce: Announce,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._default = default
        self._roots = tuple(roots)
        self._announce = announce
        self._clock = clock
        self._lock = threading.RLock()
        self._held: dict[Path, Held] = {}
        self._cold: dict[Path, tuple[Stamp, list[AgentRecord]]] = {}
        self._failed: dict[Path, float] = {}
        self._gone: dict[UUID, AgentRecord] = {}
        self._closed = threading.Event()

    def find(self, agent_id: UUID, scope: Scope) -> tuple[Held, AgentRecord]:
        """The store that holds an agent, open, and the agent's row.

        Raises:
            AgentNotFound: there is none of that id, or it is somebody else's.
            AgentGone: its file was deleted.
            StoreError: the store that has it cannot be opened now.
        """
        found = self._find(agent_id)
        if found is None:
            gone = self._gone.get(agent_id)
            if gone is not None and scope.holds(gone):
                raise AgentGone(f"agent {agent_id} is gone: it, or the file that held it, was deleted or moved away")
            raise no_such_agent(agent_id)
        held, record = found
        if not scope.holds(record):
            raise no_such_agent(agent_id)
        held.used = self._clock()
        return held, record

    def records(self, scope: Scope) -> list[AgentRecord]:
        """All agents that a person may see, oldest first."""
        found = {record.id: record for path in self._paths() for record in self._records_of(path)}
        return sorted(
            (record for record in found.values() if scope.holds(record)),
            key=lambda record: (record.created_at.timestamp() if record.created_at else 0.0, record.id),
        )

    def default(self) -> Held:
        """The store that launched agents go to, made where there is none.

        Raises:
            StoreError: it cannot be opened, or none is configured.
        """
        if self._default is None:
            raise StoreError("this server has no store for new agents: set NbstreamServer.store, or NBSTREAM_STORE")
        return self._open(self._default)

    def look(self) -> None:
        """Joins stores that have come, closes those nobody needs, forgets those that are gone.

        An agent that is watched and whose reader has died is read on from here.
        """
        for path in self._paths():
            if path not in self._held and self._may_try(path) and is_served(path):
                self._try_open(path, announce=True)
        for held in list(self._held.values()):
            if not held.path.exists():
                self._forget(held)
            elif self._idle(held):
                self._let_go(held)
            else:
                self._look_after(held)
        for path, (_, records) in list(self._cold.items()):
            if not path.exists() and path not in self._held:
                self._say_gone(records)
                self._cold.pop(path, None)

    def close(self) -> None:
        """Lets go of every store, of all at a time; agents behind a proxy go on there.

        Does not wait for one that is being opened: whoever opens it sees that it is too late.
        """
        self._closed.set()
        closing = [threading.Thread(target=self._end, args=(held,), daemon=True) for held in list(self._held.values())]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()

    def _paths(self) -> list[Path]:
        """The stores that exist for this server, the configured one first, then the one that was opened last."""
        paths = [self._default] if self._default is not None and self._default.exists() else []
        for path in noted():
            real = path.resolve()
            if real not in paths and any(real.is_relative_to(root) for root in self._roots):
                paths.append(real)
        return paths

    def _find(self, agent_id: UUID) -> tuple[Held, AgentRecord] | None:
        for held in list(self._held.values()):
            record = held.records.get(agent_id)
            if record is not None:
                return held, record
        for path in self._paths():
            if any(record.id == agent_id for record in self._records_of(path)):
                held = self._open(path)
                return held, held.records.get(agent_id) or held.store.get_agent(agent_id)
        return None

    def _records_of(self, path: Path) -> list[AgentRecord]:
        """The agents of a store; one that nobody has touched since is not opened again for that."""
        held = self._held.get(path)
        if held is None:
            stamp, records = self._cold.get(path, ((), []))
            if stamp == _stamp(path):
                return records
            if not self._may_try(path):
                return []
            held = self._try_open(path)
        if held is None:
            return []
        with held.lock:
            return list(held.records.values())

    def _may_try(self, path: Path) -> bool:
        return self._clock() >= self._failed.get(path, 0.0)

    def _try_open(self, path: Path, *, announce: bool = False) -> Held | None:
        try:
            return self._open(path, announce=announce)
        except StoreError as error:
            self._failed[path] = self._clock() + RETRY_S
            _log.warning("%s is left out for %.0f s: %s", path, RETRY_S, error)
            return None

    def _open(self, path: Path, *, announce: bool = False) -> Held:
        """The store of a path, opened if it is not; its agents are announced if they are news to everybody."""
        with self._lock:
            held = self._held.get(path)
            if held is not None or self._closed.is_set():
                if held is None:
                    raise StoreError("the server is going down")
                held.used = self._clock()
                return held
            known = {record.id for record in self._cold.get(path, ((), []))[1]}
            held = self._begin(path)
            self._held[path] = held
            self._cold.pop(path, None)
            if self._closed.is_set():  # it was not there yet when all were closed
                self._end(held)
                raise StoreError("the server is going down")
        for record in held.records.values() if announce else ():
            if record.id not in known:
                self._announce("agent:created", record)
        return held

    def _begin(self, path: Path) -> Held:
        """Opens a store, hears its commits and lists its agents."""
        store, service = open_service(path)
        held = Held(path, store, service, self._clock())
        try:
            held.unlisten = store.on_commit(partial(self._committed, held))
            # Not while its lock is held: a commit would wait for that, and the next owner's answer for the commit.
            listed = {record.id: record for record in store.list_agents()}
        except BaseException:
            held.unlisten()
            close_service(path)
            raise
        with held.lock:  # what was committed meanwhile is newer
            held.records = {key: value for key, value in listed.items() if key not in held.deleted} | held.records
        return held

    def _committed(self, held: Held, committed: Committed) -> None:
        if committed.record is None:
            return
        with held.lock:
            if committed.deleted:
                held.records.pop(committed.agent_id, None)
                held.deleted.add(committed.agent_id)
                self._say_gone([committed.record])
                return
            kind: Kind = "agent:updated" if committed.agent_id in held.records else "agent:created"
            held.records[committed.agent_id] = committed.record
        self._announce(kind, committed.record)

    def _look_after(self, held: Held) -> None:
        with held.lock:
            watched = [held.records[agent_id] for agent_id in held.followed if agent_id in held.records]
        for record in watched:
            if record.status not in TERMINAL:
                try:
                    held.service.look_after(record)
                except StoreError as error:
                    _log.warning("agent %s could not be read on: %s", record.id, error)

    def _idle(self, held: Held) -> bool:
        quiet = self._clock() - held.used > IDLE_S
        return quiet and not held.followed and not held.service.busy and held.store.role == "owner"

    def _let_go(self, held: Held) -> None:
        with self._lock:
            if self._held.pop(held.path, None) is None:
                return
            _close(held)
            self._cold[held.path] = (_stamp(held.path), list(held.records.values()))

    def _end(self, held: Held) -> None:
        """Closes a store for good; that one cannot be closed in order must not keep the others open."""
        self._held.pop(held.path, None)
        try:
            _close(held)
        except Exception:  # noqa: BLE001 - see above
            _log.exception("%s could not be closed in order", held.path)

    def _forget(self, held: Held) -> None:
        """Closes a store whose file is gone; its agents are gone before it is closed, which takes a while."""
        with self._lock:
            if self._held.get(held.path) is not held:
                return  # by another look
            with held.lock:
                records = list(held.records.values())
            self._say_gone(records)
            self._let_go(held)
            self._cold.pop(held.path, None)

    def _say_gone(self, records: list[AgentRecord]) -> None:
        for record in records:
            self._gone[record.id] = record
            self._announce("agent:deleted", record)


def _close(held: Held) -> None:
    held.unlisten()
    close_service(held.path)


def _stamp(path: Path) -> Stamp:
    """What changes when anybody writes to a store."""

    def one(place: Path) -> tuple[int, int] | None:
        try:
            found = place.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    return one(path), one(path.with_name(f"{path.name}.wal"))
