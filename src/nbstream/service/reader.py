"""Which service of which process reads an agent, in a form that another process can check."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

from nbstream.proxy.reaper import is_running
from nbstream.proxy.supervise import start_of

_open: set[str] = set()


def open_reader() -> dict[str, Any]:
    """A new reader of this process, so that a later one can tell whether it still lives."""
    token = uuid4().hex
    _open.add(token)
    return {"pid": os.getpid(), "start": start_of(os.getpid()), "token": token}


def close_reader(reader: dict[str, Any]) -> None:
    """The reader reads no more, though its process goes on."""
    _open.discard(reader["token"])


def is_alive(reader: dict[str, Any] | None) -> bool:
    """Whether that reader still reads: its process runs, and if that is ours, the reader is open.

    A reused pid does not count, nor does a process that has ended and that its parent has not asked after: a Jupyter
    server asks every three seconds.
    """
    if not reader:
        return False
    if reader["pid"] == os.getpid():
        return reader["token"] in _open
    return is_running(reader["pid"], reader["start"])
