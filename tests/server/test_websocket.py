"""Rooms over a real WebSocket: history, then live, one exact seam; news to everybody; what a reader may say."""

from __future__ import annotations

import asyncio
import json
import threading
from uuid import UUID, uuid4

import pytest

from nbstream.server import connection
from nbstream.server.connection import PAGE
from nbstream.server.scope import Scope
from nbstream.server.websocket import MAX_FRAME
from server.conftest import last, when
from store.given import agent, message, messages

AN_AGENT = f'"agent_id": "{UUID(int=7)}"'


async def test_history_then_live_then_the_end(view, store):
    agent_id = agent(store, status="running")
    store.save(agent_id, messages(agent_id, 1, 5)).result()
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=2)
    first = await one.until("agent:status")
    assert (first["type"], first["record"]["status"], first["head"]) == ("agent:status", "running", 5)
    await one.until("agent:message", where=lambda f: last(f) == 5)
    store.save(agent_id, messages(agent_id, 6, 8)).result()
    await one.until("agent:message", where=lambda f: last(f) == 8)
    store.update_agent(agent_id, status="completed").result()
    end = await one.until("agent:complete")
    assert (end["record"]["status"], end["head"], end["live"]["state"]) == ("completed", 8, "ended")
    assert one.numbers(agent_id) == [3, 4, 5, 6, 7, 8]


async def test_ping(view):
    one = await view()
    await one.say(type="ping")
    assert await one.next() == {"type": "pong"}


@pytest.mark.parametrize(
    "frame",
    ["{", "[]", "null", '"x"', "{}", '{"type": "subscribe"}', '{"type": "subscribe", "agent_id": "x", "since": 0}',
     f'{{"type": "subscribe", {AN_AGENT}, "since": -1}}', f'{{"type": "stop", {AN_AGENT}}}',
     f'{{"type": "raw", {AN_AGENT}}}', f'{{"type": "sql", {AN_AGENT}}}', "[" * 60_000],
)  # fmt: skip
async def test_what_no_view_sends_is_an_error_and_the_connection_stays(frame, view):
    one = await view()
    await one.socket.write_message(frame)
    error = await one.until("agent:error")
    assert (error["agent_id"], error["reason"]) == (None, "BadRequest")
    await one.say(type="ping")
    await one.until("pong")


async def test_errors_name_their_agent(view, store):
    agent_id = agent(store)
    one = await view()
    unknown = uuid4()
    await one.say(type="subscribe", agent_id=unknown, since=0)
    error = await one.until("agent:error")
    assert (error["agent_id"], error["reason"]) == (str(unknown), "AgentNotFound")
    await one.say(type="subscribe", agent_id=agent_id, since=7)
    error = await one.until("agent:error")
    assert (error["agent_id"], error["reason"]) == (str(agent_id), "AboveHead")


async def test_raw(view, store):
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 2)).result()
    one = await view()
    for number, raw in ((2, '{"n": 2}'), (3, None)):
        await one.say(type="raw", agent_id=agent_id, sequence_number=number)
        answer = await one.until("agent:raw")
        assert (answer["sequence_number"], answer["raw"]) == (number, raw)


async def test_after_unsubscribe_nothing_of_that_agent_comes(view, store, backend):
    kept, left = agent(store), agent(store)
    one = await view()
    for agent_id in (kept, left):
        await one.say(type="subscribe", agent_id=agent_id, since=0)
        await one.until("agent:status")
    await one.say(type="unsubscribe", agent_id=left)
    await one.say(type="ping")
    await one.until("pong")
    store.save(left, messages(left, 1, 3)).result()
    store.save(kept, messages(kept, 1, 3)).result()
    await one.until("agent:message")
    assert (one.numbers(kept), one.numbers(left)) == ([1, 2, 3], [])
    held, _ = backend.stores.find(kept, Scope())
    assert held.followed == {kept: 1}


async def test_the_seam_between_history_and_live(view, store):
    """Rows are saved the whole time while readers come in: each gets every row once, in order."""
    agent_id = agent(store, status="running")
    total = 3_000
    going = threading.Thread(target=write, args=(store, agent_id, total))
    going.start()
    readers = []
    for _ in range(8):
        readers.append(await view())
        await readers[-1].say(type="subscribe", agent_id=agent_id, since=0)
        await readers[-1].until("agent:message")
    for one in readers:
        await one.until("agent:complete")
        assert one.numbers(agent_id) == list(range(1, total + 1))
        assert all(len(f["messages"]) <= PAGE for f in one.frames if f["type"] == "agent:message")
    going.join()


def write(store, agent_id, total):
    for start in range(1, total, 10):
        store.save(agent_id, messages(agent_id, start, start + 9)).result()
    store.update_agent(agent_id, status="completed").result()


async def test_an_agent_that_is_read_on_after_its_end(view, store):
    agent_id = agent(store, status="interrupted")
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    await one.until("agent:complete")
    store.update_agent(agent_id, status="running").result()
    await one.until("agent:status", where=lambda f: f["record"]["status"] == "running")
    store.save(agent_id, messages(agent_id, 1, 2)).result()
    store.update_agent(agent_id, status="completed").result()
    assert (await one.until("agent:complete"))["head"] == 2
    assert one.numbers(agent_id) == [1, 2]


async def test_a_row_larger_than_a_batch_goes_alone(view, store):
    agent_id = agent(store)
    big = message(agent_id, 2, content="x" * 3_000_000)
    store.save(agent_id, [message(agent_id, 1), big, message(agent_id, 3)]).result()
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=0)
    await one.until("agent:message", where=lambda f: last(f) == 3)
    sizes = [len(f["messages"]) for f in one.frames if f["type"] == "agent:message"]
    assert (one.numbers(agent_id), sizes) == ([1, 2, 3], [1, 1, 1])


async def test_a_frame_that_is_too_long_ends_the_connection(view):
    one = await view()
    await one.socket.write_message("x" * (MAX_FRAME + 1))
    assert await one.next() is None
    assert one.socket.close_code in (1009, None, 1006)


async def test_the_server_says_that_it_goes_down(view, backend):
    one = await view()
    await one.say(type="ping")
    await one.until("pong")
    await backend.close()
    assert await one.next() is None
    assert one.socket.close_code == 1001


async def test_a_reader_that_takes_nothing_is_cut_off_and_resumes(jp_http_port, jp_base_url, jp_auth_header, view, store,
                                                                  backend, monkeypatch):  # fmt: skip
    """A socket that nobody reads fills up; what waits for it stays bounded, and it is hung up on."""
    monkeypatch.setattr(connection, "SLOW_S", 1.0)
    agent_id = agent(store)
    store.save(agent_id, [message(agent_id, n, content="x" * 500_000) for n in range(1, 41)]).result()
    reader, writer = await asyncio.open_connection("127.0.0.1", jp_http_port, limit=1024)
    lines = [f"GET {jp_base_url}nbstream/ws HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
             "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
             f"Authorization: {jp_auth_header['Authorization']}"]  # fmt: skip
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert b"101" in await reader.readline()
    ask = json.dumps({"type": "subscribe", "agent_id": str(agent_id), "since": 0}).encode()
    writer.write(bytes([0x81, 0x80 | len(ask), 0, 0, 0, 0]) + ask)
    await when(lambda: backend.connections)
    (slow,) = backend.connections
    await when(lambda: not backend.connections)
    assert slow._ended
    held, _ = backend.stores.find(agent_id, Scope())
    assert held.followed == {}
    said = b""
    async with asyncio.timeout(20):
        while part := await reader.read(1_000_000):
            said = (said + part)[-200:]
    assert (4008).to_bytes(2, "big") + b"too slow" in said
    writer.close()
    again = await view()
    await again.say(type="subscribe", agent_id=agent_id, since=0)
    await again.until("agent:complete", "agent:message", where=lambda f: last(f) == 40)
    assert again.numbers(agent_id) == list(range(1, 41))


async def test_one_connection_follows_many_agents_up_to_a_limit(view, store, monkeypatch):
    monkeypatch.setattr(connection, "SUBSCRIPTIONS", 3)
    ids = [agent(store) for _ in range(4)]
    one = await view()
    for agent_id in ids[:3]:
        await one.say(type="subscribe", agent_id=agent_id, since=0)
        await one.until("agent:status")
    await one.say(type="subscribe", agent_id=ids[3], since=0)
    assert (await one.until("agent:error"))["reason"] == "BadRequest"
    for agent_id in ids[:3]:
        store.save(agent_id, messages(agent_id, 1, 2)).result()
    for _ in range(3):
        await one.until("agent:message")
    assert [one.numbers(agent_id) for agent_id in ids[:3]] == [[1, 2]] * 3
