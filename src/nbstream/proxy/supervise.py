"""Runs one program in its run folder, and outlives the proxy that asked for it.

    python -I -S supervise.py FOLDER

It is started by its file path and imports only the standard library, so that it is up in a few milliseconds and needs
nothing of nbstream. Its environment *is* the program's environment. In FOLDER it reads `launch.json` (`argv`, `cwd`)
and `prompt` (the program's stdin), appends to `stdout.log` and `stderr.log`, and writes, each in one rename:

- `child.json` once the program runs: `pid`, `start`, `supervisor`, `supervisor_start`, `started_at`;
- `exit.json` once it has ended: `exit_code` (128 + n when signal n ended it), `signal`, `duration`, `error`.

A program's tools may run in sessions of their own and outlive it. On Linux the supervisor is a child subreaper: every
descendant that loses its parent becomes its child, so "no children left" means "no descendants left". It ends them when
the program has ended, and only then ends itself: a run is over when its supervisor is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
HAS_PROC = sys.platform == "linux"
LEFTOVER_GRACE = 0.5  # seconds between SIGTERM and SIGKILL for what the program left behind
LEFTOVER_LIMIT = 10.0  # seconds after which a process that not even SIGKILL ends is given up
CANNOT_START = 127  # what a shell answers for a program that is not there


def start_of(pid: int) -> str | None:
    """When a process started, as a text that no other process of that pid ever has; None when it is not running.

    A zombie counts as not running. Where there is no /proc the text only says that the pid is in use.
    """
    if not HAS_PROC:
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return "in use"
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib costs 10 ms at start
            stat = file.read()
    except OSError:
        return None
    fields = stat[stat.rindex(b")") + 2 :].split()  # the name before ")" may hold anything
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def descendants(root: int) -> set[int]:
    """The pids below `root` in the tree of processes, zombies left out; empty where there is no /proc."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc") if HAS_PROC else ():  # noqa: PTH208
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                stat = file.read()
        except OSError:
            continue
        state, parent = stat[stat.rindex(b")") + 2 :].split(maxsplit=2)[:2]
        if state not in (b"Z", b"X"):
            children.setdefault(int(parent), []).append(int(name))
    found: set[int] = set()
    pending = [root]
    while pending:
        fresh = [pid for pid in children.get(pending.pop(), ()) if pid not in found]
        found.update(fresh)
        pending.extend(fresh)
    return found


def send(pid: int, number: int, *, group: bool = False) -> None:
    """Signals a process, or its group; one that is gone, or not ours, is no error."""
    with contextlib.suppress(OSError):  # it ended in the meantime, or is another user's (a setuid program)
        (os.killpg if group else os.kill)(pid, number)


def write_json(path: str, value: dict[str, object]) -> None:
    """Writes a file that is there whole or not at all, readable by its owner only."""
    partial = f"{path}.{os.getpid()}.part"
    with open(partial, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(value, file)
    os.replace(partial, path)  # noqa: PTH105


def _exec(argv: list[str], cwd: str, folder: str, problems: int) -> None:
    """The child's side of the fork: becomes the program, or says why not and ends."""
    try:
        os.setsid()
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            # Ignored signals stay ignored over exec: a proxy started with `nohup` or `&` would make SIGINT useless.
            if signal.getsignal(number) == signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        append = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        os.dup2(os.open(f"{folder}/prompt", os.O_RDONLY), 0)
        os.dup2(os.open(f"{folder}/stdout.log", append, 0o600), 1)
        os.dup2(os.open(f"{folder}/stderr.log", append, 0o600), 2)
        os.chdir(cwd)
        os.execvp(argv[0], argv)  # noqa: S606
    except OSError as problem:
        os.write(problems, f"{problem.strerror}: {problem.filename or argv[0]}".encode())
    finally:
        os._exit(CANNOT_START)


def _start(argv: list[str], cwd: str, folder: str) -> tuple[int, str]:
    """Starts the program; its pid, and why it could not be started or ""."""
    reading, writing = os.pipe()  # closed by a successful exec, so reading it to its end waits for the exec
    pid = os.fork()
    if pid == 0:
        _exec(argv, cwd, folder, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        return pid, file.read().decode(errors="replace")


def _wait(pid: int) -> int:
    """Waits for the program, reaping orphans meanwhile; its exit code, negative for a signal."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def end_leftovers(program: int) -> None:
    """Ends every descendant that the program left behind: SIGTERM, then SIGKILL until none is left."""
    began = time.monotonic()
    number = signal.SIGTERM
    signalled: set[int] = set()
    while (passed := time.monotonic() - began) < LEFTOVER_LIMIT and _any_left(program):
        if number == signal.SIGTERM and passed >= LEFTOVER_GRACE:
            number, signalled = signal.SIGKILL, set()
        if not HAS_PROC:
            send(program, number, group=True)
        for pid in descendants(os.getpid()) - signalled:
            send(pid, number)
            signalled.add(pid)
        time.sleep(0.005)


def _any_left(program: int) -> bool:
    """Whether anything is left of the program: children of ours, or, without a subreaper, members of its group."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        if HAS_PROC:
            return False
        try:
            os.killpg(program, 0)
        except OSError:
            return False
    return True


def main(folder: str) -> None:
    """Runs the program of a run folder to its end."""
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler, not SIG_IGN: exec puts it back to the default
    if HAS_PROC:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with open(f"{folder}/launch.json", encoding="utf-8") as file:  # noqa: PTH123
        launch = json.load(file)
    began = time.monotonic()
    started_at = time.time()
    pid, error = _start(launch["argv"], launch["cwd"], folder)
    if not error:
        own = os.getpid()
        child = {"pid": pid, "start": start_of(pid), "supervisor": own, "supervisor_start": start_of(own)}
        write_json(f"{folder}/child.json", {**child, "started_at": started_at})
    code = _wait(pid)
    name = signal.Signals(-code).name if code < 0 else None
    ended = {"exit_code": 128 - code if code < 0 else code, "signal": name, "error": error or None}
    write_json(f"{folder}/exit.json", {**ended, "duration": time.monotonic() - began})
    end_leftovers(pid)


if __name__ == "__main__":
    main(sys.argv[1])
