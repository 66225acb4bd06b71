"""Group commit: one thread takes whatever is queued the moment the last commit ends.

One message waits one commit, a thousand wait one commit too; there is no delay to tune. Everything a commit holds is
one transaction. Nobody hears of it before COMMIT has returned: first the listeners, then those who hold its futures.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import duckdb

from nbstream.errors import AgentBusy, AgentNotFound, IdConflict, SaveFailed, StoreClosed, StoreError
from nbstream.store.connection import CLOSED
from nbstream.store.plan import AgentState, Plan, lookup
from nbstream.store.requests import Committed, Follow, Request, Retain, Write, row_count, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from nbstream.store.session import Session

PENDING_BYTES: Final = 64 * 1024 * 1024
"""Most that may wait for a commit, in bytes: a second of work, so that a full queue is soon empty again."""

PENDING_ROWS: Final = 100_000
"""Most messages that may wait for a commit."""

COMMIT_ROWS: Final = 10_000
"""Most messages in one commit: beyond this a row gets no cheaper, and those at the front wait for nothing."""

IDLE_SECONDS: Final = 2.0
"""A queue that is empty for so long is a good moment for a checkpoint, which stalls a commit by 100-200 ms."""

CHECKPOINT_AGAIN_SECONDS: Final = 60.0
"""After a failed checkpoint, of a full disk for instance: each try makes DuckDB open its file anew."""

_UNSTORABLE: Final = (duckdb.IntegrityError, duckdb.DataError, ValueError, TypeError)
"""What a single bad value raises; anything else is the disk, the file or the connection, and hits all alike."""

_log = logging.getLogger(__name__)


class Writer:
    """The thread that commits.

    Args:
        open_session: connects; called on the writer's thread, again when DuckDB has given up its connection.
        check_file: raises SaveFailed when the file is not where it was; called before each commit.
        checkpoint_due: says whether to checkpoint now; its argument is whether the queue has been empty for a while.
        unread: does what it is given if nobody reads the database now, and has those wait who are about to.
        emit: hears what each commit did, in order.
    """

    def __init__(
        self,
        open_session: Callable[[], Session],
        check_file: Callable[[], None],
        checkpoint_due: Callable[[bool], bool],
        unread: Callable[[Callable[[], None]], None],
        emit: Callable[[Committed], None],
    ) -> None:
        self._open_session = open_session
        self._check_file = check_file
        self._checkpoint_due = checkpoint_due
        self._unread = unread
        self._emit = emit
        self._session: Session | None = open_session()
        self._states: dict[UUID, AgentState] = {}
        self._queue: deque[Request | Follow] = deque()
        self._rows = 0
        self._bytes = 0
        self._changed = threading.Condition()
        self._closing = False
        self._no_checkpoint_before = 0.0
        self._indexed = False
        self._thread = threading.Thread(target=self._run, name="nbstream-store-writer", daemon=True)
        self._thread.start()

    def submit(self, request: Request | Follow) -> None:
        """Queue a request. Blocks while the queue is full.

        Raises:
            StoreClosed: the store was closed.
        """
        if isinstance(request, Follow) and threading.current_thread() is self._thread:
            self._follow(request)  # asked by a listener, so between two commits as it is
            return
        rows = row_count(request)
        with self._changed:
            # One request larger than the whole queue is let in alone.
            while not self._closing and self._queue and not self._fits(rows, request.size):
                self._changed.wait()
            if self._closing:
                raise StoreClosed(CLOSED)
            self._queue.append(request)
            self._rows += rows
            self._bytes += request.size
            self._changed.notify_all()

    def _fits(self, rows: int, size: int) -> bool:
        return self._rows + rows <= PENDING_ROWS and self._bytes + size <= PENDING_BYTES

    def close(self) -> None:
        """Commit what is queued, then stop. Returns when the thread has ended."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._scrub()
            while (requests := self._take()) is not None:
                if writes := [request for request in requests if not isinstance(request, Follow | Retain)]:
                    self._write(writes)
                for request in requests:
                    if isinstance(request, Follow):
                        self._follow(request)
                    elif isinstance(request, Retain):
                        self._retain(request)
                if not requests:
                    self._scrub()
                    self._index()
                self._checkpoint(idle=not requests)
            self._scrub()
        finally:
            self._end()

    def _take(self) -> list[Request | Follow] | None:
        """What the next commit holds; empty when there was nothing for a while, None when the writer is to end."""
        with self._changed:
            while not self._queue:
                if self._closing:
                    return None
                if not self._changed.wait(IDLE_SECONDS):
                    return []
            requests: list[Request | Follow] = []
            rows = 0
            while self._queue and (not requests or rows + row_count(self._queue[0]) <= COMMIT_ROWS):
                request = self._queue.popleft()
                requests.append(request)
                rows += row_count(request)
                self._bytes -= request.size
            self._rows -= rows
            self._changed.notify_all()
            return requests

    def _follow(self, request: Follow) -> None:
        try:
            session = self._session = self._session or self._open_session()
            request.begin()
            settle(request, session.snapshot())
        except (duckdb.Error, StoreError) as error:
            settle(request, StoreError(f"the store cannot be read now: {error}"))

    def _retain(self, request: Retain) -> None:
        """Change what is kept; those who listen hear of agents that are gone before whoever asked."""
        try:
            self._check_file()
            session = self._session = self._session or self._open_session()
            outcome = session.retain(request)
        except (AgentNotFound, AgentBusy, IdConflict) as error:
            settle(request, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked must hear of it
            self._recover(error)
            settle(request, _save_failed("nothing was changed", error))
            return
        self._states.clear()
        self._indexed = False
        for record in outcome.pop("deleted", []):
            self._tell(Committed(agent_id=record.id, messages=[], record=record, deleted=True))
        for record in outcome.pop("restored", []):
            self._tell(Committed(agent_id=record.id, messages=[], record=record))
        settle(request, outcome)

    def _scrub(self) -> None:
        """What was deleted while somebody read it, or by a process that was killed then, is written over now."""
        try:
            if self._session is not None:
                self._session.scrub()
        except duckdb.Error as error:
            _log.warning("what was deleted is not written over yet: %s", error)
            self._recover(error)

    def _end(self) -> None:
        self._drop_session()
        with self._changed:
            self._closing = True
            for request in self._queue:
                settle(request, StoreClosed("this store was closed before the messages were saved"))
            self._queue.clear()
            self._changed.notify_all()

    def _write(self, requests: list[Write]) -> None:
        """Commit the requests together, or each by itself where one of them spoils it for the others."""
        try:
            plan = self._attempt(requests)
        except _UNSTORABLE as error:
            if len(requests) > 1:
                for request in requests:
                    self._write([request])
            else:
                settle(requests[0], _save_failed("the store refused a value", error))
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait for it must hear of it
            for request in requests:
                settle(request, _save_failed("the commit failed, nothing of it was kept", error))
            return
        self._states |= plan.states
        for committed in plan.committed():
            self._tell(committed)
        for request, outcome in plan.done:
            settle(request, outcome)

    def _tell(self, committed: Committed) -> None:
        try:
            self._emit(committed)
        except Exception:  # noqa: BLE001 - a reader's fault must not stop the writing
            _log.exception("a listener of the store failed; the messages are saved")

    def _attempt(self, requests: list[Write]) -> Plan:
        """Write in the hope that every id is new; look them up only when the constraints say no."""
        try:
            self._check_file()
            session = self._session = self._session or self._open_session()
            try:
                return self._commit(session, self._plan(session, requests, {}))
            except duckdb.ConstraintException:
                session.rollback()
                self._states.clear()
                return self._commit(session, self._plan(session, requests, lookup(requests, session.stored)))
        except Exception as error:
            self._recover(error)
            raise

    def _plan(self, session: Session, requests: list[Write], stored: dict[UUID, Any]) -> Plan:
        def known(agent_id: UUID) -> AgentState | None:
            return self._states.get(agent_id) or session.state(agent_id)

        plan = Plan(known, stored)
        for request in requests:
            plan.add(request)
        return plan

    def _commit(self, session: Session, plan: Plan) -> Plan:
        if plan.states:
            self._indexed = False
            session.write(plan)
            session.commit()
        return plan

    def _recover(self, error: Exception) -> None:
        """Leave the connection fit for the next commit: roll back, or connect anew where DuckDB has given up."""
        self._states.clear()
        if self._session is not None and not isinstance(error, duckdb.FatalException):
            try:
                self._session.rollback()
            except duckdb.TransactionException:
                return  # a COMMIT that failed has rolled back by itself
            except duckdb.Error:
                _log.warning("the store's connection is lost, it is opened again", exc_info=True)
            else:
                return
        self._drop_session()
        try:  # at once, since readers cannot read meanwhile; if it fails, again with the next commit
            self._session = self._open_session()
        except (duckdb.Error, StoreError) as again:
            _log.warning("the store cannot be opened again yet: %s", again)

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _index(self) -> None:
        """While nothing waits, bring what the search reads up to date: nobody's answer depends on it, only its pace."""
        try:
            while not (self._indexed or self._queue or self._closing) and self._session is not None:
                self._check_file()
                self._indexed = not self._session.index()
        except (duckdb.Error, StoreError) as error:
            _log.warning("the search is slower for now, its index cannot be written: %s", error)
            self._indexed = True  # until the next commit
            self._recover(error)

    def _checkpoint(self, *, idle: bool) -> None:
        """A failed checkpoint loses nothing: the rows are in the write-ahead log."""
        if self._session is None or time.monotonic() < self._no_checkpoint_before or not self._checkpoint_due(idle):
            return
        try:
            self._session.checkpoint()
            self._unread(self._session.release)
        except duckdb.Error as error:
            _log.warning("no checkpoint this time: %s", error)
            self._no_checkpoint_before = time.monotonic() + CHECKPOINT_AGAIN_SECONDS
            self._recover(error)


def _save_failed(what: str, error: Exception) -> SaveFailed:
    if isinstance(error, SaveFailed):
        return error
    failure = SaveFailed(f"{what}: {error}")
    failure.__cause__ = error
    return failure
