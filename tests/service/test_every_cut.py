"""A stream of 100 events cut at every byte, doubled, and shuffled: every table is the same one.

Each agent's connections are cut at every `STRIDE`-th byte, and the agents begin one byte apart, so that together they
are cut at every byte there is. They share one store and one loopback server. The tables are compared in the store: one
hash of a whole log per agent, and there must be one hash.
"""

from __future__ import annotations

import json
import random
import time

import pytest

from nbstream import service as nbs
from nbstream.sources.proxy import ProxySource
from nbstream.store.identity import message_id
from support import LoopbackServer, ScriptedProxy

EVENTS = 100
AT_ONCE = 64
"""Agents that run at the same time: enough that one works while others wait for their reconnects."""
STRIDE = 400
"""Bytes between two cuts of one agent: over two events, so that every connection brings a whole one."""

# Everything of a row but the ids of its agent and its time; `id` is left to `verify`, which derives each one anew.
TABLES = """
    SELECT table_hash, count(*) AS tables, any_value(agent_id) AS example
    FROM (
        SELECT agent_id, md5(string_agg(
            concat_ws('|', sequence_number, event_id, type, role, part, block, op, content, raw, metadata), '\n'
            ORDER BY sequence_number)) AS table_hash
        FROM agent_messages GROUP BY agent_id
    )
    GROUP BY table_hash
"""


def frame(event: dict) -> str:
    return json.dumps({"type": "stream_event", "event": event}, separators=(",", ":"))


def lines() -> list[str]:
    """One answer: deltas between lines that make no row, characters outside ASCII among them, and its result."""
    start = {"type": "message_start", "message": {"id": "m1", "role": "assistant", "content": []}}
    made = [frame(start), frame({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}})]
    while len(made) < EVENTS - 3:
        text = "ä€"[len(made) % 2] if len(made) % 12 == 3 else f"{len(made)} "
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        made.append(json.dumps(json.loads(frame(delta)), ensure_ascii=False, separators=(",", ":")))
        made.extend(['{"type":"keep_alive"}'] * min(3, EVENTS - 3 - len(made)))
    made.append(frame({"type": "content_block_stop", "index": 0}))
    made.append(frame({"type": "message_stop"}))
    made.append('{"type":"result","subtype":"success","is_error":false,"result":"ok"}')
    return made


class Proxies:
    """A scripted proxy for each agent, found by the agent id in the path."""

    def __init__(self, scripts):
        self._scripts = iter(scripts)
        self._by_agent: dict[str, ScriptedProxy] = {}

    async def __call__(self, request, writer):
        if request.path == "/agent/start":
            script = self._by_agent.setdefault(request.json["agent_id"], next(self._scripts))
        else:
            script = self._by_agent[request.path.split("/")[2]]
        await script(request, writer)


def run_all(store, scripts, count: int) -> None:
    """An agent for each script, `AT_ONCE` at a time, each read to its end."""
    with LoopbackServer(Proxies(scripts)) as server:
        source = {"token": "t", "heartbeat": 20.0}
        running = []
        for _ in range(count):
            running.append(nbs.launch("x", ProxySource(server.url, **source), store=store))
            if len(running) >= AT_ONCE:
                running.pop(0).wait(timeout=60)
        for agent in running:
            agent.wait(timeout=60)


@pytest.fixture
def store(tmp_path):
    yield nbs.connect(tmp_path / "store.duckdb")
    nbs.close_all()


def assert_one_table(store, source: list[str], count: int) -> None:
    found = store.query(TABLES).to_pylist()
    assert [row["tables"] for row in found] == [count], found[:5]
    agent_id = nbs.attach(found[0]["example"], store=store).id
    assert "\n".join(store.raw(agent_id)).split("\n") == source
    for message in store.read(agent_id):
        assert message.id == message_id(agent_id, message.event_id, 0)
    statuses = store.query("SELECT status, count(*) AS n FROM agents GROUP BY ALL").to_pylist()
    assert statuses == [{"status": "completed", "n": count}]
    report = store.verify()  # derives every id again, for every agent
    assert report, str(report)
    assert not report.gaps


class Cuts:
    """Cuts connection n at byte `first + (n - 1) * STRIDE` of the stream, and keeps where that was.

    Args:
        first: the byte of the first cut.
        size: bytes of the whole stream.
    """

    def __init__(self, first: int, size: int):
        self._first, self._size = first, size
        self.made: list[int] = []

    def __call__(self, connection: int, left: int) -> int | None:
        at = self._first + (connection - 1) * STRIDE
        if at >= self._size:
            return None
        self.made.append(at)
        return at - (self._size - left)


@pytest.mark.timeout(300)
def test_a_cut_at_every_byte_gives_the_same_table(store):
    source = lines()
    size = len(ScriptedProxy(source).stream_bytes())
    assert len(source) == EVENTS
    began = time.monotonic()
    cuts = [Cuts(first, size) for first in range(STRIDE)]
    run_all(store, [ScriptedProxy(source, cut=cut) for cut in cuts], len(cuts))
    print(f"{sum(len(cut.made) for cut in cuts):,} cuts, {size:,} bytes, {time.monotonic() - began:.0f} s")
    assert sorted(at for cut in cuts for at in cut.made) == list(range(size))
    assert_one_table(store, source, len(cuts))


def doubled(events):
    return [event for event in events for _ in range(2)]


def shuffled(seed: int, window: int = 64):
    """Delivers every event less than `window` places from its own."""
    rng = random.Random(seed)
    return lambda events: sorted(events, key=lambda event: event[0] + rng.uniform(0, window))


@pytest.mark.timeout(300)
def test_doubled_and_shuffled_delivery_gives_the_same_table(store):
    source = lines()
    deliveries = [lambda events: events, doubled]
    for seed in range(100):
        deliver = shuffled(seed)
        deliveries += [deliver, lambda events, deliver=deliver: deliver(doubled(events))]
    run_all(store, [ScriptedProxy(source, deliver=deliver) for deliver in deliveries], len(deliveries))
    assert_one_table(store, source, len(deliveries))
