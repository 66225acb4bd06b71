"""Rows on their way to the store: one save at a time, in order, tried until it holds.

While one commit runs, what comes waits here and goes with the next one. A save that fails is tried again with the same
rows, so a full disk delays and loses nothing: the source is not read further than the limit below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nbstream.errors import SaveFailed
from nbstream.sources.backoff import Backoff

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.store import MessageStore

LIMIT: Final = 8192
"""Rows that may wait for the commit before them; then the source is not read until there is room."""


class Outbox:
    """The rows of one agent that are not saved yet.

    Args:
        store: where they go.
        agent_id: whose they are.
        trouble: told in one sentence why a save failed, and None when saving works again.
    """

    def __init__(self, store: MessageStore, agent_id: UUID, trouble: Callable[[str | None], None]) -> None:
        self._store = store
        self._agent_id = agent_id
        self._trouble = trouble
        self._rows: list[AgentMessage] = []
        self._cursor: str | None = None
        self._failure: BaseException | None = None
        # All of this runs on one loop, so that events do; a condition, with its lock, costs thrice as much an event.
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._saved = asyncio.Event()
        self._saved.set()

    async def put(self, rows: list[AgentMessage], cursor: str | None) -> None:
        """Takes rows to save; waits while too many wait already.

        Args:
            rows: in order.
            cursor: the id of the last event they account for, None to leave the stored one.

        Raises:
            StoreError: the store is closed, so nothing can be saved any more.
        """
        while self._failure is None and len(self._rows) >= LIMIT:
            self._room.clear()
            await self._room.wait()
        if self._failure is not None:
            raise self._failure
        self._rows += rows
        self._cursor = cursor or self._cursor
        self._saved.clear()
        self._filled.set()

    async def flush(self) -> None:
        """Waits until everything taken so far is committed.

        Raises:
            StoreError: the store is closed, so it never will be.
        """
        await self._saved.wait()
        if self._failure is not None:
            raise self._failure

    async def run(self) -> None:
        """Saves until cancelled; a failure that trying again cannot mend is raised by `put` and `flush`."""
        while self._failure is None:
            await self._filled.wait()
            self._filled.clear()
            rows, self._rows = self._rows, []
            self._room.set()
            self._failure = await self._save(rows, self._cursor)
            if self._failure is not None or not self._rows:
                self._saved.set()
        self._room.set()

    async def _save(self, rows: list[AgentMessage], cursor: str | None) -> BaseException | None:
        backoff = Backoff()
        while True:
            try:
                await asyncio.wrap_future(self._store.save(self._agent_id, rows, last_event_id=cursor))
            except SaveFailed as error:
                wait = backoff.next()
                self._trouble(f"{error}; trying again in {wait:.1f} s (attempt {backoff.attempts})")
                await asyncio.sleep(wait)
            except Exception as error:  # noqa: BLE001 - whatever it is, the run must end with it and not hang
                return error
            else:
                if backoff.attempts:
                    self._trouble(None)
                return None
