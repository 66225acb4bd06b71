"""What all handlers share: the stores, the threads that ask them, and the connections that hear of agents."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from nbstream.server.stores import Stores
from nbstream.server.threads import Threads

if TYPE_CHECKING:
    from pathlib import Path

    from nbstream.messages import AgentRecord
    from nbstream.server.connection import Connection
    from nbstream.server.stores import Kind

THREADS: Final = 8
"""Questions to stores that run at a time; more wait their turn."""
LOOK_S: Final = 1.0
"""Seconds between two looks for stores that have come or gone, and for watched agents whose reader has died."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Backend:
    """One server's side of everything; made and used on the server's event loop.

    Args:
        default: the configured store, or None.
        roots: the folders in which noted stores are looked for.
        sources: names that requests may start.
        source_options: what each of them is made with.
    """

    def __init__(
        self,
        default: Path | None,
        roots: Sequence[Path],
        sources: Sequence[str],
        source_options: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.stores = Stores(default, roots, self._hear)
        self.sources = tuple(sources)
        self.source_options = source_options
        self.connections: set[Connection] = set()
        self._pool = Threads(THREADS, "nbstream-server")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    def begin(self) -> None:
        """From the first request on, on the loop that serves it: looks for stores, and lets news in."""
        if self._looking is None:
            self._loop = asyncio.get_running_loop()
            self._looking = asyncio.create_task(self._look())
            threading.Thread(target=self._close_with_python, name="nbstream-server-end", daemon=True).start()

    async def call(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """Runs what blocks on a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **options))

    async def close(self) -> None:
        """Ends every connection, then lets go of every store; a second call does nothing.

        Threads that still wait for a store are left to hear that it is closed.
        """
        if self._closed:
            return
        self._closed = True
        for connection in list(self.connections):
            connection.end()
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        self._pool.shutdown(wait=False)
        closing = Threads(1, "nbstream-server-close")  # of its own: those of the pool may all be waiting for stores
        await asyncio.wrap_future(closing.submit(self.stores.close))
        closing.shutdown()

    def _close_with_python(self) -> None:
        """Lets go of every store when Python ends, where nobody has called `close`: interrupted, without a terminal.

        Not with `atexit`: that comes after the threads of others, and one of Jupyter's, left by a request that was
        under way, is then waited for without end.
        """
        threading.main_thread().join()
        self.stores.close()

    async def _look(self) -> None:
        while True:
            try:
                await self.call(self.stores.look)
            except Exception:  # noqa: BLE001 - one bad look must not end the looking
                _log.exception("looking for stores failed")
            await asyncio.sleep(LOOK_S)

    def _hear(self, kind: Kind, record: AgentRecord) -> None:
        """An agent is news; on a thread of its store."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop closed in between
                self._loop.call_soon_threadsafe(self._spread, kind, record)

    def _spread(self, kind: Kind, record: AgentRecord) -> None:
        for connection in self.connections:
            if connection.scope.holds(record):
                connection.announce(kind, record)
