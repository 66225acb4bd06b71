"""Which service of which process reads an agent, in a form that another process can check."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

_open: set[str] = set()


def open_reader() -> dict[str, Any]:
    """A new reader of this process, so that a later one can tell whether it still lives."""
    token = uuid4().hex
    _open.add(token)
    return {"pid": os.getpid(), "start": _start_of(os.getpid()), "token": token}


def close_reader(reader: dict[str, Any]) -> None:
    """The reader reads no more, though its process goes on."""
    _open.discard(reader["token"])


def is_alive(reader: dict[str, Any] | None) -> bool:
    """Whether that reader still reads: its process runs (a reused pid does not count), and if it is ours it is open."""
    if not reader:
        return False
    pid = int(reader["pid"])
    if pid == os.getpid():
        return reader["token"] in _open
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return bool(_start_of(pid) == reader["start"])


def _start_of(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None where the system does not say. Source: proc(5), stat.

    One that has ended and that its parent has not asked after is over: a Jupyter server asks every three seconds.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return "over" if fields[0] in {"Z", "X"} else fields[19]
