"""Every route, every error, over real HTTP. Each answer is also checked against `api.yaml` (`described.py`)."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import uuid4

import pytest

from nbstream.messages import AgentMessage
from nbstream.server.refusals import STATUS, status_of
from nbstream.wire import read_batch
from store.given import TESTS, agent, message, messages

RECORDING = TESTS / "recordings" / "claude-text.jsonl"


@pytest.fixture
def nbstream_config():
    options = {"recording": {"path": str(RECORDING)}, "command": {}}
    return {"sources": ["recording", "nosuch"], "source_options": options}


async def test_agents_are_listed_oldest_first(fetch, store):
    first, second = agent(store), agent(store, status="completed")
    status, body, headers = await fetch("agents")
    assert (status, headers["Cache-Control"], headers["X-Content-Type-Options"]) == (200, "no-store", "nosniff")
    assert [one["id"] for one in body["agents"]] == [str(first), str(second)]
    status, body, _ = await fetch("agents", "active")
    assert [one["id"] for one in body["agents"]] == [str(first)]


async def test_one_agent_and_its_status(fetch, store):
    agent_id = agent(store, status="running", prompt="what?", model="m", metadata={"secret": "stays here"})
    store.save(agent_id, messages(agent_id, 1, 3)).result()
    _, body, _ = await fetch("agents", agent_id)
    assert (body["prompt"], body["model"], "secret" in json.dumps(body)) == ("what?", "m", False)
    _, body, _ = await fetch("agents", agent_id, "status")
    assert (body["type"], body["head"], body["live"]["state"]) == ("agent:status", 3, "gone")
    store.update_agent(agent_id, status="failed", error="no").result()
    _, body, _ = await fetch("agents", agent_id, "status")
    assert (body["type"], body["record"]["error"], body["live"]["state"]) == ("agent:complete", "no", "ended")


@pytest.mark.parametrize(
    ("params", "numbers", "following", "more"),
    [
        ({}, range(1, 11), 10, False),
        ({"since": 3, "limit": 4}, range(4, 8), 7, True),
        ({"since": 8, "limit": 2}, range(9, 11), 10, False),
        ({"since": 10}, [], 10, False),
        ({"limit": 5000, "since": 0}, range(1, 11), 10, False),
    ],
)
async def test_a_page(params, numbers, following, more, fetch, store):
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 10)).result()
    status, body, _ = await fetch("agents", agent_id, "messages", params=params)
    assert (status, [m["sequence_number"] for m in body["messages"]]) == (200, list(numbers))
    assert (body["head"], body["next_since"], body["has_more"], body["gaps"]) == (10, following, more, [])
    assert all("raw" not in m for m in body["messages"])


async def test_raw_on_request(fetch, store):
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 2)).result()
    _, body, _ = await fetch("agents", agent_id, "messages", params={"raw": "true"})
    assert [m["raw"] for m in body["messages"]] == ['{"n": 1}', '{"n": 2}']


async def test_compact_on_request(fetch, store):
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 9)).result()
    _, whole, _ = await fetch("agents", agent_id, "messages", params={"since": 2, "limit": 4})
    _, compact, _ = await fetch("agents", agent_id, "messages", params={"since": 2, "limit": 4, "compact": "true"})
    assert {**compact, "messages": None} == {**whole, "messages": None}
    read = read_batch({**compact, "after": 2})
    assert read == [replace(AgentMessage.from_json(row), id=None) for row in whole["messages"]]
    assert len(json.dumps(compact["messages"])) * 2 < len(json.dumps(whole["messages"]))


async def test_a_page_ends_at_its_size_and_the_next_one_goes_on(fetch, store):
    agent_id = agent(store)
    rows = [message(agent_id, n, content="x" * 1_500_000) for n in range(1, 8)]
    store.save(agent_id, rows).result()
    seen, since, pages = [], 0, 0
    while True:
        _, body, _ = await fetch("agents", agent_id, "messages", params={"since": since})
        seen += [m["sequence_number"] for m in body["messages"]]
        since, pages = body["next_since"], pages + 1
        assert body["gaps"] == []
        if not body["has_more"]:
            break
    assert (seen, pages) == ([1, 2, 3, 4, 5, 6, 7], 4)


async def test_holes_are_named(fetch, store):
    """No store of ours has them; a page over one that was tampered with says so."""
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 10)).result()
    writing = store._backend._database.cursor()
    writing.execute("DELETE FROM agent_messages WHERE sequence_number IN (1, 4, 5, 9, 10)")
    writing.close()
    _, body, _ = await fetch("agents", agent_id, "messages")
    assert [m["sequence_number"] for m in body["messages"]] == [2, 3, 6, 7, 8]
    assert body["gaps"] == [{"from": 1, "to": 1}, {"from": 4, "to": 5}, {"from": 9, "to": 10}]
    assert (body["next_since"], body["has_more"]) == (10, False)
    _, body, _ = await fetch("agents", agent_id, "messages", params={"limit": 3})
    assert (body["gaps"], body["next_since"], body["has_more"]) == (
        [{"from": 1, "to": 1}, {"from": 4, "to": 5}], 6, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "params",
    [{"since": "x"}, {"since": "-1"}, {"since": "1.0"}, {"since": "٣"}, {"since": str(2**63)}, {"since": ""},
     {"limit": "0"}, {"limit": "5001"}, {"raw": "yes"}, {"since": "1 OR 1=1"},
     {"compact": "1"}, {"compact": "true", "raw": "true"}],
)  # fmt: skip
async def test_garbage_is_400(params, fetch, store):
    status, body, _ = await fetch("agents", agent(store), "messages", params=params)
    assert (status, body["reason"]) == (400, "BadRequest")


@pytest.mark.parametrize("route", [(), ("status",), ("messages",)], ids=str)
async def test_unknown_is_404_and_no_uuid_is_400(route, fetch, store):
    agent(store)
    status, body, _ = await fetch("agents", uuid4(), *route)
    assert (status, body["reason"]) == (404, "AgentNotFound")
    status, body, _ = await fetch("agents", "x%27%3B--", *route)
    assert (status, body["reason"]) == (400, "BadRequest")


async def test_above_the_head_is_416(fetch, store):
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 3)).result()
    status, body, _ = await fetch("agents", agent_id, "messages", params={"since": 4})
    assert (status, body["reason"], body["head"]) == (416, "AboveHead", 3)


async def test_a_deleted_file_is_410_and_then_a_new_one_does_not_know(fetch, store, path, backend):
    agent_id = agent(store)
    assert (await fetch("agents", agent_id))[0] == 200
    store.close()
    path.unlink()
    await backend.call(backend.stores.look)
    status, body, _ = await fetch("agents", agent_id)
    assert (status, body["reason"]) == (410, "AgentGone")
    assert (await fetch("agents", uuid4()))[0] == 404


BODIES = [
    (b"{", {}, 400), (b"[]", {}, 400), (b"{}", {}, 400), (b'{"prompt": ""}', {}, 400), (b'{"prompt": 1}', {}, 400),
    (b'{"prompt": "x", "model": 1}', {}, 400), (b'{"prompt": "x", "path": "/etc/passwd"}', {}, 400),
    (b'{"prompt": "x", "source": "claude"}', {}, 400), (b'{"prompt": "x", "source": "http://127.0.0.1:1"}', {}, 400),
    (b'{"prompt": "x", "source": "nosuch"}', {}, 400), (b"\xff", {}, 400), (b"[" * 100_000, {}, 400),
    (b'{"prompt": "x"}', {"Content-Type": "text/plain"}, 415), (b"prompt=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    (b'{"prompt": "' + b"x" * 1024 * 1024 + b'"}', {}, 413),
]  # fmt: skip


@pytest.mark.parametrize(("body", "headers", "expected"), BODIES, ids=range(len(BODIES)))
async def test_what_cannot_be_started(body, headers, expected, fetch, store):
    status, answer, _ = await fetch("agents", method="POST", body=body, headers=headers)
    assert (status, set(answer)) == (expected, {"message", "reason"})
    assert store.list_agents() == []


async def test_an_agent_is_started_in_the_server(fetch, view, path, jp_base_url, backend):
    given = {"prompt": "say hello", "session_id": "s"}
    status, body, headers = await fetch("agents", method="POST", body=given)
    assert (status, body["prompt"], body["source"]) == (201, "say hello", "recording")
    assert headers["Location"] == f"{jp_base_url}nbstream/api/agents/{body['id']}"
    one = await view()
    await one.say(type="subscribe", agent_id=body["id"], since=0)
    await one.until("agent:complete")
    _, page, _ = await fetch("agents", body["id"], "messages", params={"raw": "true"})
    raw = "\n".join(m["raw"] for m in page["messages"] if m["raw"])
    assert raw.splitlines() == RECORDING.read_text(encoding="utf-8").splitlines()
    assert backend.stores.default().path == path


async def test_the_store_is_closed_when_the_server_is(fetch, path, backend):
    await fetch("agents", method="POST", body={"prompt": "x"})
    await backend.close()
    assert backend.stores._held == {}


@pytest.mark.parametrize("error", STATUS, ids=lambda kind: kind.__name__)
def test_every_kind_of_error_has_a_status(error):
    assert 400 <= STATUS[error] < 600
    assert status_of(Exception()) == 500


async def test_a_fault_of_ours_says_nothing_of_itself(fetch, store, backend):
    """An error that nobody foresaw is a 500 without its words, which may hold anything."""
    agent_id = agent(store)
    await fetch("agents")

    class Broken:
        def head(self, _):
            raise RuntimeError("a secret")

    held, _ = backend.stores.find(agent_id, backend_scope())
    held.store = Broken()
    status, body, _ = await fetch("agents", agent_id, "messages")
    assert (status, "secret" in json.dumps(body)) == (500, False)


def backend_scope():
    from nbstream.server.scope import Scope

    return Scope()
