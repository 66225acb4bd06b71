"""The process that has the file: its writer, its readers, and those who listen."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final, Literal

import duckdb

from nbstream.errors import SaveFailed, StoreClosed
from nbstream.store import query
from nbstream.store.connection import CLOSED, Database
from nbstream.store.reader import Reader
from nbstream.store.requests import Follow
from nbstream.store.session import DuckSession
from nbstream.store.verify import Report, verify
from nbstream.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from nbstream.store.requests import Committed, Request, Snapshot
    from nbstream.store.session import Session

_BUSY_SECONDS: Final = 0.05
"""How often a store that is closing tells running queries to stop: one that has not begun does not hear it."""

_log = logging.getLogger(__name__)


class Owner(Reader):
    """A store file that this process has open; every method may be called from any thread.

    Args:
        path: absolute, or `:memory:`.
        session: makes the writing side from a database; tests put one in between that stalls or fails.

    Raises:
        StoreError: one of those of `Database`.
    """

    role: Literal["owner"] = "owner"

    def __init__(self, path: Path, session: Callable[[Database], Session] | None = None) -> None:
        super().__init__(self._read)
        self._database = Database(path)
        self._make_session = session or _duck_session
        self._sessions = 0
        self._listeners: tuple[Callable[[Committed], None], ...] = ()
        self._lock = threading.Lock()
        self._released = threading.Condition()
        self._readers: set[duckdb.DuckDBPyConnection] = set()
        self._closed = False
        try:
            self._writer = Writer(
                self._open_session, self._before_commit, self._database.checkpoint_due, self._unread, self._emit
            )
        except BaseException:
            self._database.close()
            raise

    def submit(self, request: Request | Follow) -> None:
        """Queue a request for the next commit; blocks while the queue is full.

        Raises:
            StoreClosed: the store was closed.
        """
        self._writer.submit(request)

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> pa.Table:
        """The result of one reading statement."""
        with self._read() as cursor:
            return query.run(cursor, sql, params)

    def verify(self) -> Report:
        """Prove every rule again."""
        with self._read() as cursor:
            return verify(cursor, str(self._database.path))

    def follow(
        self,
        listener: Callable[[Committed], None],
        resync: Callable[[Snapshot], None],
    ) -> Snapshot:
        """Hear what each commit does from a moment on; returns what the store holds at that moment."""
        future: Future[Snapshot] = Future()
        self._writer.submit(Follow(lambda: self.listen(listener), future))
        return future.result()

    def listen(self, listener: Callable[[Committed], None]) -> None:
        """Hear what each commit does, from the next one on."""
        with self._lock:
            self._listeners += (listener,)

    def unfollow(self, listener: Callable[[Committed], None]) -> None:
        """Hear no more."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one != listener)

    def close(self) -> None:
        """Commit what is queued, stop running queries, write everything into the file, give up the lock."""
        self._writer.close()
        # Queries end before the database does: one that begins just as its connection is closed would run on, for ever.
        with self._released:
            self._closed = True
            while self._readers:
                for cursor in self._readers:
                    with contextlib.suppress(duckdb.ConnectionException):  # it ended by itself
                        cursor.interrupt()
                self._released.wait(_BUSY_SECONDS)
        while not self._database.close():
            time.sleep(_BUSY_SECONDS)

    @contextlib.contextmanager
    def _read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._released:  # who reads is either known to the store that closes, or refused by it
            if self._closed:
                raise StoreClosed(CLOSED)
            cursor = self._database.cursor()
            self._readers.add(cursor)
        try:
            yield cursor
        except duckdb.InterruptException as error:
            if self._closed:
                raise StoreClosed(CLOSED) from error
            raise
        finally:
            cursor.close()
            with self._released:
                self._readers.discard(cursor)
                self._released.notify_all()

    def _unread(self, step: Callable[[], None]) -> None:
        with self._released:
            if not self._readers:
                step()

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


def _duck_session(database: Database) -> Session:
    cursor = database.cursor()
    try:
        return DuckSession(cursor)
    except BaseException as error:
        cursor.close()
        if isinstance(error, Exception):
            raise SaveFailed(f"the store cannot be written: {error}") from error
        raise
