"""Opening: what is a store, what is not, who may read it, and which tables it gets."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import uuid

import duckdb
import pytest

from nbstream.errors import NotAStore, SaveFailed, StoreError, StoreLocked, StoreTooNew
from nbstream.frames import Store
from nbstream.store import new_id
from nbstream.store.schema import MIGRATIONS, migrate, version
from store.given import agent, message, messages


def test_files_are_for_their_owner_only(path) -> None:
    umask = os.umask(0)
    try:
        with Store.open(path) as store:
            agent_id = agent(store)
            log = path.with_name(path.name + ".wal")
            assert {stat.S_IMODE(one.stat().st_mode) for one in (path, log)} == {0o600}
            # DuckDB deletes the write-ahead log at a checkpoint and makes it anew.
            store._backend._writer._session.checkpoint()
            store.save(agent_id, messages(agent_id, 1, 3)).result()
            assert {stat.S_IMODE(one.stat().st_mode) for one in (path, log)} == {0o600}
    finally:
        os.umask(umask)


def test_a_missing_folder_is_named_and_not_made(tmp_path) -> None:
    with pytest.raises(StoreError, match=r"the folder .*results does not exist: make it"):
        Store.open(tmp_path / "results" / "history.duckdb")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"hello", b"x" * 100_000], ids=["empty", "short", "long"])
def test_a_file_of_another_kind_is_refused_and_left_alone(path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NotAStore, match="not a DuckDB file"):
        Store.open(path)
    assert path.read_bytes() == content


def test_a_folder_is_not_a_store(tmp_path) -> None:
    with pytest.raises(NotAStore):
        Store.open(tmp_path)


def test_a_duckdb_file_with_tables_of_others_is_refused_and_left_alone(path) -> None:
    with duckdb.connect(str(path)) as foreign:
        foreign.execute("CREATE TABLE prices (x INT)")
    with pytest.raises(NotAStore, match="prices"):
        Store.open(path)
    with duckdb.connect(str(path)) as foreign:
        assert foreign.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("prices",)]


def test_a_duckdb_file_without_tables_becomes_a_store(path) -> None:
    duckdb.connect(str(path)).close()
    with Store.open(path) as store:
        assert store.list_agents() == []


def test_a_store_of_a_later_version_is_refused(path) -> None:
    Store.open(path).close()
    with duckdb.connect(str(path)) as foreign:
        foreign.execute("INSERT INTO nbstream_schema (version, name) VALUES (99, 'later')")
    with pytest.raises(StoreTooNew, match=f"version 99, this nbstream knows up to {len(MIGRATIONS)}"):
        Store.open(path)


_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def test_a_file_held_by_a_foreign_program_names_it(path) -> None:
    Store.open(path).close()
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked, match=f"process {holder.pid} .*close it there") as caught:
            Store.open(path)
        assert caught.value.pid == holder.pid
    finally:
        holder.communicate(b"")
    Store.open(path).close()


def test_a_file_held_by_this_process_itself_says_so(path) -> None:
    with duckdb.connect(str(path)), pytest.raises(StoreLocked, match="in this process already"):
        Store.open(path)


def test_a_moved_file_fails_saves_until_it_is_back(path, tmp_path) -> None:
    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 2)).result()
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(SaveFailed, match="moved, deleted or replaced"):
            store.save(agent_id, messages(agent_id, 3, 4)).result()
        with pytest.raises(SaveFailed, match="moved, deleted or replaced"):
            store.update_agent(agent_id, status="running").result()
        (tmp_path / "elsewhere").rename(path)
        assert [m.sequence_number for m in store.save(agent_id, messages(agent_id, 3, 4)).result().messages] == [3, 4]


def test_a_deleted_file_fails_saves(path) -> None:
    store = Store.open(path)
    try:
        agent_id = agent(store)
        path.unlink()
        path.touch()  # another file of the same name
        with pytest.raises(SaveFailed, match="moved, deleted or replaced"):
            store.save(agent_id, messages(agent_id, 1, 1)).result()
        assert path.read_bytes() == b""
    finally:
        store.close()


@pytest.mark.parametrize("known", range(len(MIGRATIONS) + 1))
def test_every_schema_from_the_first_on_becomes_the_newest(path, known: int) -> None:
    with duckdb.connect(str(path)) as old:
        migrate(old, str(path))
        newest = _schema(old)
    path.unlink()
    with duckdb.connect(str(path)) as old:
        old.execute("CREATE TABLE nbstream_schema (version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, "
                    "applied_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp)")  # fmt: skip
        for number, step in enumerate(MIGRATIONS[:known], start=1):
            old.execute(step.sql)
            old.execute("INSERT INTO nbstream_schema (version, name) VALUES (?, ?)", [number, step.name])
        assert migrate(old, str(path)) == known
        assert _schema(old) == newest
        assert version(old, str(path)) == len(MIGRATIONS)
        assert migrate(old, str(path)) == len(MIGRATIONS)


def test_ids_of_version_5_become_those_that_the_events_have_now(path) -> None:
    with Store.open(path) as store:
        agents = [agent(store), agent(store)]
        sent = {one: [*messages(one, 1, 200), message(one, 200, 1), message(one, 201, event_id=None, id=new_id())]
                for one in agents}  # fmt: skip
        for one in agents:
            store.save(one, sent[one]).result()
    with duckdb.connect(str(path)) as old:
        for one in agents:
            for row in sent[one][:-1]:
                part = int(row.content.split("/")[1])
                before = uuid.uuid5(one, f"{row.event_id}/{part}")
                old.execute("UPDATE agent_messages SET id = ? WHERE id = ?", [before, row.id])
        old.execute("DELETE FROM nbstream_schema WHERE version >= 6")
        assert old.execute("SELECT count(*) FROM agent_messages WHERE substr(id::VARCHAR, 15, 1) = '5'").fetchall() == [
            (402,)
        ]
    with Store.open(path) as store:
        assert store.verify()
        for one in agents:
            assert [row.id for row in store.read(one)] == [row.id for row in sent[one]]
            assert not store.save(one, sent[one]).result().messages, "nothing of it is new"


def _schema(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    columns = connection.execute(
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    ).fetchall()
    constraints = connection.execute(
        "SELECT table_name, constraint_type, constraint_text FROM duckdb_constraints() ORDER BY ALL"
    ).fetchall()
    return [tuple(map(str, row)) for row in columns + constraints]


def test_the_schema_guards_the_rules(path) -> None:
    with Store.open(path) as store:
        agent_id = agent(store)
        store.save(agent_id, messages(agent_id, 1, 1)).result()
    insert = "INSERT INTO agent_messages SELECT * REPLACE ({}) FROM agent_messages"  # the row there is, changed
    with duckdb.connect(str(path)) as connection:
        for change, rule in (
            ("uuid() AS id", "unique|Duplicate"),
            ("2 AS sequence_number", "primary key|Duplicate"),
            ("uuid() AS id, 0 AS sequence_number", "CHECK"),
            ("uuid() AS id, 2 AS sequence_number, 'x' AS type", "CHECK"),
            ("uuid() AS id, 2 AS sequence_number, 'x' AS op", "CHECK"),
            ("uuid() AS id, 2 AS sequence_number, uuid() AS agent_id", "foreign key"),
            ("uuid() AS id, 2 AS sequence_number, NULL AS content", "NOT NULL"),
            ("uuid() AS id, 2 AS sequence_number, NULL AS metadata", "NOT NULL"),
            ("uuid() AS id, 2 AS sequence_number, NULL AS created_at", "NOT NULL"),
        ):
            with pytest.raises(duckdb.ConstraintException) as caught:
                connection.execute(insert.format(change))
            assert re.search(rule, str(caught.value), re.IGNORECASE)
        connection.execute(insert.format("uuid() AS id, 2 AS sequence_number"))
