"""Owned stores of this process: opened twice, a file has one owner, closed when the last one lets go.

DuckDB gives a process that connects to a file twice the same database, so two owners in one process would write past
each other. A fork of this process is another process that DuckDB cannot tell from this one: it may only join.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from nbstream.errors import StoreError, StoreLocked
from nbstream.store.connection import MEMORY
from nbstream.store.notes import note
from nbstream.store.owner import Owner
from nbstream.store.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_log = logging.getLogger(__name__)


class _Shared:
    def __init__(self, path: Path) -> None:
        self.owner = Owner(path)
        self.users = 0
        self.server: Server | None = None
        if path != MEMORY:
            note(path)
            try:
                self.server = Server(self.owner, path)
            except (OSError, StoreError) as error:
                _log.warning("%s cannot be shared with other processes: %s", path, error)

    def close(self) -> None:
        """In this order a joined store that sees us hang up finds the file's lock free."""
        if self.server is not None:
            self.server.stop_accepting()
        self.owner.close()
        if self.server is not None:
            self.server.close()


_lock = threading.Lock()
_owned: dict[Path, _Shared] = {}
_inherited: dict[Path, _Shared] = {}  # kept, since to drop them would close the parent's file from here


def own(path: Path) -> tuple[Owner, Callable[[], None]]:
    """The owner of a file, and what lets go of it.

    Raises:
        StoreLocked: another program holds the file, or the process that this one was forked from.
        StoreError: one of those of `Database`.
    """
    if path == MEMORY:
        alone = _Shared(path)
        return alone.owner, alone.close
    with _lock:
        if path in _inherited:
            raise StoreLocked(
                f"{path} was open when this process was forked, so only the parent may have it: "
                "open it before nobody forks, or start processes with the method 'spawn'",
                pid=os.getppid(),
            )
        shared = _owned.get(path)
        if shared is None:
            shared = _owned[path] = _Shared(path)
        shared.users += 1

    def let_go() -> None:
        with _lock:
            shared.users -= 1
            if shared.users == 0:
                del _owned[path]
                shared.close()

    return shared.owner, let_go


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - a lock that another thread held at the fork is never released here
    _lock = threading.Lock()
    _inherited.update(_owned)
    _owned.clear()


os.register_at_fork(after_in_child=_after_fork)
