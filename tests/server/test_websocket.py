"""Rooms over a real WebSocket: history, then live, one exact seam; news to everybody; what a reader may say."""

from __future__ import annotations

from store.given import agent, messages


async def test_history_then_live_then_the_end(view, store):
    agent_id = agent(store, status="running")
    store.save(agent_id, messages(agent_id, 1, 5)).result()
    one = await view()
    await one.say(type="subscribe", agent_id=agent_id, since=2)
    first = await one.until("agent:status")
    assert (first["type"], first["record"]["status"], first["head"]) == ("agent:status", "running", 5)
    await one.until("agent:message", where=lambda f: f["messages"][-1]["sequence_number"] == 5)
    store.save(agent_id, messages(agent_id, 6, 8)).result()
    await one.until("agent:message", where=lambda f: f["messages"][-1]["sequence_number"] == 8)
    store.update_agent(agent_id, status="completed").result()
    last = await one.until("agent:complete")
    assert (last["record"]["status"], last["head"], last["live"]["state"]) == ("completed", 8, "ended")
    assert one.numbers(agent_id) == [3, 4, 5, 6, 7, 8]


async def test_ping(view):
    one = await view()
    await one.say(type="ping")
    assert await one.next() == {"type": "pong"}
