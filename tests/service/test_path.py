"""The path end to end inside one process: what the source sent is what the store holds."""

from __future__ import annotations

import asyncio
import json
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from nbstream import service as nbs
from nbstream.errors import AgentNotFound, MissingExtra, SourceUnavailable, UnknownSource
from nbstream.messages import AgentMessage
from nbstream.service.recorder import Recorder
from nbstream.sources.proxy import ProxySource
from nbstream.sources.replay import ReplaySource
from nbstream.sse import ServerSentEvent
from nbstream.store.identity import message_id
from support import LoopbackServer, ScriptedProxy, reply, until

RECORDINGS = Path(__file__).parent.parent / "recordings"


def recording(name: str) -> list[str]:
    return (RECORDINGS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()


def raw_lines(store, agent) -> list[str]:
    return "\n".join(store.raw(agent.id)).split("\n")


def table(store, agent):
    """The log without what differs between two runs by design: ids, agent, time."""
    return [
        (m.sequence_number, m.type, m.role, m.part, m.op, m.block, m.content, dict(m.metadata), m.raw, m.event_id)
        for m in store.read(agent.id, raw=True)
    ]


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDINGS.glob("claude-*.jsonl")))
def test_raw_in_order_is_the_recording_line_for_line(store, name):
    agent = nbs.launch("x", ReplaySource(RECORDINGS / f"{name}.jsonl", exit_code=0), store=store)
    agent.wait(timeout=60)
    assert raw_lines(store, agent) == recording(name)
    assert store.verify(), str(store.verify())


def test_every_cut_of_the_connection_gives_the_same_table(store, proxied):
    lines = recording("claude-tool-partial")
    whole = table(store, proxied(ScriptedProxy(lines)))
    rng = random.Random(7)
    for _ in range(15):
        cut = rng.random()
        script = ScriptedProxy(lines, cut=lambda n, left, cut=cut: int(cut * left) if n == 1 else None)
        assert table(store, proxied(script)) == whole
        assert script.connections == 2


def test_doubled_and_shuffled_delivery_gives_the_same_table(store, proxied):
    lines = recording("claude-parallel-partial")
    whole = table(store, proxied(ScriptedProxy(lines)))

    def doubled(events):
        return [event for event in events for _ in range(2)]

    def shuffled(events):
        rng = random.Random(3)
        return sorted(events, key=lambda event: event[0] + rng.uniform(0, 64))

    for deliver in (doubled, shuffled, lambda events: doubled(shuffled(events))):
        agent = proxied(ScriptedProxy(lines, deliver=deliver))
        assert table(store, agent) == whole
        assert agent.status == "completed"


def test_a_clean_end_without_a_terminal_event_is_a_reconnect(store, proxied):
    lines = recording("claude-text")
    script = ScriptedProxy(lines)
    size = len("".join(f"id: e1.{n}\nevent: message\ndata: {line}\n\n" for n, line in enumerate(lines, 1)).encode())
    script.cut = lambda n, left: size if n == 1 else None
    agent = proxied(script)
    assert agent.status == "completed"
    assert script.cursors == [None, "e1.3"]


@pytest.mark.parametrize(
    ("deliver", "missing"),
    [
        (lambda events: [event for event in events if event[0] not in {4, 5}], (4, 5)),
        (lambda events: events[:-2], (13, 14)),
    ],
    ids=["in the middle", "at the end"],
)
def test_lines_that_never_come_are_named_and_the_run_goes_on(store, proxied, deliver, missing):
    lines = recording("claude-text-partial")
    done = {"status": "completed", "exit_code": 0, "messageCount": len(lines)}
    agent = proxied(ScriptedProxy(lines, deliver=deliver, complete=done))
    gap = next(m for m in store.read(agent.id) if m.metadata.get("nbstream.kind") == "gap")
    assert (gap.metadata["from"], gap.metadata["to"]) == missing
    assert raw_lines(store, agent) == [line for n, line in enumerate(lines, 1) if not missing[0] <= n <= missing[1]]
    report = store.verify()
    assert report, str(report)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_error_is_tried_again(store, proxied, status):
    script = ScriptedProxy(recording("claude-text"), answers=[reply(status, '{"detail": "later"}', retry_after="0")])
    assert proxied(script).status == "completed"
    assert script.connections == 1


@pytest.mark.parametrize(("status", "says"), [(401, "401"), (403, "403"), (404, "404"), (410, "410"), (204, "204")])
def test_an_answer_that_will_not_change_ends_the_run_with_the_reason(store, proxied, status, says):
    script = ScriptedProxy(
        recording("claude-text"), answers=[reply(status, '{"detail": "no"}' if status != 204 else "")]
    )
    agent = proxied(script)
    assert agent.status == "failed"
    assert says in agent.error
    last = store.read(agent.id)[-1]
    assert last.type == "error"
    assert last.content == agent.error


def test_a_json_body_with_status_200_is_a_clear_error(store, proxied):
    script = ScriptedProxy([], answers=[reply(200, '{"error": "quota used up"}')])
    agent = proxied(script)
    assert agent.status == "failed"
    assert "expected text/event-stream" in agent.error
    assert "quota used up" in agent.error


def test_a_proxy_that_is_not_running_is_a_clear_error(store):
    with LoopbackServer(ScriptedProxy([])) as server:
        url = server.url
    agent = nbs.launch("x", ProxySource(url, token="t"), store=store)
    assert agent.wait(timeout=60) == "failed"
    assert f"nobody answers at {url}" in agent.error
    assert "`nbstream proxy` starts one" in agent.error


def test_a_proxy_that_dies_mid_answer_leaves_what_came_and_says_so(store):
    lines = recording("claude-text-partial")
    script = ScriptedProxy(lines, cut=lambda n, left: left // 2 if n == 1 else 0)
    with LoopbackServer(script) as server:
        source = ProxySource(server.url, token="t", give_up=3)
        agent = nbs.launch("x", source, store=store)
        until(lambda: store.head(agent.id) > 2 and script.connections > 1, what="half the answer")
    assert agent.wait(timeout=60) == "interrupted"
    assert "no answer for" in agent.error
    kept = raw_lines(store, agent)
    assert kept == lines[: len(kept)]
    assert len(kept) > 2


def test_a_line_that_is_not_json_is_kept_and_the_stream_goes_on(store, proxied):
    lines = recording("claude-text")
    broken = [lines[0], '{"type": "assistant", "mess', *lines[1:]]
    agent = proxied(ScriptedProxy(broken))
    assert agent.status == "completed"
    assert raw_lines(store, agent) == broken
    assert any(m.type == "system" and broken[1] in m.content for m in store.read(agent.id))


def test_an_unknown_event_type_is_kept_and_shown_small(store, proxied):
    lines = recording("claude-text")
    unknown = json.dumps({"type": "from_tomorrow", "payload": [1, 2, 3]})
    agent = proxied(ScriptedProxy([lines[0], unknown, *lines[1:]]))
    assert agent.status == "completed"
    note = next(m for m in store.read(agent.id) if m.metadata.get("nbstream.kind") == "unknown")
    assert json.loads(note.content) == json.loads(unknown)


def test_a_line_over_the_limit_becomes_a_row_that_names_it_and_the_rest_comes(store, proxied):
    lines = recording("claude-text")
    huge = json.dumps({"type": "huge", "x": "y" * 50_000})
    agent = proxied(ScriptedProxy([lines[0], huge, *lines[1:]]), max_event_bytes=20_000)
    assert agent.status == "completed"
    gap = next(m for m in store.read(agent.id) if m.metadata.get("nbstream.kind") == "gap")
    assert (gap.metadata["from"], gap.metadata["to"]) == (2, 2)
    assert "at most 20,000" in gap.content
    assert raw_lines(store, agent) == lines
    assert store.verify(), str(store.verify())


def test_an_unknown_source_names_those_there_are(store):
    with pytest.raises(UnknownSource, match=r"no source named 'cloude': expected one of .*claude, .*local, "):
        nbs.launch("x", "cloude", store=store)
    assert store.list_agents() == []


def test_attaching_to_an_unknown_agent_says_so(store):
    with pytest.raises(AgentNotFound):
        nbs.attach("00000000-0000-7000-8000-000000000000", store=store)


def test_every_message_reaches_async_for_in_order_and_after_its_commit(store, proxied):
    lines = recording("claude-tool-partial")

    async def collect(agent):
        seen = []
        async for message in agent:
            assert store.head(agent.id) >= message.sequence_number
            seen.append(message.sequence_number)
        return seen, await agent

    with LoopbackServer(ScriptedProxy(lines)) as server:
        agent = nbs.launch("x", ProxySource(server.url, token="t"), store=store)
        seen, status = asyncio.run(collect(agent))
    assert seen == list(range(1, store.head(agent.id) + 1))
    assert status == "completed"


def test_waiting_has_a_limit_that_stops_nothing(store):
    slow = ReplaySource(RECORDINGS / "claude-tool-partial.jsonl", interval=0.02, exit_code=0)
    agent = nbs.launch("x", slow, store=store)
    with pytest.raises(TimeoutError, match="is still"):
        agent.wait(timeout=0.1)
    assert agent.wait(timeout=60) == "completed"


def test_stop_ends_the_run_and_says_stopped(store):
    slow = ReplaySource(RECORDINGS / "claude-tool-partial.jsonl", interval=0.05, exit_code=0)
    agent = nbs.launch("x", slow, store=store)
    first = agent.follow()
    while not first.batch(1.0):
        pass
    first.close()
    agent.stop()
    assert agent.wait(timeout=30) == "stopped"
    assert len(raw_lines(store, agent)) < len(recording("claude-tool-partial"))


class Broken:
    """A source that fails in a way of its own."""

    name = "broken"
    parser = "claude"
    resumable = False

    def __init__(self, error, after=()):
        self.error = error
        self.after = list(after)

    def describe(self):
        return {"name": self.name}

    async def events(self, request, cursor):
        if self.after:
            yield self.after
        raise self.error

    async def stop(self, request):
        pass


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MissingExtra("the local model", "local"), r"pip install 'nbstream\[local\]'"),
        (ZeroDivisionError("oops"), "oops"),
    ],
)
def test_whatever_a_source_raises_ends_the_run_with_a_reason(store, caplog, error, says):
    agent = nbs.launch("x", Broken(error), store=store)
    assert agent.wait(timeout=30) == "failed"
    assert re.search(says, agent.error)


def test_a_source_that_breaks_mid_answer_keeps_what_came(store):
    lines = recording("claude-text-partial")[:9]
    events = [ServerSentEvent("message", line, f"e.{n}") for n, line in enumerate(lines, 1)]
    agent = nbs.launch("x", Broken(SourceUnavailable("the line is dead"), events), store=store)
    assert agent.wait(timeout=30) == "interrupted"
    assert "the line is dead" in agent.error
    assert raw_lines(store, agent) == lines


class Repeating:
    """A parser that gives one and the same message for every event, twice."""

    session_id = model = None
    finished = named = False

    def __init__(self):
        self.row = AgentMessage(type="system", op="note", content="again")

    def parse(self, event):
        return [self.row, self.row]


def test_a_message_that_a_parser_gives_again_becomes_a_row_of_its_own():
    agent_id = uuid4()
    recorder = Recorder(agent_id, Repeating(), lambda: datetime(2026, 1, 1, tzinfo=UTC))
    rows = recorder.rows([ServerSentEvent("message", f"line {n}", f"e.{n}") for n in (1, 2)])
    assert [(row.event_id, row.raw) for row in rows] == [
        ("e.1", "line 1"),
        ("e.1", None),
        ("e.2", "line 2"),
        ("e.2", None),
    ]
    assert [row.id for row in rows] == [message_id(agent_id, f"e.{n}", part) for n in (1, 2) for part in (0, 1)]


def test_events_that_inherit_an_id_have_no_identity_and_are_all_kept(store):
    lines = recording("claude-text")
    events = [ServerSentEvent("message", line, "sticky") for line in lines]
    agent = nbs.launch("x", Broken(SourceUnavailable("over"), events), store=store)
    agent.wait(timeout=30)
    assert raw_lines(store, agent) == lines
    assert [m for m in store.read(agent.id) if m.metadata.get("nbstream.kind") == "conflict"] == []
