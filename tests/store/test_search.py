"""What the search keeps beside the log: derived, exact at every moment, gone when its texts go."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta

import duckdb
import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from nbstream.store import search
from store.given import START, agent

LETTERS = "abcde"


@pytest.fixture
def file(path):
    """A store's file, with a cursor of its own as the writer would have it."""
    with Store.open(path) as store:
        agent(store)
    return path


def rows(chosen: random.Random, count: int) -> list[AgentMessage]:
    made = []
    for _ in range(count):
        op = chosen.choices(("append", "set", "drop", "note"), (8, 2, 1, 1))[0]
        block = None if op == "note" else f"b{chosen.randrange(6)}"
        words = "" if op == "drop" else "".join(chosen.choices(LETTERS + " ", k=4))
        part = None if op == "note" else "text"
        made.append(AgentMessage(type="assistant", op=op, block=block, part=part, content=words, created_at=START))
    return made


def expected(store: Store, word: str) -> set[tuple[str, int, int]]:
    return {
        (row["agent_id"], row["sequence_number"], row["last_sequence_number"])
        for row in store.transcript(to="arrow").to_pylist()
        if word in row["content"]
    }


def hits(store: Store, word: str) -> set[tuple[str, int, int]]:
    found = store.search(word, limit=1_000, to="arrow").to_pylist()
    return {(row["agent_id"], row["sequence_number"], row["last_sequence_number"]) for row in found}


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_folded_before_the_hits_are_those_of_the_transcript(path, seed: int) -> None:
    chosen = random.Random(seed)
    with Store.open(path) as store:
        agents = [agent(store) for _ in range(3)]
    for _ in range(4):
        with Store.open(path) as store:
            for who in chosen.sample(agents, 2):
                store.save(who, rows(chosen, chosen.randrange(1, 30))).result()
        with duckdb.connect(str(path)) as connection:
            search.advance(connection, chosen.randrange(1, 40))
        with Store.open(path) as store:
            for word in ("a", "e", "ab"):
                assert hits(store, word) == expected(store, word)


def test_when_nothing_waits_everything_is_folded_and_the_log_is_as_it_was(path) -> None:
    with Store.open(path) as store:
        one, two = agent(store), agent(store)
        for who in (one, two):
            store.save(who, rows(random.Random(1), 50)).result()
        _until(lambda: store.query("SELECT sum(upto)::INT AS n FROM search_marks").to_pylist() == [{"n": 100}])
        kept = store.query("SELECT count(*) AS n FROM search_blocks").to_pylist()[0]["n"]
        assert kept == len([1 for row in store.transcript(to="arrow").to_pylist() if row["content"]])
        assert store.verify()
        assert hits(store, "a") == expected(store, "a")
        store.save(
            one, [AgentMessage(type="assistant", op="append", block="new", part="text", content="zebra")]
        ).result()
        assert len(store.search("zebra")) == 1


def _until(condition) -> None:
    pause, end = threading.Event(), time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        pause.wait(0.05)


def test_a_forgotten_agent_leaves_no_text_behind_and_is_folded_again(path) -> None:
    with Store.open(path) as store:
        who = agent(store)
        message = AgentMessage(
            type="assistant", op="append", block="b", part="text", content="secret", created_at=START
        )
        store.save(who, [message]).result()
    with duckdb.connect(str(path)) as connection:
        assert search.advance(connection)
        assert not search.advance(connection)
        connection.begin()
        search.forget(connection, who)
        connection.execute("DELETE FROM agent_messages")
        connection.commit()
        assert connection.execute("SELECT count(*) FROM search_blocks").fetchall() == [(0,)]
    with Store.open(path) as store:
        assert len(store.search("secret")) == 0


def test_an_agent_that_is_gone_is_not_found(path) -> None:
    with Store.open(path) as store:
        who = agent(store, created_at=START + timedelta(days=1))
        message = AgentMessage(
            type="assistant", op="append", block="b", part="text", content="secret", created_at=START
        )
        store.save(who, [message]).result()
    with duckdb.connect(str(path)) as connection:
        search.advance(connection)
        connection.execute("DELETE FROM agent_messages")
        connection.execute("DELETE FROM agents")
    with Store.open(path) as store:
        assert len(store.search("secret")) == 0
