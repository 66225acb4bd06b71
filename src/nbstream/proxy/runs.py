"""One run: a program in its own folder, watched from its files only, so that any proxy can take it up again.

    {runs}/{agent id}/          0700
        meta.json       written here: what was asked for, and how it ended
        launch.json     argv and cwd for the supervisor          prompt        the program's stdin
        child.json      written by the supervisor once it runs   exit.json     … and once it has ended
        stdout.log      append-only: line n is the event {epoch}.{n}            stderr.log

The program writes straight into the log and its supervisor waits for it, so neither notices when the proxy is killed.
`watch` counts lines, notices the end, and wakes the streams; it is the only task a run needs. It polls: 5 ms after
something came, up to 50 ms while nothing does.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from bisect import bisect_right
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from nbstream.proxy import reaper
from nbstream.proxy.folders import read_json, write_private
from nbstream.proxy.tail import LineTail

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from nbstream.proxy.settings import Limits

RunStatus = Literal["running", "completed", "failed", "stopped"]

FASTEST_POLL = 0.005  # seconds; a fifth of a per cent of one core a run
SLOWEST_POLL = 0.05
COUNT_BLOCK = 2**20  # bytes counted between two turns of the event loop
CHECKPOINT = 2**18  # bytes of log between two entries of the line index: what a resuming client reads in vain at most
STDERR_KEPT = 64 * 2**10  # bytes of stderr's tail that are shown
KILL_ROUNDS = 100  # SIGKILL is sent again every 50 ms until no process is left


@dataclass(kw_only=True)
class Meta:
    """What `meta.json` holds; the fields from `status` on change."""

    agent_id: str
    token: str
    epoch: str
    profile: str
    parser: str
    request_hash: str
    created_at: float
    session_id: str | None = None
    model: str | None = None
    status: RunStatus = "running"
    stop_requested: bool = False
    reason: str | None = None
    exit_code: int | None = None
    signal: str | None = None
    duration: float | None = None
    lines: int = 0

    @classmethod
    def load(cls, path: Path) -> Meta | None:
        """Reads it back; None when it is missing or not one of ours."""
        value = read_json(path)
        known = {field.name for field in fields(cls)}
        try:
            return cls(**{key: entry for key, entry in (value or {}).items() if key in known})
        except TypeError:
            return None


class Run:
    """One run of one program.

    Args:
        folder: its run folder.
        meta: what is known of it; saved here.
        limits: the proxy's.

    Attributes:
        ended: set once the run is over and its log has been read to the end.
        caught_up: set once the log has been read as far as it went when the run was taken up.
        delivered: set once a client was sent the last event.
        pulse: set, and replaced, at every change.
    """

    def __init__(self, folder: Path, meta: Meta, limits: Limits) -> None:
        self.folder = folder
        self.meta = meta
        self.limits = limits
        self.ended = asyncio.Event()
        self.caught_up = asyncio.Event()
        self.delivered = asyncio.Event()
        self.pulse = asyncio.Event()
        self._popen: subprocess.Popen[bytes] | None = None
        self._child: dict[str, Any] = {}
        self._lines = 0
        self._counted = 0  # bytes of the log that were counted
        self._partial = False  # the log ends in a half line
        self._checkpoints: list[tuple[int, int]] = [(0, 0)]  # (whole lines before, offset behind them)
        self._watcher: asyncio.Task[None] | None = None
        self._stopper: asyncio.Task[None] | None = None
        self._stop_request: asyncio.Task[None] | None = None
        self._seen_alive = False

    @property
    def log(self) -> Path:
        """The program's stdout."""
        return self.folder / "stdout.log"

    @property
    def running(self) -> bool:
        """Whether the run is not over, as far as is known."""
        return self.meta.status == "running"

    @property
    def head(self) -> int:
        """The number of the last whole line; once the run is over a half line counts."""
        counted = self._lines + (self._partial and not self.running)
        return max(counted, self.meta.lines)

    @property
    def child(self) -> dict[str, Any]:
        """What the supervisor wrote about the program; {} before it did."""
        if not self._child:
            self._child = read_json(self.folder / "child.json") or {}
        return self._child

    def save(self) -> None:
        """Writes `meta.json`."""
        write_private(self.folder / "meta.json", asdict(self.meta))

    def supervised_by(self, supervisor: subprocess.Popen[bytes]) -> None:
        """Names the supervisor that this process has started, so that it is reaped."""
        self._popen = supervisor

    def watch(self) -> None:
        """Starts to watch the run, once."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())

    async def detach(self) -> None:
        """Ceases to watch; the program goes on."""
        for task in (self._watcher, self._stop_request, self._stopper):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def tail(self, after: int) -> LineTail:
        """A reader of the log whose next line is `after + 1`, or earlier: see `nbstream.proxy.stream`."""
        line, offset = self._checkpoints[bisect_right(self._checkpoints, after, key=lambda entry: entry[0]) - 1]
        return LineTail(self.log, offset=offset, line=line, max_line_bytes=self.limits.max_line_bytes)

    def stderr_tail(self, limit: int = STDERR_KEPT) -> str:
        """The last bytes of stderr as text."""
        try:
            with (self.folder / "stderr.log").open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - limit))
                return file.read(limit).decode(errors="replace")
        except OSError:
            return ""

    def alive(self) -> bool:
        """Whether the supervisor runs, or, if that was killed, the program itself."""
        child = self.child
        supervisor, start = child.get("supervisor"), child.get("supervisor_start")
        if not reaper.is_over(self._popen, supervisor, start):
            return True
        if not child:  # the proxy was killed while the supervisor started; it, or its program, has the token
            return bool(reaper.bearers(self.meta.token))
        return reaper.is_running(child.get("pid"), child.get("start"))

    async def stop(
        self, reason: str | None = None, *, interrupt: float | None = None, terminate: float | None = None
    ) -> None:
        """Ends the program and all it started; returns when nothing of the run is left.

        Args:
            reason: why, if no person asked for it.
            interrupt: seconds between SIGINT and SIGTERM; None: the limit's.
            terminate: seconds between SIGTERM and SIGKILL; None: the limit's.
        """
        if self.running and self._stopper is None:
            self.meta.stop_requested = True
            self.meta.reason = self.meta.reason or reason
            self.save()
            graces = (
                (signal.SIGINT, self.limits.interrupt_grace if interrupt is None else interrupt),
                (signal.SIGTERM, self.limits.terminate_grace if terminate is None else terminate),
                *[(signal.SIGKILL, 0.05)] * KILL_ROUNDS,
            )
            self._stopper = asyncio.create_task(self._signal_in_turn(graces))
        if self._stopper is not None:
            await asyncio.shield(self._stopper)

    async def _signal_in_turn(self, graces: tuple[tuple[signal.Signals, float], ...]) -> None:
        for number, grace in graces:
            child = self.child
            supervisor, pid = child.get("supervisor"), child.get("pid")
            watched = reaper.is_running(supervisor, child.get("supervisor_start"))
            group = pid if reaper.is_running(pid, child.get("start")) else None
            reaper.signal_run(self.meta.token, supervisor if watched else None, group, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self.ended.wait()
                return

    async def _watch(self) -> None:
        delay = FASTEST_POLL
        while True:
            alive = self.running and self.alive()  # before reading: what is read after the end is all there is
            self._seen_alive |= alive
            counted = self._count()
            if counted < COUNT_BLOCK:
                self.caught_up.set()
            if counted:
                self._wake()
            elif not alive:
                break
            delay = FASTEST_POLL if counted else min(delay * 1.3, SLOWEST_POLL)
            if alive and self._written() > self.limits.max_log_bytes:
                self.stop_soon(f"its output passed the limit of {self.limits.max_log_bytes:,} bytes")
            await asyncio.sleep(0 if counted >= COUNT_BLOCK else delay)
        if self.running:
            self._conclude()
        self.ended.set()
        self._wake()

    def stop_soon(self, reason: str | None = None) -> None:
        """Stops the run without waiting for it; see `stop`."""
        if self._stop_request is None:
            self._stop_request = asyncio.create_task(self.stop(reason))

    def count_now(self) -> None:
        """Counts all there is: a client may have read further than the watcher."""
        while self._count():
            pass

    def _written(self) -> int:
        """Bytes of the logs so far."""
        with contextlib.suppress(OSError):
            return self._counted + (self.folder / "stderr.log").stat().st_size
        return self._counted

    def _count(self) -> int:
        """Counts the next block of the log; its bytes."""
        try:
            with self.log.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._counted and self.running:
                    self.stop_soon("its log was shortened while it ran")
                block = os.pread(file.fileno(), COUNT_BLOCK, self._counted)
        except OSError:
            return 0  # not started yet, or not there any more: then the streams name the missing lines as a gap
        if not block:
            return 0
        last = block.rfind(b"\n")
        self._lines += block.count(b"\n")
        self._partial = last < len(block) - 1
        if last >= 0 and self._counted + last + 1 - self._checkpoints[-1][1] >= CHECKPOINT:
            self._checkpoints.append((self._lines, self._counted + last + 1))
        self._counted += len(block)
        return len(block)

    def _wake(self) -> None:
        pulse, self.pulse = self.pulse, asyncio.Event()
        pulse.set()

    def _conclude(self) -> None:
        """Finds out how the run ended, ends what is left of it, and writes it down."""
        meta = self.meta
        reaper.sweep(meta.token)
        exited = read_json(self.folder / "exit.json")
        if exited is None:
            meta.status = "stopped" if meta.stop_requested else "failed"
            unknown = "its supervisor was killed, so its exit code is unknown"
            meta.reason = meta.reason or (unknown if self._seen_alive else "ended while no proxy was running")
            meta.duration = time.time() - self.child.get("started_at", meta.created_at)
        else:
            meta.exit_code, meta.signal = exited["exit_code"], exited["signal"]
            meta.duration = exited["duration"]
            meta.reason = meta.reason or exited["error"]
            meta.status = "stopped" if meta.stop_requested else "failed" if meta.exit_code else "completed"
        meta.lines = self._lines + self._partial
        with contextlib.suppress(OSError):  # the disk is full: those who listen shall hear of the end all the same
            self.save()
