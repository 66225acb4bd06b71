"""Rule 1 and 2: what is saved, under which number and id, and what is refused."""

from __future__ import annotations

import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from nbstream.errors import AgentNotFound, IdConflict, SaveFailed, StoreClosed
from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.store import Committed, message_id
from store.given import START, agent, message, messages, record


def test_a_message_comes_back_as_it_was_saved(store: Store) -> None:
    agent_id = agent(store)
    sent = message(agent_id, 1, content="naïve\r\n\0😀", raw='{"a":1}', metadata={"a": {"b": [1, None, "ü"]}})
    store.save(agent_id, [sent]).result()
    assert store.read(agent_id, raw=True) == [replace(sent, agent_id=agent_id, sequence_number=1)]
    assert store.read(agent_id) == [replace(sent, agent_id=agent_id, sequence_number=1, raw=None)]


def test_numbers_count_from_one_per_agent_across_saves_and_openings(path) -> None:
    with Store.open(path) as store:
        one, two = agent(store), agent(store)
        futures = [store.save(who, messages(who, n, n)) for n in range(1, 51) for who in (one, two)]
        assert [f.result().messages[0].sequence_number for f in futures] == [n for n in range(1, 51) for _ in (1, 2)]
    with Store.open(path) as store:
        assert store.save(one, messages(one, 51, 51)).result().messages[0].sequence_number == 51
        assert [m.sequence_number for m in store.read(one)] == list(range(1, 52))
        assert (store.head(one), store.head(two)) == (51, 50)


def test_a_save_of_nothing_moves_the_cursor_only(store: Store) -> None:
    agent_id = agent(store)
    assert store.save(agent_id, [], last_event_id="1.7").result().messages == []
    assert store.get_agent(agent_id).last_event_id == "1.7"
    store.save(agent_id, messages(agent_id, 8, 8)).result()
    assert store.get_agent(agent_id).last_event_id == "1.7"


def test_the_same_messages_again_are_refused_and_counted(path) -> None:
    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 10)).result()
        again = store.save(agent_id, messages(agent_id, 6, 12)).result()
        assert [m.sequence_number for m in again.messages] == [11, 12]
        assert again.duplicates == 5
    with Store.open(path) as store:
        assert store.save(agent_id, messages(agent_id, 1, 12)).result() == Committed(
            agent_id=agent_id, messages=[], duplicates=12
        )
        assert [m.event_id for m in store.read(agent_id)] == [f"1.{n}" for n in range(1, 13)]
        report = store.verify()
        assert report
        assert report.duplicates == 17


def test_duplicates_within_one_commit_are_refused_too(store: Store) -> None:
    agent_id = agent(store)
    twice = messages(agent_id, 1, 3) + messages(agent_id, 2, 4)
    done = store.save(agent_id, twice).result()
    assert [m.event_id for m in done.messages] == ["1.1", "1.2", "1.3", "1.4"]
    assert done.duplicates == 2


@pytest.mark.parametrize(
    "difference",
    [
        {"content": "other"},
        {"raw": "other"},
        {"type": "tool"},
        {"op": "set"},
        {"block": "/m/1"},
        {"part": None},
        {"role": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_same_id_with_other_bytes_is_reported_not_swallowed(store: Store, difference) -> None:
    agent_id = agent(store)
    first = message(agent_id, 1)
    store.save(agent_id, [first]).result()
    wrong = replace(first, **difference)
    done = store.save(agent_id, [wrong, message(agent_id, 2)]).result()
    report, following = done.messages
    assert (report.type, report.op, report.metadata["nbstream.kind"]) == ("error", "note", "conflict")
    assert report.metadata["nbstream.conflict.id"] == str(first.id)
    came = report.metadata["nbstream.conflict.came"]
    assert {name: came[name] for name in difference} == difference
    assert following.event_id == "1.2"
    assert store.read(agent_id, raw=True)[0].content == first.content
    assert not store.verify()
    assert any("different bytes" in text for text in store.verify().violations)
    # Sent once more, as after a lost connection, it is not reported once more.
    assert store.save(agent_id, [wrong]).result().duplicates == 1


def test_an_id_of_another_agent_is_a_conflict(store: Store) -> None:
    one, two = agent(store), agent(store)
    store.save(one, messages(one, 1, 1)).result()
    done = store.save(two, messages(one, 1, 1)).result()
    assert done.messages[0].metadata["nbstream.conflict.stored_agent_id"] == str(one)


def test_numbers_are_not_used_again_after_a_deletion(path) -> None:
    import duckdb

    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 5)).result()
    with duckdb.connect(str(path)) as foreign:
        foreign.execute("DELETE FROM agent_messages WHERE sequence_number > 3")
    with Store.open(path) as store:
        assert store.save(agent_id, messages(agent_id, 6, 6)).result().messages[0].sequence_number == 6
        assert store.verify().holes == [f"{agent_id}: 4-5"]


def test_a_number_that_lags_behind_the_log_is_mended(path) -> None:
    import duckdb

    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 5)).result()
    with duckdb.connect(str(path)) as foreign:
        foreign.execute("UPDATE agents SET next_sequence_number = 2")
    with Store.open(path) as store:
        assert not store.verify()
        assert store.save(agent_id, messages(agent_id, 6, 6)).result().messages[0].sequence_number == 6
        assert store.verify()


def test_one_bad_save_does_not_take_others_with_it(store: Store) -> None:
    one, two = agent(store), agent(store)
    gate = threading.Event()
    release = store.on_commit(lambda _: gate.wait(30))
    first = store.save(one, messages(one, 1, 1))  # holds the writer, so that the next ones share a commit
    nobody = store.save(uuid4(), messages(one, 2, 2))
    bad = store.save(one, [replace(message(one, 3), type="nonsense")])  # type: ignore[arg-type]
    good = [store.save(who, messages(who, 10, 12)) for who in (one, two)]
    gate.set()
    assert [len(f.result().messages) for f in (first, *good)] == [1, 3, 3]
    with pytest.raises(AgentNotFound, match="create_agent"):
        nobody.result()
    with pytest.raises(SaveFailed, match="CHECK"):
        bad.result()
    release()
    assert [m.sequence_number for m in store.read(one)] == [1, 2, 3, 4]
    assert store.verify()


def test_messages_without_id_and_time_get_them(store: Store) -> None:
    agent_id = agent(store)
    plain = AgentMessage(type="system", content="hello", op="note")
    done = store.save(agent_id, [plain, plain]).result()
    assert len({m.id for m in done.messages}) == 2
    assert all(m.id is not None and m.id.version == 7 for m in done.messages)
    assert store.read(agent_id) == done.messages


def test_half_a_surrogate_pair_is_stored_as_a_replacement_character(store: Store) -> None:
    agent_id = agent(store)
    halves = [message(agent_id, 1, content="\ud83d", metadata={"x": "\ude00"}), message(agent_id, 2, raw="\ude00")]
    store.save(agent_id, halves).result()
    first, second = store.read(agent_id, raw=True)
    assert (first.content, first.metadata, second.raw) == ("\ufffd", {"x": "\ufffd"}, "\ufffd")
    assert store.save(agent_id, halves).result().duplicates == 2


def test_metadata_that_json_does_not_know_is_null(store: Store) -> None:
    agent_id = agent(store)
    store.save(agent_id, [message(agent_id, 1, metadata={"cost": float("nan"), "all": [float("inf"), 1]})]).result()
    assert store.read(agent_id)[0].metadata == {"cost": None, "all": [None, 1]}
    with pytest.raises(TypeError):
        store.save(agent_id, [message(agent_id, 2, metadata={"x": object()})])


def test_agents_are_created_changed_and_listed(store: Store) -> None:
    given = record(prompt="Say hi", metadata={"proxy": "http://127.0.0.1:1"}, created_at=START, session_id="s")
    assert store.create_agent(given) == given
    assert store.get_agent(given.id) == given
    other = agent(store, status="running", created_at=START.replace(year=2025))
    assert [one.id for one in store.list_agents()] == [other, given.id]
    changed = store.update_agent(given.id, status="failed", error="no", completed_at=START, metadata={}).result()
    assert changed == replace(given, status="failed", error="no", completed_at=START, metadata={})
    assert store.get_agent(given.id) == changed
    assert [one.id for one in store.list_agents(status="running")] == [other]
    with pytest.raises(AgentNotFound):
        store.get_agent(uuid4())
    with pytest.raises(AgentNotFound):
        store.update_agent(uuid4(), status="failed").result()
    with pytest.raises(AgentNotFound):
        store.head(uuid4())
    with pytest.raises(TypeError, match="colour"):
        store.update_agent(given.id, colour="red")


def test_an_agent_created_twice_is_one_agent(store: Store) -> None:
    given = record(prompt="Say hi")
    first = store.create_agent(given)
    store.update_agent(given.id, status="running").result()
    assert store.create_agent(given) == replace(first, status="running")
    with pytest.raises(IdConflict):
        store.create_agent(replace(given, prompt="Say bye"))
    assert len(store.list_agents()) == 1


def test_an_update_is_ordered_after_the_saves_before_it(store: Store) -> None:
    agent_id = agent(store)
    heard: list[Committed] = []
    store.on_commit(heard.append)
    for event in range(1, 200):
        store.save(agent_id, messages(agent_id, event, event))
    store.update_agent(agent_id, status="completed").result()
    assert len(store.read(agent_id)) == 199
    assert [m.sequence_number for one in heard for m in one.messages] == list(range(1, 200))
    ended = [one.record is not None and one.record.status == "completed" for one in heard]
    assert ended == [False] * (len(heard) - 1) + [True]


def test_reading_pages_and_raw(store: Store) -> None:
    agent_id = agent(store)
    parts = [message(agent_id, event, part) for event in range(1, 4) for part in range(2)]
    store.save(agent_id, parts).result()
    assert [m.sequence_number for m in store.read(agent_id, since=2, limit=3)] == [3, 4, 5]
    assert store.read(agent_id, since=6) == []
    assert list(store.raw(agent_id)) == ['{"n": 1}', '{"n": 2}', '{"n": 3}']
    assert store.read(uuid4()) == []


def test_a_closed_store_says_so(path) -> None:
    store = Store.open(path)
    agent_id = agent(store)
    waiting = store.save(agent_id, messages(agent_id, 1, 100))
    store.close()
    store.close()
    assert len(waiting.result().messages) == 100
    for call in (
        lambda: store.save(agent_id, []),
        lambda: store.read(agent_id),
        lambda: store.query("SELECT 1"),
        store.verify,
        lambda: store.create_agent(record()),
        lambda: next(store.raw(agent_id)),
    ):
        with pytest.raises(StoreClosed, match="open it again"):
            call()
    with Store.open(path) as again:
        assert again.head(agent_id) == 100


def test_a_recording_that_is_read_while_the_store_closes(path, monkeypatch) -> None:
    monkeypatch.setattr("nbstream.store.reader.RAW_PAGE", 2)
    store = Store.open(path)
    agent_id = agent(store)
    store.save(agent_id, messages(agent_id, 1, 10)).result()
    assert len(list(store.raw(agent_id))) == 10
    recording = store.raw(agent_id)
    assert next(recording) == '{"n": 1}'
    store.close()
    with pytest.raises(StoreClosed):
        list(recording)


def test_a_store_in_memory(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store.open(":memory:") as store, Store.open(":memory:") as other:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 3)).result()
        assert store.head(agent_id) == 3
        assert other.list_agents() == []
    assert list(tmp_path.iterdir()) == []


def test_derived_ids_of_two_parts_differ(store: Store) -> None:
    agent_id = agent(store)
    store.save(agent_id, [message(agent_id, 1, 0), message(agent_id, 1, 1)]).result()
    assert [m.id for m in store.read(agent_id)] == [message_id(agent_id, "1.1", part) for part in (0, 1)]
