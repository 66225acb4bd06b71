"""Threads for what blocks, that never keep a server alive.

The standard library's pool is waited for when Python ends, before anything is closed: one question to a store that is
not answered would keep an interrupted server from ending. These threads are left behind instead.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


class Threads(Executor):
    """A pool of daemon threads, started as they are needed.

    Args:
        size: works that run at a time; more wait their turn.
    """

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._works: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._works_left = 0
        self._closed = False

    def submit(self, work: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Runs it on one of the threads.

        Raises:
            RuntimeError: the pool was shut down.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("this pool was shut down")
            self._works_left += 1
            self._works.put(lambda: _run(future, work, args, options))
            if len(self._threads) < min(self._works_left, self._size):
                name = f"{self._name}_{len(self._threads)}"
                self._threads.append(threading.Thread(target=self._serve, name=name, daemon=True))
                self._threads[-1].start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Takes no more; what was taken is still done.

        Args:
            wait: for the threads to end.
            cancel_futures: not used: all of it is done.
        """
        with self._lock:
            self._closed = True
            threads = list(self._threads)
        for _ in threads:
            self._works.put(None)
        for thread in threads if wait else ():
            thread.join()

    def _serve(self) -> None:
        while (work := self._works.get()) is not None:
            work()
            with self._lock:
                self._works_left -= 1


def _run(future: Future[T], work: Callable[..., T], args: tuple[Any, ...], options: dict[str, Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(work(*args, **options))
    except BaseException as error:  # noqa: BLE001 - whoever asked is told, whatever it is
        future.set_exception(error)
