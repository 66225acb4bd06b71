"""Finding and ending every process of a run.

A process group is not enough: agents' tools run in sessions of their own. Two nets are cast, and either one finds what
the other misses: every process whose environment carries the run's token (it survives `setsid`, double forks and the
death of every ancestor), and every process below the run's supervisor, which is a child subreaper (that finds those
that cleared their environment). Where there is no /proc (macOS) only the program's own process group is reached.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from nbstream.proxy.supervise import HAS_PROC, descendants, send, start_of

RUN_KEY = "NBSTREAM_RUN"
"""The environment variable that carries a run's token to all its processes."""

SWEEP_ROUNDS = 200  # a killed process is gone within a few; one that hangs in the kernel must not hang us


def is_running(pid: int | None, start: str | None) -> bool:
    """Whether the very process that had this pid and start time still runs; a zombie does not."""
    return pid is not None and start_of(pid) == start and start is not None


def bearers(token: str) -> set[int]:
    """The pids of all processes whose environment carries a run's token; empty where there is no /proc."""
    wanted = f"{RUN_KEY}={token}".encode()
    found = set()
    for entry in os.scandir("/proc") if HAS_PROC else ():
        if not entry.name.isdigit():
            continue
        try:
            environ = Path(entry.path, "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if wanted in environ.split(b"\0") and start_of(int(entry.name)) is not None:
            found.add(int(entry.name))
    return found


def members(token: str, supervisor: int | None) -> set[int]:
    """Every process of a run except its supervisor (which ends by itself when they are gone) and this one."""
    below = descendants(supervisor) if supervisor else set()
    return (bearers(token) | below) - {supervisor, os.getpid()}


def signal_run(token: str, supervisor: int | None, group: int | None, number: signal.Signals) -> None:
    """Signals the program's group and, unless the signal is SIGINT, every other process of the run.

    SIGINT means what Ctrl-C means at a terminal: the group gets it, and the program tells its tools.

    Args:
        token: the run's token.
        supervisor: its supervisor's pid while that runs, else None.
        group: the program's process group while the program runs, else None.
        number: the signal.
    """
    if group is not None:
        send(group, number, group=True)
    if number != signal.SIGINT:
        for pid in members(token, supervisor):
            send(pid, number)


def sweep(token: str) -> int:
    """Kills whatever still carries the token of a run that is over, its supervisor included; how many there were."""
    killed: set[int] = set()
    for _ in range(SWEEP_ROUNDS):
        leftover = bearers(token) - {os.getpid()}
        if not leftover:
            break
        for pid in leftover:
            send(pid, signal.SIGKILL)
        killed |= leftover
    return len(killed)


def is_over(supervisor: subprocess.Popen[bytes] | None, pid: int | None, start: str | None) -> bool:
    """Whether a supervisor has ended. One that this process started is reaped, so that no zombie is left."""
    if supervisor is not None:
        return supervisor.poll() is not None
    return not is_running(pid, start)
