"""Rule 1: nobody hears of a message before COMMIT has returned, and of a failed save never."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, wait
from dataclasses import replace

import duckdb
import pytest

from nbstream.errors import SaveFailed
from nbstream.store import Committed, MessageStore
from nbstream.store.connection import Database
from nbstream.store.owner import Owner
from nbstream.store.session import LISTED, DuckSession
from store.given import Gated, agent, message, messages, record


@pytest.fixture
def gated(path):
    sessions: list[Gated] = []

    def session(database: Database) -> Gated:
        sessions.append(Gated(database))
        return sessions[-1]

    store = MessageStore(path, Owner(path, session))
    yield store, sessions
    for one in sessions:
        one.go.set()
    store.close()


def test_before_commit_returns_nobody_knows(gated) -> None:
    store, [session] = gated
    agent_id = agent(store)
    heard: list[Committed] = []
    order: list[str] = []
    store.on_commit(lambda one: (heard.append(one), order.append("listener")))
    session.go.clear()
    session.reached.clear()
    saved = store.save(agent_id, messages(agent_id, 1, 3))
    saved.add_done_callback(lambda _: order.append("future"))
    assert session.reached.wait(30)  # all rows are written, COMMIT is about to run
    assert not saved.done()
    assert heard == []
    assert store.read(agent_id) == []
    assert store.head(agent_id) == 0
    session.go.set()
    assert saved.result(10).messages == heard[0].messages == store.read(agent_id, raw=True)
    assert order == ["listener", "future"]


def test_what_waits_goes_with_the_next_commit(gated) -> None:
    store, [session] = gated
    agent_id = agent(store)
    heard: list[Committed] = []
    store.on_commit(heard.append)
    session.go.clear()
    session.reached.clear()
    first = store.save(agent_id, messages(agent_id, 1, 1))
    assert session.reached.wait(30)
    rest = [store.save(agent_id, messages(agent_id, n, n)) for n in range(2, 1_002)]
    session.go.set()
    wait([first, *rest], timeout=30)
    assert [len(one.messages) for one in heard] == [1, 1_000]
    assert [f.result().messages[0].sequence_number for f in rest] == list(range(2, 1_002))


@pytest.mark.parametrize("step", ["write", "commit"])
@pytest.mark.parametrize(
    "error",
    [duckdb.IOException("No space left on device"), OSError(28, "No space left"), duckdb.FatalException("invalidated")],
    ids=lambda error: type(error).__name__,
)
def test_a_failed_commit_is_never_shown_and_the_writer_goes_on(gated, step: str, error: Exception) -> None:
    store, sessions = gated
    agent_id = agent(store)
    heard: list[Committed] = []
    store.on_commit(heard.append)
    sessions[-1].broken[step] = error
    failed = store.save(agent_id, messages(agent_id, 1, 3))
    with pytest.raises(SaveFailed, match=r"nothing of it was kept.*(space|invalidated)") as caught:
        failed.result(20)
    assert caught.value.__cause__ is error
    assert heard == []
    assert store.read(agent_id) == []
    assert [m.sequence_number for m in store.save(agent_id, messages(agent_id, 1, 3)).result(20).messages] == [1, 2, 3]
    assert [len(one.messages) for one in heard] == [3]
    assert len(sessions) == (2 if isinstance(error, duckdb.FatalException) else 1)
    assert store.verify()


def test_what_comes_after_a_save_that_failed_is_not_kept_before_it(gated) -> None:
    store, [session] = gated
    agent_id = agent(store)
    session.broken["commit"] = duckdb.IOException("No space left on device")
    one, two, three = [messages(agent_id, first, first + 1) for first in (1, 3, 5)]
    first = store.save(agent_id, one)
    assert isinstance(first.exception(20), SaveFailed)
    second = store.save(agent_id, two, after=first)
    third = store.save(agent_id, three, after=second)
    for behind in (second, third):
        with pytest.raises(SaveFailed, match="messages before these were not saved"):
            behind.result(20)
    assert store.read(agent_id) == []
    first = store.save(agent_id, one)
    second = store.save(agent_id, two, after=first)
    assert [m.sequence_number for m in store.save(agent_id, three, after=second).result(20).messages] == [5, 6]


def test_in_one_commit_too_what_comes_after_a_save_that_failed_is_not_kept(gated) -> None:
    store, [session] = gated
    agent_id, other = agent(store), agent(store)
    session.go.clear()
    session.reached.clear()
    held = store.save(other, messages(other, 1, 1))
    assert session.reached.wait(20)
    refused = store.save(agent_id, [message(agent_id, 1, type="nonsense")])
    behind = store.save(agent_id, messages(agent_id, 2, 2), after=refused)
    last = store.save(agent_id, messages(agent_id, 3, 3), after=behind)
    apart = store.save(other, messages(other, 2, 2), after=held)
    session.go.set()
    assert apart.result(20).messages[0].sequence_number == 2
    assert "CHECK" in str(refused.exception(20))
    for future in (behind, last):
        assert "messages before these were not saved" in str(future.exception(20))
    assert store.read(agent_id) == []
    # An agent that is not there fails in the plan itself, so the save behind it has not heard of it yet.
    session.go.clear()
    session.reached.clear()
    held = store.save(other, messages(other, 3, 3))
    assert session.reached.wait(20)
    nowhere = store.save(record().id, messages(agent_id, 1, 1))
    behind = store.save(agent_id, messages(agent_id, 2, 2), after=nowhere)
    session.go.set()
    assert isinstance(behind.exception(20), SaveFailed)


def test_a_commit_that_held_although_it_reported_a_failure_is_not_doubled(gated) -> None:
    store, [session] = gated
    agent_id = agent(store)
    session.broken["committed"] = duckdb.IOException("lost contact with the disk")
    with pytest.raises(SaveFailed):
        store.save(agent_id, messages(agent_id, 1, 3)).result(20)
    again = store.save(agent_id, messages(agent_id, 1, 4)).result(20)
    assert ([m.sequence_number for m in again.messages], again.duplicates) == ([4], 3)
    assert store.verify()


def test_a_listener_that_raises_stops_nobody(gated, caplog) -> None:
    store, _ = gated
    agent_id = agent(store)
    heard: list[Committed] = []

    def faulty(_: Committed) -> None:
        raise RuntimeError("a reader's fault")

    store.on_commit(faulty)
    forget = store.on_commit(heard.append)
    assert len(store.save(agent_id, messages(agent_id, 1, 2)).result(20).messages) == 2
    forget()
    store.save(agent_id, messages(agent_id, 3, 4)).result(20)
    assert [len(one.messages) for one in heard] == [2]
    assert "a reader's fault" in caplog.text


def test_a_new_agent_and_its_change_are_heard_with_their_record(gated) -> None:
    store, _ = gated
    heard: list[Committed] = []
    store.on_commit(heard.append)
    created = store.create_agent(record())
    store.update_agent(created.id, status="running", model="m").result(20)
    assert [(one.agent_id, one.record and (one.record.status, one.record.model)) for one in heard] == [
        (created.id, ("created", None)),
        (created.id, ("running", "m")),
    ]


def test_a_full_queue_blocks_the_one_who_saves(gated, monkeypatch) -> None:
    store, [session] = gated
    agent_id = agent(store)
    monkeypatch.setattr("nbstream.store.writer.PENDING_ROWS", 10)
    session.go.clear()
    session.reached.clear()
    futures: list[Future[Committed]] = [store.save(agent_id, messages(agent_id, 1, 1))]
    assert session.reached.wait(30)
    futures.append(store.save(agent_id, messages(agent_id, 2, 11)))  # fills the queue
    through = threading.Event()

    def one_more() -> None:
        futures.append(store.save(agent_id, messages(agent_id, 12, 12)))
        through.set()

    thread = threading.Thread(target=one_more)
    thread.start()
    assert not through.wait(0.2)
    session.go.set()
    thread.join(20)
    assert [len(f.result(20).messages) for f in futures] == [1, 10, 1]


def test_a_failed_checkpoint_loses_nothing(gated, monkeypatch, caplog) -> None:
    store, sessions = gated
    agent_id = agent(store)
    monkeypatch.setattr("nbstream.store.connection.CHECKPOINT_BYTES", 0)
    sessions[-1].broken["checkpoint"] = duckdb.IOException("No space left on device")
    for event in range(1, 5):
        store.save(agent_id, messages(agent_id, event, event)).result(20)
    assert "no checkpoint this time" in caplog.text
    assert store.head(agent_id) == 4
    assert store.verify()


def test_an_idle_store_moves_its_log_into_the_file(gated, path, monkeypatch) -> None:
    store, _ = gated
    agent_id = agent(store)
    monkeypatch.setattr("nbstream.store.connection.IDLE_CHECKPOINT_BYTES", 1)
    monkeypatch.setattr("nbstream.store.writer.IDLE_SECONDS", 0.05)
    moved = threading.Event()
    original = Database.checkpoint_due

    def due(self: Database, idle: bool) -> bool:
        answer = original(self, idle)
        if idle and not answer:
            moved.set()
        return answer

    store._backend._writer._checkpoint_due = due.__get__(store._backend._database)
    store.save(agent_id, messages(agent_id, 1, 500)).result(20)
    assert moved.wait(20)
    log = path.with_name(path.name + ".wal")
    assert not log.exists() or log.stat().st_size == 0
    assert store.save(agent_id, messages(agent_id, 501, 501)).result(20).messages[0].sequence_number == 501


def test_what_nobody_reads_is_let_go_after_a_checkpoint(path, monkeypatch) -> None:
    monkeypatch.setattr("nbstream.store.session.PAGES_BYTES", 2**20)

    def held() -> int:
        sql = "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'BASE_TABLE'"
        return session._cursor.execute(sql).fetchall()[0][0]

    with MessageStore.open(path) as store:
        agent_id = agent(store)
        text = {event: os.urandom(500).hex() for event in range(1, 10_001)}
        store.save(agent_id, [message(agent_id, event, raw=text[event]) for event in text]).result(20)
        owner = store._backend
        session = DuckSession(owner._database.cursor())
        limit = "SELECT current_setting('memory_limit')"
        before = session._cursor.execute(limit).fetchall()
        session.checkpoint()
        assert path.stat().st_size > 5 * 2**20
        with owner._read() as cursor:
            reading = cursor.execute("SELECT raw FROM agent_messages")
            first = reading.fetchmany(1)
            owner._unread(session.release)
            assert held() > 2**20, "somebody reads"
            assert len(first + reading.fetchall()) == 10_000
        owner._unread(session.release)
        assert held() <= 2**20
        assert session._cursor.execute(limit).fetchall() == before
        assert list(store.raw(agent_id)) == list(text.values())
        session.close()
        assert store.verify()


def test_who_is_about_to_read_waits_while_pages_are_let_go(path) -> None:
    with MessageStore.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 5)).result(20)
        read = Future()
        reader = threading.Thread(target=lambda: read.set_result(store.read(agent_id)))

        def step() -> None:
            reader.start()
            with pytest.raises(TimeoutError):
                read.result(0.2)

        store._backend._unread(step)
        assert len(read.result(20)) == 5
        reader.join()


@pytest.mark.parametrize("count", [1, 2, LISTED, LISTED + 1])
def test_each_agent_of_a_commit_gets_its_own_progress(path, count) -> None:
    with MessageStore.open(path) as store:
        ids = [agent(store) for _ in range(count + 1)]
        session = DuckSession(store._backend._database.cursor())
        before = [session.state(one) for one in ids]
        for number, state in enumerate(before[:-1]):
            state.next_sequence_number = 2**40 + number
            state.duplicates = number
            state.record = replace(state.record, last_event_id=None if number % 3 == 0 else f"e1.{number}")
        session._cursor.begin()
        session._update_progress(before[:-1])
        session.commit()
        assert [session.state(one) for one in ids] == before
        session.close()
