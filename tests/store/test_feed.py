"""Listeners hear each message once and in order, whatever comes twice, late or not at all."""

from __future__ import annotations

from dataclasses import replace

from nbstream.frames import Store
from nbstream.store import Committed
from nbstream.store.feed import Feed
from nbstream.store.requests import Snapshot
from store.given import agent, messages


def _numbers(heard: list[Committed]) -> list[int | None]:
    return [m.sequence_number for one in heard for m in one.messages]


def _snapshot(store: Store) -> Snapshot:
    return store._backend.follow(lambda _: None, lambda _: None)


def test_what_was_filled_in_is_not_heard_again_when_its_news_comes_late(store: Store) -> None:
    agent_id = agent(store)
    feed, heard = Feed(), list[Committed]()
    feed.begin(store._backend)
    feed.end()  # from here on news arrives only as this test delivers it
    feed.add(heard.append)
    first = store.save(agent_id, messages(agent_id, 1, 3)).result()
    second = store.save(agent_id, messages(agent_id, 4, 6)).result()
    feed.fill(_snapshot(store))
    feed.deliver(first)
    feed.deliver(
        replace(second, messages=second.messages + store.save(agent_id, messages(agent_id, 7, 7)).result().messages)
    )
    assert _numbers(heard) == [1, 2, 3, 4, 5, 6, 7]


def test_filling_tells_changed_agents_and_pages_through_long_gaps(store: Store, monkeypatch) -> None:
    monkeypatch.setattr("nbstream.store.feed._PAGE", 10)
    quiet, busy = agent(store), agent(store)
    feed, heard = Feed(), list[Committed]()
    feed.begin(store._backend)
    feed.end()
    feed.add(heard.append)
    store.save(busy, messages(busy, 1, 35)).result()
    store.update_agent(busy, status="completed").result()
    new = agent(store)
    feed.fill(_snapshot(store))
    assert [len(one.messages) for one in heard if one.agent_id == busy] == [0, 10, 10, 10, 5]
    assert [one.record.status for one in heard if one.record is not None and one.agent_id == busy] == ["completed"]
    assert {one.agent_id for one in heard} == {busy, new}
    feed.fill(_snapshot(store))
    assert len(heard) == 6
    assert quiet not in {one.agent_id for one in heard}


def test_what_is_there_before_the_first_listener_is_no_news(store: Store) -> None:
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 3)).result()
    heard: list[Committed] = []
    store.on_commit(heard.append)
    store.save(agent_id, messages(agent_id, 4, 4)).result()
    assert _numbers(heard) == [4]
