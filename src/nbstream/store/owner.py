"""The process that has the file: its writer, its readers, and those who listen."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from nbstream.errors import SaveFailed, StoreClosed
from nbstream.messages import AgentRecord
from nbstream.store import query
from nbstream.store.connection import CLOSED, Database
from nbstream.store.plan import Committed, Create, Save, Update
from nbstream.store.reader import Reader
from nbstream.store.rows import metadata_text, storable
from nbstream.store.session import DuckSession
from nbstream.store.verify import Report, verify
from nbstream.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    import duckdb
    import pyarrow as pa

    from nbstream.messages import AgentMessage, AgentStatus
    from nbstream.store.session import Session

_CHANGEABLE: Final = frozenset(field.name for field in fields(AgentRecord)) - {"id"}
_ROW_BYTES: Final = 300
"""What a message costs besides its text, about."""

_BUSY_SECONDS: Final = 0.05
"""How often a store that is closing tells running queries to stop: one that has not begun does not hear it."""

_log = logging.getLogger(__name__)


class Owner:
    """A store file that this process has open; every method may be called from any thread.

    Args:
        path: absolute, or `:memory:`.
        session: makes the writing side from a database; tests put one in between that stalls or fails.

    Raises:
        StoreError: one of those of `Database`.
    """

    def __init__(self, path: Path, session: Callable[[Database], Session] | None = None) -> None:
        self._database = Database(path)
        self._make_session = session or _duck_session
        self._listeners: tuple[Callable[[Committed], None], ...] = ()
        self._lock = threading.Lock()
        self._released = threading.Condition()
        self._queries: set[duckdb.DuckDBPyConnection] = set()
        self._reader = Reader(self._cursor)
        self._closed = False
        self._sessions = 0
        try:
            self._writer = Writer(self._open_session, self._before_commit, self._database.checkpoint_due, self._emit)
        except BaseException:
            self._database.close()
            raise

    def create_agent(self, record: AgentRecord) -> AgentRecord:
        """Save a new agent; blocks until it is committed."""
        record = replace(record, created_at=record.created_at or datetime.now(UTC))
        metadata_text(record.metadata)  # a TypeError belongs to the caller, not to the commit
        future: Future[AgentRecord] = Future()
        self._writer.submit(Create(record, future))
        return future.result()

    def update_agent(self, agent_id: UUID, changes: Mapping[str, Any]) -> Future[AgentRecord]:
        """Change columns of an agent, after the saves queued before."""
        check_changes(changes)
        future: Future[AgentRecord] = Future()
        self._writer.submit(Update(agent_id, dict(changes), future))
        return future

    def save(self, agent_id: UUID, messages: Sequence[AgentMessage], last_event_id: str | None) -> Future[Committed]:
        """Queue messages for the next commit."""
        ready = [storable(message) for message in messages]
        metadata = [metadata_text(message.metadata) for message in ready]
        size = sum(_ROW_BYTES + len(m.content) + len(m.raw or "") for m in ready) + sum(map(len, metadata))
        future: Future[Committed] = Future()
        self._writer.submit(Save(agent_id, ready, metadata, last_event_id, size, future))
        return future

    def get_agent(self, agent_id: UUID) -> AgentRecord:
        """One agent."""
        return self._reader.agent(agent_id)

    def list_agents(self, status: AgentStatus | None) -> list[AgentRecord]:
        """All agents, oldest first."""
        return self._reader.agents(status)

    def read(self, agent_id: UUID, since: int, limit: int | None, raw: bool) -> list[AgentMessage]:
        """An agent's messages after `since`."""
        return self._reader.messages(agent_id, since, limit, raw=raw)

    def raw(self, agent_id: UUID, since: int) -> list[tuple[int, str]]:
        """A page of the recording."""
        return self._reader.raw(agent_id, since)

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number."""
        return self._reader.head(agent_id)

    def heads(self) -> dict[UUID, int]:
        """The highest sequence number of every agent."""
        return self._reader.heads()

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> pa.Table:
        """The result of one reading statement."""
        cursor = self._cursor()
        with self._released:
            self._queries.add(cursor)
        try:
            return query.run(cursor, sql, params)
        finally:
            with self._released:
                self._queries.discard(cursor)
                self._released.notify_all()

    def verify(self) -> Report:
        """Prove every rule again."""
        return verify(self._cursor(), str(self._database.path))

    def on_commit(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """Hear what each commit did; returns what ends it."""
        with self._lock:
            self._listeners += (listener,)

        def unlisten() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unlisten

    def close(self) -> None:
        """Commit what is queued, stop running queries, write everything into the file, give up the lock."""
        self._writer.close()
        self._closed = True
        while not self._database.close():
            with self._released:
                for cursor in self._queries:
                    cursor.interrupt()
                self._released.wait(_BUSY_SECONDS)

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        if self._closed:
            raise StoreClosed(CLOSED)
        return self._database.cursor()

    def _open_session(self) -> Session:
        if self._sessions:
            self._database.reopen()
        self._sessions += 1
        return self._make_session(self._database)

    def _before_commit(self) -> None:
        self._database.check()
        self._database.keep_private()

    def _emit(self, committed: Committed) -> None:
        for listener in self._listeners:
            try:
                listener(committed)
            except Exception:  # noqa: BLE001 - one reader's fault must not stop the others, nor the writer
                _log.exception("a listener of the store failed; the messages are saved")


def check_changes(changes: Mapping[str, Any]) -> None:
    """Refuse what is not a column of an agent.

    Raises:
        TypeError: an unknown name, or metadata that is not JSON.
    """
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise TypeError(
            f"an agent has no {', '.join(sorted(unknown))}: expected some of {', '.join(sorted(_CHANGEABLE))}"
        )
    metadata_text(changes.get("metadata", {}))


def _duck_session(database: Database) -> Session:
    cursor = database.cursor()
    try:
        return DuckSession(cursor)
    except BaseException as error:
        cursor.close()
        if isinstance(error, Exception):
            raise SaveFailed(f"the store cannot be written: {error}") from error
        raise
