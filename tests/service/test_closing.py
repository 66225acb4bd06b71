"""What a source holds is let go of when its run ends, not when the collector comes by, which may be after the loop's end."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from uuid import uuid4

import pytest

import nbstream
from nbstream import service as nbs
from nbstream.messages import TERMINAL
from nbstream.sources import End, News, Request
from nbstream.sources.proxy import ProxySource
from nbstream.sse import ServerSentEvent
from support import LoopbackServer, ScriptedProxy

LINES = ['{"type":"keep_alive"}', '{"type":"result","subtype":"success","is_error":false,"result":"ok"}']


class Lingering:
    """A source whose connection takes a while to close."""

    name = "lingering"
    parser = "claude"
    resumable = False

    def __init__(self, items):
        self.items = items
        self.closed = False

    def describe(self):
        return {"name": self.name, "options": {}}

    async def events(self, request, cursor):
        try:
            for item in self.items:
                yield item
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.2)
            self.closed = True

    async def stop(self, request):
        """It cannot be told."""


def test_a_source_is_closed_before_its_run_counts_as_ended(store):
    seen = []
    source = Lingering([News("live"), [ServerSentEvent("message", LINES[1], "e.1")], End("exited", exit_code=0)])

    def heed(committed):
        if committed.record is not None and committed.record.status in TERMINAL:
            seen.append(source.closed)

    unlisten = store.on_commit(heed)
    assert nbs.launch("x", source, store=store).wait(timeout=20) == "completed"
    unlisten()
    assert seen == [True]


def test_a_source_is_closed_when_the_service_closes(store):
    source = Lingering([News("live")])
    agent = nbs.launch("x", source, store=store)
    follower = agent.follow()
    while follower.record.status != "running":
        follower.batch(1.0)
    follower.close()
    nbs.close_all()
    assert source.closed


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_no_generator_of_ours_is_left_to_the_collector(taken):
    """`taken`: items read before the reader leaves: the start's news, the connection's, the first lines."""
    left = []

    async def read(url):
        sys.set_asyncgen_hooks(finalizer=lambda generator: left.append(generator.ag_code.co_filename))
        items = ProxySource(url, token="t", heartbeat=5.0).events(Request(agent_id=uuid4(), prompt="x"), None)
        for _ in range(taken):
            await anext(items)
        await items.aclose()
        del items
        gc.collect()

    with LoopbackServer(ScriptedProxy(LINES)) as server:
        asyncio.run(read(server.url))
    ours = Path(nbstream.__file__).parent
    assert [name for name in left if Path(name).is_relative_to(ours)] == []
