"""Every route, every error, over real HTTP, from a store of this process."""

from __future__ import annotations

from uuid import uuid4

from store.given import agent, messages


async def test_agents_are_listed_oldest_first(fetch, store):
    first, second = agent(store), agent(store, status="completed")
    status, body, _ = await fetch("agents")
    assert status == 200
    assert [one["id"] for one in body["agents"]] == [str(first), str(second)]
    status, body, _ = await fetch("agents", "active")
    assert [one["id"] for one in body["agents"]] == [str(first)]


async def test_a_page_of_messages(fetch, store):
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 10)).result()
    status, body, _ = await fetch("agents", agent_id, "messages", params={"since": 3, "limit": 4})
    assert (status, [m["sequence_number"] for m in body["messages"]]) == (200, [4, 5, 6, 7])
    assert (body["head"], body["next_since"], body["has_more"], body["gaps"]) == (10, 7, True, [])


async def test_unknown(fetch, store):
    unknown = uuid4()
    status, body, _ = await fetch("agents", unknown)
    assert (status, body["reason"]) == (404, "AgentNotFound")
