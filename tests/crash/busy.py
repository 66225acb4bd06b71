"""Measures ingestion beside a busy main thread: how many of 200 messages a second arrive, and how late.

    python tests/crash/busy.py --seconds 60

The delay of a message is the time from its receipt (`created_at`) to the hub's publishing it after the commit, in one
process. What was sent is counted by the source's own pace, what arrived at the moment the cell ends.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import asyncio

from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
from support import STREAM_HEAD, LoopbackServer, reply, until

PER_SECOND = 200


@dataclass(frozen=True)
class Seen:
    """What was measured.

    Args:
        sent: messages that the source sent while the main thread was busy.
        arrived: those of them that were published by then.
    """

    how: str
    seconds: float
    sent: int
    arrived: int
    p50_ms: float
    p99_ms: float

    def __str__(self) -> str:
        delay = f"delay p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms"
        return f"{self.how} {self.seconds:.0f} s: {self.arrived:,} of {self.sent:,} messages arrived meanwhile, {delay}"


class Ticking:
    """A proxy's wire that sends 200 deltas a second until it is told to stop, from a process thread of its own."""

    def __init__(self) -> None:
        self.sent = 0
        self.enough = False

    async def __call__(self, request, writer) -> None:
        if request.path == "/agent/start":
            writer.write(reply(200, '{"agent_id": "x", "pid": 1, "status": "started"}'))
            return
        writer.write(STREAM_HEAD)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self.enough:
            due = int((loop.time() - began) * PER_SECOND)
            for number in range(self.sent + 1, due + 1):
                line = '{"type":"system","subtype":"tick","n":%d}' % number  # noqa: UP031
                writer.write(f"id: e1.{number}\nevent: message\ndata: {line}\n\n".encode())
            self.sent = max(self.sent, due)
            await writer.drain()
            await asyncio.sleep(1 / PER_SECOND)
        writer.write(b'event: complete\ndata: {"status": "completed", "exit_code": 0}\n\n')


def measure(path: Path, how: str, seconds: float) -> Seen:
    """One agent of 200 messages a second beside a main thread that sleeps or computes.

    Args:
        path: of a new store.
        how: `sleep` or `compute`.
        seconds: how long.
    """
    ticking = Ticking()
    delays: list[float] = []
    with LoopbackServer(ticking) as server:
        store = nbs.connect(path)
        agent = nbs.launch("x", ProxySource(server.url, token="t"), store=store)
        until(lambda: store.head(agent.id) > 20, what="the stream")

        def listen(committed) -> None:
            now = datetime.now(UTC)
            delays.extend((now - message.created_at).total_seconds() * 1e3 for message in committed.messages)

        unlisten = store.on_commit(listen)
        before = ticking.sent
        _be_busy(how, seconds)
        sent, arrived = ticking.sent - before, len(delays)
        unlisten()
        ticking.enough = True
        agent.wait(timeout=30)
        nbs.close_all()
    ordered = sorted(delays)
    return Seen(how, seconds, sent, arrived, ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)])


def _be_busy(how: str, seconds: float) -> None:
    if how == "sleep":
        time.sleep(seconds)
        return
    until_then = time.monotonic() + seconds
    while time.monotonic() < until_then:
        sum(number * number for number in range(1_000))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the main thread is busy")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        for how in ("sleep", "compute"):
            print(measure(Path(folder) / f"{how}.duckdb", how, seconds), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
