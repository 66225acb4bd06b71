"""Whose an agent is, and what several processes put into its metadata at once."""

from __future__ import annotations

import duckdb
import pytest

from nbstream.frames import Store
from nbstream.store.schema import MIGRATIONS, migrate
from store.given import START, agent, message, record


@pytest.mark.parametrize("known", range(2, len(MIGRATIONS)))
def test_a_store_from_before_owners_keeps_its_agents_and_they_are_nobodys(known, path):
    """From each schema that had agents; rows refer to them, which DuckDB does not like to see altered."""
    agent_id = record().id
    with duckdb.connect(str(path)) as old:
        old.execute(
            "CREATE TABLE nbstream_schema (version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, "
            "applied_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp)"
        )
        for number, step in enumerate(MIGRATIONS[:known], start=1):
            old.execute(step.sql)
            old.execute("INSERT INTO nbstream_schema (version, name) VALUES (?, ?)", [number, step.name])
        old.execute(
            "INSERT INTO agents (id, type, status, source, created_at, metadata, next_sequence_number) "
            "VALUES (?, 'claude', 'running', 'replay', ?, '{}', 2)",
            [agent_id, START],
        )
        row = message(agent_id, 1)
        old.execute(
            "INSERT INTO agent_messages (id, agent_id, sequence_number, type, content, metadata, created_at, op, block) "
            "VALUES (?, ?, 1, 'assistant', 'x', '{}', ?, 'append', 'b')",
            [row.id, agent_id, START],
        )
        assert migrate(old, str(path)) == known
    with Store.open(path) as store:
        assert [one.owner for one in store.list_agents()] == [None]
        assert store.update_agent(agent_id, owner="anna").result().owner == "anna"
        store.save(agent_id, [message(agent_id, 2)]).result()
        assert [m.sequence_number for m in store.read(agent_id)] == [1, 2]
        assert store.query("SELECT count(*) AS n FROM transcript").to_pylist() == [{"n": 2}]


def test_an_owner_is_kept_and_travels_to_joined_stores(store):
    agent_id = agent(store, owner="anna")
    assert store.get_agent(agent_id).owner == "anna"
    with Store.open(store.path) as again:
        assert again.list_agents()[0].owner == "anna"


def test_entries_are_merged_into_what_is_there_then(store):
    """The reader's entry and somebody else's wish, written by two who have not seen each other's."""
    agent_id = agent(store, metadata={"reader": "r", "source": "s"})
    first = store.update_agent(agent_id, merge={"end": 1})
    second = store.update_agent(agent_id, merge={"stop": 2}, status="running")
    first.result()
    assert dict(second.result().metadata) == {"reader": "r", "source": "s", "end": 1, "stop": 2}
    refused = store.update_agent(agent_id, expect={"reader": "other"}, merge={"stop": 3}).result()
    assert refused.metadata["stop"] == 2
    with pytest.raises(TypeError):
        store.update_agent(agent_id, merge={"x": object()})


def test_a_page_reads_its_part_of_the_log_and_holes_do_not_shorten_it(store):
    agent_id = agent(store)
    store.save(agent_id, [message(agent_id, n) for n in range(1, 21)]).result()
    assert [m.sequence_number for m in store.read(agent_id, since=3, limit=4)] == [4, 5, 6, 7]
    assert [m.sequence_number for m in store.read(agent_id, since=18, limit=4)] == [19, 20]
    writing = store._backend._database.cursor()
    writing.execute("DELETE FROM agent_messages WHERE sequence_number BETWEEN 5 AND 9")
    writing.close()
    assert [m.sequence_number for m in store.read(agent_id, since=3, limit=4)] == [4, 10, 11, 12]
