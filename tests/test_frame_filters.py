"""Frames of a part of the history: by agent, session, type, time and number."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from nbstream.frames import Store
from store.given import START, agent, messages

METHODS = ("agents", "messages", "transcript", "tool_calls", "usage", "timeline")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Three agents, two of them of one session; their rows one microsecond apart, their creation one second."""
    with Store.open(tmp_path_factory.mktemp("filters") / "history.duckdb") as opened:
        for number, session in enumerate(("s1", "s1", None)):
            who = agent(opened, session_id=session, created_at=START + timedelta(seconds=number), prompt=f"p{number}")
            opened.save(who, messages(who, 1, 10)).result()
        opened.update_agent(who, status="completed").result()
        yield opened


def ids(store: Store) -> list[str]:
    return store.agents()["id"].tolist()


@pytest.mark.parametrize("method", METHODS)
def test_one_agent_can_be_named_in_every_way(store: Store, method: str) -> None:
    call = getattr(store, method)
    one = ids(store)[1]
    frame = call(one)
    column = "id" if method == "agents" else "agent_id"
    assert set(frame[column]) <= {one}
    assert len(frame) == len(call([one])) == len(call(SimpleNamespace(id=one)))
    with pytest.raises(ValueError, match="UUID"):
        call("no id")
    assert len(call([])) == 0


def test_several_agents_and_a_session(store: Store) -> None:
    first, second, third = ids(store)
    assert len(store.messages([first, third])) == 20
    assert set(store.messages(session="s1")["agent_id"]) == {first, second}
    assert store.agents(session="s1")["id"].tolist() == [first, second]
    assert len(store.messages(third, session="s1")) == 0
    assert store.transcript(session="s1")["agent_id"].nunique() == 2


def test_a_time_is_from_and_before(store: Store) -> None:
    first = ids(store)[0]
    third, seventh = START + timedelta(microseconds=3), START + timedelta(microseconds=7)
    assert store.messages(first, after=third, before=seventh)["sequence_number"].tolist() == [3, 4, 5, 6]
    assert store.agents(after=START + timedelta(seconds=1))["prompt"].tolist() == ["p1", "p2"]
    assert store.agents(before=START + timedelta(seconds=1))["prompt"].tolist() == ["p0"]
    assert len(store.usage(after=seventh, by="model")) == 0


def test_a_type_a_status_and_a_number(store: Store) -> None:
    first, _second, third = ids(store)
    assert len(store.messages(type="assistant")) == 30
    assert len(store.messages(type=["tool", "user"])) == 0
    assert store.agents(status="completed")["id"].tolist() == [third]
    assert store.messages(first, since=8)["sequence_number"].tolist() == [9, 10]
    # A block that has grown since is there again, whole.
    assert store.transcript(first, since=8)["content"].tolist() == store.transcript(first)["content"].tolist()
    assert len(store.transcript(first, since=10)) == 0


def test_a_filter_is_a_value_and_never_sql(store: Store) -> None:
    for text in ("s1' OR true --", "'; DROP TABLE agents; --", "%", "*"):
        assert len(store.messages(session=text)) == 0
        assert len(store.messages(type=text)) == 0
        assert len(store.agents(status=text)) == 0
    assert len(store.agents()) == 3
