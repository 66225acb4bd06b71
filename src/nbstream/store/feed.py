"""What listeners of one store hear: every commit once and in order, whoever makes it and whatever was missed."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from nbstream.store.requests import Committed

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from nbstream.messages import AgentRecord
    from nbstream.store.backend import Backend
    from nbstream.store.requests import Snapshot

_PAGE: Final = 5_000
"""Messages read at a time while filling a gap."""

_log = logging.getLogger(__name__)


class Feed:
    """Passes commits on, and reads from the store what was not passed on: after a change of owner, after an overflow.

    It keeps the highest sequence number that it has passed on, per agent: a reader's cursor for all.
    """

    def __init__(self) -> None:
        self._listeners: tuple[Callable[[Committed], None], ...] = ()
        self._heads: dict[UUID, int] = {}
        self._records: dict[UUID, AgentRecord] = {}
        self._backend: Backend | None = None
        # Held while a gap is filled, so that what is committed meanwhile comes after it.
        self._lock = threading.RLock()

    def add(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """One more listener; returns what ends it."""
        with self._lock:
            self._listeners += (listener,)

        def unlisten() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return unlisten

    def begin(self, backend: Backend) -> None:
        """Listen from now on, unless it does already: what the store holds by now is not news."""
        with self._lock:
            if self._backend is None:
                snapshot = self._follow(backend)
                self._heads = dict(snapshot.heads)
                self._records = {record.id: record for record in snapshot.records}

    def go_on(self, backend: Backend) -> None:
        """Listen to another owner, if to any, and fill in what was committed in between."""
        with self._lock:
            if self._backend is not None:
                self.fill(self._follow(backend))

    def end(self) -> None:
        """Listen no more."""
        with self._lock:
            if self._backend is not None:
                self._backend.unfollow(self.deliver)

    def _follow(self, backend: Backend) -> Snapshot:
        snapshot = backend.follow(self.deliver, self.fill)
        self._backend = backend
        return snapshot

    def deliver(self, committed: Committed) -> None:
        """Pass on what is new of a commit."""
        with self._lock:
            head = self._heads.get(committed.agent_id, 0)
            new = [message for message in committed.messages if (message.sequence_number or 0) > head]
            if new:
                self._heads[committed.agent_id] = new[-1].sequence_number or head
            if committed.deleted:
                self._heads.pop(committed.agent_id, None)
                if self._records.pop(committed.agent_id, None) is not None:
                    self._tell(committed)
                return
            if committed.record is not None:
                self._records[committed.agent_id] = committed.record
            if len(new) != len(committed.messages):
                committed = Committed(
                    agent_id=committed.agent_id, messages=new, duplicates=committed.duplicates, record=committed.record
                )
            if committed.messages or committed.duplicates or committed.record is not None:
                self._tell(committed)

    def fill(self, snapshot: Snapshot) -> None:
        """Read from the store, and pass on, what the snapshot has and was not passed on."""
        with self._lock:
            assert self._backend is not None
            for agent_id in self._records.keys() - {record.id for record in snapshot.records}:
                record = self._records[agent_id]
                self.deliver(Committed(agent_id=agent_id, messages=[], record=record, deleted=True))
            for record in snapshot.records:
                if self._records.get(record.id) != record:
                    self.deliver(Committed(agent_id=record.id, messages=[], record=record))
                while (since := self._heads.get(record.id, 0)) < snapshot.heads[record.id]:
                    page = self._backend.messages(record.id, since, _PAGE, raw=False)
                    if not page:
                        break
                    self.deliver(Committed(agent_id=record.id, messages=page))

    def _tell(self, committed: Committed) -> None:
        for listener in self._listeners:
            try:
                listener(committed)
            except Exception:  # noqa: BLE001 - one reader's fault must not stop the others
                _log.exception("a listener of the store failed; the messages are saved")
