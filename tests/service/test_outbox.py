"""Rows on their way to the store: in order whatever fails, in the next commit whoever else waits, never too many."""

from __future__ import annotations

import asyncio

import duckdb
import pytest

from nbstream.errors import StoreClosed
from nbstream.service import outbox
from nbstream.service.outbox import SAVES, Bell, Outbox
from nbstream.store import MessageStore
from nbstream.store.owner import Owner
from store.given import Gated, agent, message


@pytest.fixture
def gated(tmp_path, monkeypatch):
    """A store whose commits a test can hold or break; how many there were; and the saves that were asked of it."""
    monkeypatch.setattr("nbstream.sources.backoff.FIRST_S", 0.02)
    sessions, saves = [], []

    def session(database):
        sessions.append(Gated(database))
        return sessions[-1]

    store = MessageStore(tmp_path / "s.duckdb", Owner(tmp_path / "s.duckdb", session))
    save = store.save

    def counted(*given, **named):
        saves.append(len(given[1]))
        return save(*given, **named)

    store.save = counted
    yield store, sessions[0], saves
    sessions[0].go.set()
    store.close()


async def reached(session) -> None:
    assert await asyncio.to_thread(session.reached.wait, 20)


def numbers(store, agent_id) -> list[str]:
    return [m.content.partition("/")[0] for m in store.read(agent_id)]


def test_rows_go_into_the_commit_that_comes_next(gated) -> None:
    store, session, saves = gated
    one, two = agent(store), agent(store)
    commits = []

    async def run():
        first, second = (Outbox(store, agent_id, lambda why: None, Bell()) for agent_id in (one, two))
        session.go.clear()
        session.reached.clear()
        await first.put([message(one, 1)], "1.1")
        await reached(session)
        await second.put([message(two, 1)], "1.1")
        await first.put([message(one, 2)], "1.2")
        await asyncio.sleep(0)  # the loop has come around: what was put is sent
        assert saves == [1, 1, 1]
        commit = session.commit
        session.commit = lambda: (commits.append(1), commit())
        session.go.set()
        await first.flush()
        await second.flush()

    asyncio.run(run())
    assert len(commits) == 1, "what came while a commit ran went into the one after it, all of it"
    assert numbers(store, one) == ["1", "2"]


def test_many_rows_while_a_commit_runs_are_few_saves(gated) -> None:
    store, session, saves = gated
    one = agent(store)

    async def run():
        box = Outbox(store, one, lambda why: None, Bell())
        session.go.clear()
        session.reached.clear()
        for event in range(1, 101):
            await box.put([message(one, event)], f"1.{event}")
            await asyncio.sleep(0)
        assert saves == [1] * SAVES
        session.go.set()
        await box.flush()

    asyncio.run(run())
    assert saves == [1] * SAVES + [100 - SAVES]
    assert numbers(store, one) == [str(event) for event in range(1, 101)]
    assert store.get_agent(one).last_event_id == "1.100"


@pytest.mark.parametrize("step", ["write", "commit", "committed"])
def test_what_fails_takes_what_is_behind_it_along_and_all_is_tried_again_in_order(gated, step) -> None:
    store, session, saves = gated
    one = agent(store)
    told = []

    async def run():
        box = Outbox(store, one, told.append, Bell())
        for event in range(1, 61):
            if event in (10, 40):
                session.broken[step] = duckdb.IOException("No space left on device")
            await box.put([message(one, event)], f"1.{event}")
            await asyncio.sleep(0.001 if event % 3 else 0)
        await box.flush()

    asyncio.run(run())
    assert numbers(store, one) == [str(event) for event in range(1, 61)]
    assert told[0].startswith("the commit failed, nothing of it was kept: No space left on device; trying again")
    assert told[-1] is None
    assert store.get_agent(one).last_event_id == "1.60"
    assert len(saves) > 3
    assert store.verify(), str(store.verify())


def test_a_source_waits_while_too_many_rows_wait(gated, monkeypatch) -> None:
    store, session, _ = gated
    monkeypatch.setattr(outbox, "LIMIT", 20)
    one = agent(store)

    async def run():
        box = Outbox(store, one, lambda why: None, Bell())
        session.go.clear()
        session.reached.clear()
        for event in range(1, 21):
            await box.put([message(one, event)], f"1.{event}")
        late = asyncio.ensure_future(box.put([message(one, 21)], "1.21"))
        await reached(session)
        assert not late.done()
        session.go.set()
        await late
        await box.flush()

    asyncio.run(run())
    assert numbers(store, one) == [str(event) for event in range(1, 22)]


def test_a_store_that_is_closed_ends_the_run(gated) -> None:
    store, _, _ = gated
    one = agent(store)

    async def run():
        box = Outbox(store, one, lambda why: None, Bell())
        store.close()
        await box.put([message(one, 1)], "1.1")
        with pytest.raises(StoreClosed):
            await box.flush()
        with pytest.raises(StoreClosed):
            await box.put([message(one, 2)], "1.2")

    asyncio.run(run())
