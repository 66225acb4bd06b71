"""`MessageStore`: the same methods whether this process has the file or another one, and when that one dies."""

from __future__ import annotations

import atexit
import os
import random
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from nbstream.errors import SaveFailed, StoreClosed, StoreError, StoreLocked
from nbstream.store import requests
from nbstream.store.connection import CLOSED, MEMORY
from nbstream.store.feed import Feed
from nbstream.store.joined import Joined, OwnerGone
from nbstream.store.keeping import Keeping
from nbstream.store.shared import own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from uuid import UUID

    import pyarrow as pa

    from nbstream.messages import AgentMessage, AgentRecord, AgentStatus
    from nbstream.store.backend import Backend
    from nbstream.store.requests import Committed, Request
    from nbstream.store.verify import Report

T = TypeVar("T")

OPEN_SECONDS: Final = 8.0
"""How long `open` waits for a locked file to be served: its owner may still be replaying its write-ahead log. The wait
starts over when the file goes from one process to another, as it does while owners die."""

TAKE_OVER_SECONDS: Final = 10.0
"""How long saves wait for the next owner after one has died; the search goes on after that."""

_RETRY_SECONDS: Final = (0.01, 0.05)
"""Between two tries to own or to join; random, so that several do not try in step."""


class MessageStore(Keeping):
    """The log of all agents: saved first, shown second. Every method may be called from any thread.

    Made by `open`; a context manager that closes itself.
    """

    def __init__(self, path: Path, backend: Backend, release: Callable[[], None] | None = None) -> None:
        self.path = path
        self._backend: Backend | None = backend
        self._release = release or backend.close
        self._feed = Feed()
        self._changed = threading.Condition()
        self._trouble: StoreError | None = None
        self._closed = False
        self._process = os.getpid()
        self._watcher: threading.Thread | None = None
        if isinstance(backend, Joined):
            self._watcher = threading.Thread(
                target=self._watch, args=(backend,), name="nbstream-store-watch", daemon=True
            )
            self._watcher.start()
        _open_stores.add(self)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a store, or join the process that has it open.

        Args:
            path: a file, made for its owner only (0600) where there is none; its folder must exist. `:memory:` is a
                store that is gone when it is closed.

        Raises:
            StoreLocked: a program that is not nbstream holds the file; the message names it.
            NotAStore: the file is something else.
            StoreTooNew: a later nbstream wrote it.
            StoreError: the folder is missing or cannot be written.
        """
        where = MEMORY if str(path) == ":memory:" else Path(path).expanduser().resolve()
        return cls(where, *_find(where, OPEN_SECONDS))

    @property
    def role(self) -> Literal["owner", "joined"]:
        """Whether this process has the file, or talks to the one that has; changes when that one dies."""
        backend = self._backend
        return "joined" if backend is None else backend.role

    def create_agent(self, record: AgentRecord) -> AgentRecord:
        """Save a new agent; returns when it is committed. The same agent again is answered with what is there.

        Raises:
            IdConflict: the id is taken by an agent with another type, source or prompt.
            SaveFailed: the commit failed.
        """
        request = requests.create(record)
        self._submit(request)
        return request.future.result()

    def update_agent(
        self,
        agent_id: UUID,
        *,
        expect: Mapping[str, Any] | None = None,
        merge: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Future[AgentRecord]:
        """Change columns of an agent, in order with the saves queued before.

        Args:
            agent_id: whose.
            expect: entries that its metadata must still have, or nothing is changed: of several processes that want
                the same, one gets it.
            merge: entries to put into its metadata; those that others put there meanwhile stay.
            **changes: fields of `AgentRecord`, except `id`.

        Returns:
            A future of the record as it then is, changed or not; AgentNotFound or SaveFailed is its error.

        Raises:
            TypeError: a name is not a field, or metadata is not JSON.
        """
        request = requests.update(agent_id, changes, expect, merge)
        self._submit(request)
        return request.future

    def get_agent(self, agent_id: UUID) -> AgentRecord:
        """One agent.

        Raises:
            AgentNotFound: no agent of that id in this store.
        """
        return self._ask(lambda backend: backend.agent(agent_id))

    def list_agents(self, *, status: AgentStatus | None = None) -> list[AgentRecord]:
        """All agents, or those of one status, oldest first."""
        return self._ask(lambda backend: backend.agents(status))

    def save(
        self,
        agent_id: UUID,
        messages: Sequence[AgentMessage],
        *,
        last_event_id: str | None = None,
        after: Future[Committed] | None = None,
    ) -> Future[Committed]:
        """Queue messages for the next commit. Blocks while 64 MiB or 100,000 messages are waiting.

        Args:
            agent_id: whose.
            messages: in order; one without an id gets a random one, one without a time gets now.
            last_event_id: where a reconnect goes on from, kept in the same commit; None leaves what is there.
            after: what `save` returned for the agent's messages before these, if these may only be kept when those
                are: where they fail, these fail too, so that saves need not wait for each other to keep their order.

        Returns:
            A future of what became of these messages; AgentNotFound or SaveFailed is its error.

        Raises:
            StoreClosed: the store was closed.
            TypeError: metadata is not JSON.
        """
        request = requests.save(agent_id, messages, last_event_id, after)
        self._submit(request)
        return request.future

    def read(
        self, agent_id: UUID, *, since: int = 0, limit: int | None = None, raw: bool = False
    ) -> list[AgentMessage]:
        """An agent's messages with a sequence number above `since`, in order; `raw` is None unless asked for."""
        return self._ask(lambda backend: backend.messages(agent_id, since, limit, raw=raw))

    def raw(self, agent_id: UUID) -> Iterator[str]:
        """The stored raw texts in sequence order; their lines are the recording."""
        since = 0
        while page := self._raw(agent_id, since):
            yield from (text for _, text in page)
            since = page[-1][0]

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number the agent has been given, 0 when none.

        Raises:
            AgentNotFound: no agent of that id in this store.
        """
        return self._ask(lambda backend: backend.head(agent_id))

    def on_commit(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """Hear what each commit did, in order, after it and before the futures of its saves resolve.

        Args:
            listener: called on a thread of the store, so it must be quick; what it raises is logged.

        Returns:
            What ends it.
        """
        self._ask(self._feed.begin)
        return self._feed.add(listener)

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one reading SQL statement.

        Args:
            sql: a SELECT or EXPLAIN on the tables `agents`, `agent_messages` and the view `transcript`.
            params: values for `?` or `$name`.

        Raises:
            QueryRefused: it would change the store or reach outside it, or it is not SQL the store can answer.
        """
        return self._ask(lambda backend: backend.query(sql, params))

    def verify(self) -> Report:
        """Prove every rule of the log again; the report is true when all hold."""
        return self._ask(lambda backend: backend.verify())

    def close(self) -> None:
        """Commit what is queued and let the file go. A second call does nothing."""
        with self._changed:
            if self._closed or os.getpid() != self._process:
                return
            if self._backend is None:  # the saves that wait for the next owner are not given up lightly
                self._changed.wait_for(
                    lambda: self._backend is not None or self._trouble is not None, TAKE_OVER_SECONDS
                )
            self._closed = True
            self._changed.notify_all()
        _open_stores.discard(self)
        if self._backend is not None:
            self._release()
        if self._watcher is not None:
            self._watcher.join()
        self._feed.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path} ({self.role})>"

    def _raw(self, agent_id: UUID, since: int) -> list[tuple[int, str]]:
        return self._ask(lambda backend: backend.raw(agent_id, since))

    def _submit(self, request: Request) -> None:
        self._ask(lambda backend: backend.submit(request))

    def _ask(self, call: Callable[[Backend], T]) -> T:
        """Ask whoever has the file; if it dies meanwhile, the next one. Nothing here may be asked in vain twice."""
        gone: Backend | None = None
        while True:
            backend = gone = self._current(gone)
            try:
                return call(backend)
            except OwnerGone:
                continue

    def _current(self, gone: Backend | None) -> Backend:
        """Whoever has the file now, and is not the one that is known to be gone.

        Raises:
            StoreClosed: the store was closed.
            StoreLocked: the owner died, and a foreign program took the file.
        """
        if os.getpid() != self._process:
            raise StoreError(
                f"{self.path} was opened before this process was forked off: open it again in this process"
            )
        with self._changed:
            while not self._closed:
                if self._backend is not None and self._backend is not gone:
                    return self._backend
                if self._trouble is not None:
                    raise self._trouble
                self._changed.wait()
        raise StoreClosed(CLOSED)

    def _watch(self, backend: Joined) -> None:
        """As long as the store is joined: when its owner is gone, own it or join the next one."""
        following: Backend | None = backend
        while isinstance(following, Joined):
            following.ended.wait()
            pending = following.unanswered()
            with self._changed:
                if self._closed:
                    return
                self._backend = None
            following = self._succeed(pending)

    def _succeed(self, pending: list[Request]) -> Backend | None:
        """The next backend, once it has what the last one did not answer; None when the store is closed before."""
        while True:
            found = self._search(pending)
            if found is None:
                return None
            backend, release = found
            try:
                self._feed.go_on(backend)
                while pending:
                    backend.submit(pending[0])
                    del pending[0]
            except OwnerGone:
                assert isinstance(backend, Joined)
                backend.ended.wait()
                pending[:0] = backend.unanswered()
                continue
            with self._changed:
                if self._closed:
                    release()
                    return None
                self._backend, self._release, self._trouble = backend, release, None
                self._changed.notify_all()
                return backend

    def _search(self, pending: list[Request]) -> tuple[Backend, Callable[[], None]] | None:
        """Look for the file until it is there or the store is closed; what waits too long fails."""
        while True:
            try:
                return _find(self.path, TAKE_OVER_SECONDS)
            except StoreError as error:
                for request in pending:
                    failure = SaveFailed(f"the process that had the store is gone, and it cannot be opened: {error}")
                    failure.__cause__ = error
                    requests.settle(request, failure)
                pending.clear()
                with self._changed:
                    self._trouble = error
                    self._changed.notify_all()
                    if self._changed.wait_for(lambda: self._closed, _RETRY_SECONDS[1]):
                        return None


def _find(path: Path, seconds: float) -> tuple[Backend, Callable[[], None]]:
    """Own a file, or join its owner; and what lets go of it again.

    Args:
        path: absolute, or `:memory:`.
        seconds: how long to go on while the file is locked and nobody serves it.

    Raises:
        StoreLocked: that long.
        StoreError: it cannot be opened at all.
    """
    until = time.monotonic() + seconds
    pause = threading.Event()
    holder = None
    while True:
        try:
            return own(path)
        except StoreLocked as locked:
            if locked.pid != holder:
                holder, until = locked.pid, time.monotonic() + seconds
            try:
                joined = Joined(path)
            except OwnerGone:
                if time.monotonic() > until or locked.pid == os.getpid():
                    raise locked from None
            else:
                return joined, joined.close
        pause.wait(random.uniform(*_RETRY_SECONDS))  # noqa: S311 - no secret


_open_stores: Final[set[MessageStore]] = set()
"""What is not closed when Python ends is closed then, so that what is queued is committed."""


@atexit.register
def _close_all() -> None:
    for store in list(_open_stores):
        store.close()


os.register_at_fork(after_in_child=_open_stores.clear)
