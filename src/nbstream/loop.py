"""One event loop in a daemon thread, for everything that must go on while a cell runs.

A task on the kernel's own loop gets no time while a cell runs; on this one it gets all of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """An event loop of our own. The thread is a daemon: it never keeps a process alive."""

    def __init__(self, name: str = "nbstream") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs the coroutine on this loop; safe from any thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, timeout: float = 5.0) -> None:
        """Cancels what runs, stops the loop and waits for its thread.

        Args:
            timeout: seconds to wait for the tasks to end, then as long again for the thread.
        """
        if self._loop.is_closed():
            return
        self.start(self._cancel_all()).result(timeout)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout)

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._loop.shutdown_asyncgens()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
