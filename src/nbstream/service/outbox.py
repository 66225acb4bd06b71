"""Rows on their way to the store: saves under way together, each kept only if the one before is, tried until they hold.

What comes while a commit runs goes into the next one: were a save to wait for the one before it, it would miss the
commit that begins the moment that one ends, and wait for yet another. A save that fails takes those behind it along,
and all their rows are tried again in order, so a full disk delays and loses nothing: the source is not read further
than the limit below.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final
from uuid import UUID

from nbstream.errors import SaveFailed
from nbstream.sources.backoff import FIRST_S, Backoff

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.store import Committed, MessageStore

LIMIT: Final = 16_384
"""Rows that may wait for their commit; then the source is not read until there is room."""

SAVES: Final = 8
"""Saves that may be under way; what comes then goes into the next one together."""


BELL_S: Final = 0.001
"""How long the loop lets saves end before it looks which have: a commit ends one of each agent, one after the other."""


class Bell:
    """Wakes the loop once for all the saves that a commit ends: each time costs a system call and the interpreter.

    Whoever follows an agent has its rows by then; only room for more is made a millisecond later.
    """

    def __init__(self) -> None:
        self._ended: deque[Callable[[], None]] = deque()
        self._rung = False

    def ring(self, loop: asyncio.AbstractEventLoop, settle: Callable[[], None]) -> None:
        """Have this called on the loop soon; on any thread.

        Raises:
            RuntimeError: the loop is closed.
        """
        self._ended.append(settle)
        if not self._rung:
            self._rung = True
            loop.call_soon_threadsafe(loop.call_later, BELL_S, self._answer)

    def _answer(self) -> None:
        self._rung = False  # before the look, so that what ends from here on rings again
        while self._ended:
            self._ended.popleft()()


class Outbox:
    """The rows of one agent that are not saved yet. All of it runs on the loop it was made on.

    Args:
        store: where they go.
        agent_id: whose they are.
        trouble: told in one sentence why a save failed, and None when saving works again.
        bell: shared by all outboxes of the loop.
    """

    def __init__(
        self,
        store: MessageStore,
        agent_id: UUID,
        trouble: Callable[[str | None], None],
        bell: Bell,
    ) -> None:
        self._store = store
        self._agent_id = agent_id
        self._trouble = trouble
        self._bell = bell
        self._loop = asyncio.get_running_loop()
        self._rows: list[AgentMessage] = []
        self._cursor: str | None = None
        self._saves: deque[tuple[list[AgentMessage], Future[Committed]]] = deque()
        self._failed: list[AgentMessage] = []
        self._waiting = 0
        self._send_due = False
        self._again: asyncio.TimerHandle | None = None
        self._backoff = Backoff()
        self._failure: BaseException | None = None
        # Events, not a condition: that, with its lock, costs thrice as much a row.
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
        while self._failure is None and self._waiting >= LIMIT:
            self._room.clear()
            await self._room.wait()
        if self._failure is not None:
            raise self._failure
        self._rows += rows
        self._cursor = cursor or self._cursor
        self._waiting += len(rows)
        self._saved.clear()
        if not self._send_due:  # once the source has nothing more just now: a chunk of many events is one save
            self._send_due = True
            self._loop.call_soon(self._send)

    async def flush(self) -> None:
        """Waits until everything taken so far is committed.

        Raises:
            StoreError: the store is closed, so it never will be.
        """
        await self._saved.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Try nothing again; what is under way goes on."""
        if self._again is not None:
            self._again.cancel()

    def _send(self) -> None:
        self._send_due = False
        if not self._rows or self._failed or self._failure is not None or len(self._saves) >= SAVES:
            return
        rows, self._rows = self._rows, []
        after = self._saves[-1][1] if self._saves else None
        try:
            future = self._store.save(self._agent_id, rows, last_event_id=self._cursor, after=after)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run must end with it and not hang
            self._fail(error)
            return
        self._saves.append((rows, future))
        future.add_done_callback(self._tell)

    def _tell(self, _: Future[Committed]) -> None:
        """On a thread of the store."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._bell.ring(self._loop, self._settle)

    def _settle(self) -> None:
        """What became of the saves that have ended, in their order."""
        while self._saves and self._saves[0][1].done():
            rows, future = self._saves.popleft()
            error = future.exception()
            if error is None:
                self._held(rows)
            elif isinstance(error, SaveFailed):
                if not self._failed:
                    wait = self._backoff.next()
                    self._trouble(f"{error}; trying again in {wait:.1f} s (attempt {self._backoff.attempts})")
                    self._again = self._loop.call_later(wait, self._retry)
                self._failed += rows
            else:
                self._fail(error)
        self._send()

    def _held(self, rows: list[AgentMessage]) -> None:
        self._waiting -= len(rows)
        if self._backoff.attempts:
            self._backoff.reset()
            self._trouble(None)
        if self._waiting < LIMIT:
            self._room.set()
        if not self._waiting:
            self._saved.set()

    def _retry(self) -> None:
        if self._saves:  # those behind the one that failed fail too; a store that has stalled takes its time
            self._again = self._loop.call_later(FIRST_S, self._retry)
            return
        self._rows = self._failed + self._rows
        self._failed = []
        self._send()

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        self._room.set()
        self._saved.set()
