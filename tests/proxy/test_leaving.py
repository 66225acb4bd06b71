"""A stream ends when the proxy does, whatever else the loop is about to wake it for."""

from __future__ import annotations

import asyncio
import time

import pytest

from nbstream.proxy.runs import Meta, Run
from nbstream.proxy.settings import Limits
from nbstream.proxy.stream import EventStream

HEARTBEAT_S = 0.05


def a_run(folder):
    """A run that goes on, of whose watcher the test plays the part."""
    folder.mkdir()
    (folder / "stdout.log").write_bytes(b"one\n")
    meta = Meta(
        agent_id="a", token="t", epoch="e", profile="p", parser="claude", request_hash="h", created_at=time.time()
    )
    return Run(folder, meta, Limits())


async def ends(run, turns):
    """Whether a stream is over once the proxy leaves and the run has news, so many turns of the loop apart."""
    leaving, begun = asyncio.Event(), asyncio.Event()

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        if b"one" in message.get("body", b""):
            begun.set()

    stream = EventStream(run, 0, HEARTBEAT_S, lambda scope: None, lambda scope: False, leaving, {})
    task = asyncio.create_task(stream({"type": "http", "method": "GET"}, receive, send))
    await begun.wait()
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # it waits for news
    first, then = (run._wake, leaving.set) if turns >= 0 else (leaving.set, run._wake)
    first()
    for _ in range(abs(turns)):
        await asyncio.sleep(0)
    then()
    await asyncio.wait({task}, timeout=20 * HEARTBEAT_S)
    over = task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return over


@pytest.mark.parametrize("turns", range(-5, 6))
def test_news_at_the_very_end_do_not_keep_a_stream_open(tmp_path, turns):
    assert asyncio.run(ends(a_run(tmp_path / "run"), turns))
