"""Queries of readers read this store and nothing else, and leave it as it was."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbstream.errors import QueryRefused, StoreClosed
from nbstream.frames import Store
from nbstream.store import query
from store.given import agent, messages

READING = [
    "SELECT count(*) AS n FROM agent_messages",
    "WITH a AS (SELECT 1) FROM a",
    "FROM agents",
    "TABLE agents",
    "VALUES (1), (2)",
    "DESCRIBE agent_messages",
    "SHOW TABLES",
    "SUMMARIZE agent_messages",
    "EXPLAIN SELECT * FROM agents",
    "PIVOT agent_messages ON type USING count(*)",
    "SELECT json_extract_string(metadata, '$.a') FROM agent_messages",
    "SELECT time_bucket(INTERVAL 1 MINUTE, created_at) FROM agent_messages",
    "-- a comment\nSELECT 1;",
]

CHANGING = [
    "DELETE FROM agent_messages",
    "UPDATE agents SET status = 'failed'",
    "INSERT INTO agents SELECT * FROM agents",
    "MERGE INTO agents USING agents AS a ON agents.id = a.id WHEN MATCHED THEN DELETE",
    "TRUNCATE agent_messages",
    "DROP TABLE agent_messages",
    "DROP VIEW transcript",
    "ALTER TABLE agents ADD COLUMN x INT",
    "CREATE TABLE x (a INT)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE OR REPLACE VIEW transcript AS SELECT 1",
    "CREATE MACRO f(a) AS a",
    "WITH gone AS (DELETE FROM agent_messages RETURNING *) FROM gone",
    "EXPLAIN ANALYZE DELETE FROM agent_messages",
    "SELECT 1; DELETE FROM agent_messages",
    "COMMIT; DELETE FROM agent_messages",
    "COMMIT",
    "BEGIN",
    "PREPARE p AS DELETE FROM agent_messages",
    "EXECUTE insert_messages",
    "CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "SELECT * FROM query('DELETE FROM agent_messages')",
    "",
    ";",
]

REACHING_OUT = [
    "COPY agents TO '{out}'",
    "COPY (SELECT 1) TO '{out}'",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{out}'",
    "ATTACH '{out}' AS other",
    "DETACH history",
    "USE memory",
    "FROM '{secret}'",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM read_duckdb('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_text('http://127.0.0.1:9/')",
    "SELECT * FROM duckdb_secrets()",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{secret}'",
    "SET enable_external_access = true",
    "SET memory_limit = '1TB'",
    "SET log_query_path = '{out}'",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "PRAGMA temp_directory = '/'",
    "CALL enable_logging()",
    "FROM enable_logging()",
    "FROM enable_profiling()",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("query") / "history.duckdb") as opened:
        agent_id = agent(opened)
        opened.save(agent_id, messages(agent_id, 1, 5)).result()
        yield opened


@pytest.fixture
def unchanged(store: Store, tmp_path: Path):
    """Two paths for a query to reach for; afterwards the store and the folder are as they were."""
    secret = tmp_path / "secret.txt"
    secret.write_text("a,b\n1,2\n")
    before = _everything(store)
    yield {"out": str(tmp_path / "out"), "secret": str(secret)}
    assert _everything(store) == before
    assert list(tmp_path.iterdir()) == [secret]


def _everything(store: Store) -> tuple[object, ...]:
    return (
        store.query("SELECT * FROM agent_messages ORDER BY ALL").to_pylist(),
        store.query("SELECT * FROM agents").to_pylist(),
        store.query("SELECT name, sql FROM sqlite_master ORDER BY ALL").to_pylist(),
        store.query("SELECT name, value FROM duckdb_settings() ORDER BY ALL").to_pylist(),
    )


@pytest.mark.parametrize("sql", READING)
def test_reading(store: Store, sql: str, unchanged) -> None:
    assert store.query(sql).num_columns > 0


@pytest.mark.parametrize("sql", CHANGING)
def test_changing_is_refused(store: Store, sql: str, unchanged) -> None:
    with pytest.raises(QueryRefused):
        store.query(sql)


@pytest.mark.parametrize("sql", REACHING_OUT)
def test_reaching_out_is_refused(store: Store, sql: str, unchanged) -> None:
    with pytest.raises(QueryRefused) as caught:
        store.query(sql.format(**unchanged))
    assert "1,2" not in str(caught.value)


def test_each_refusal_says_what_was_expected(store: Store) -> None:
    for sql, said in (
        ("DELETE FROM agents", "expected a SELECT, got DELETE"),
        ("SELECT 1; SELECT 2", "expected one SQL statement, got 2"),
        ("SELECT * FROM read_text('/etc/hostname')", "no files and no network"),
        ("WITH x AS (DELETE FROM agents RETURNING *) FROM x", "may not change the store"),
        ("SELEC", "cannot answer this query.*syntax error"),
        ("SELECT nothing FROM agents", "cannot answer this query.*nothing"),
    ):
        with pytest.raises(QueryRefused, match=f"(?s){said}"):
            store.query(sql)


def test_parameters(store: Store) -> None:
    assert store.query("SELECT ? + ? AS n", [1, 2]).to_pylist() == [{"n": 3}]
    assert store.query("SELECT $a AS n", {"a": "'; DROP TABLE agents; --"}).to_pylist() == [
        {"n": "'; DROP TABLE agents; --"}
    ]
    with pytest.raises(QueryRefused):
        store.query("SELECT ?", [])


def test_python_variables_are_no_tables(store: Store) -> None:
    agents_of_mine = store.query("SELECT 1")  # a query by that name would read it from our frame
    assert agents_of_mine.num_rows == 1
    with pytest.raises(QueryRefused, match="agents_of_mine"):
        store.query("FROM agents_of_mine")


def test_a_query_sees_what_is_committed_and_waits_for_nobody(store: Store) -> None:
    agent_id = agent(store)
    for event in range(1, 20):
        store.save(agent_id, messages(agent_id, event, event)).result()
        found = store.query("SELECT count(*) AS n FROM agent_messages WHERE agent_id = ?", [agent_id])
        assert found.to_pylist() == [{"n": event}]


ENDLESS = "SELECT count(*) FROM range(1_000_000_000) a, range(1_000) b WHERE a.range % 7 = b.range % 3"


def test_closing_ends_a_query_that_runs_for_ever(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "history.duckdb")
    ended: list[Exception] = []

    def endless() -> None:
        try:
            store.query(ENDLESS)
        except StoreClosed as error:
            ended.append(error)

    thread = threading.Thread(target=endless)
    thread.start()
    while not store._backend._readers:
        assert thread.is_alive()
    store.close()
    thread.join(20)
    assert "this store was closed" in str(ended[0])


def test_whoever_reads_by_other_ways_hears_that_the_store_was_closed(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "history.duckdb")
    owner = store._backend

    def endless() -> None:
        with owner._read() as cursor:
            cursor.execute(ENDLESS).fetchall()

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(endless)
        while not owner._readers:
            assert not asked.done()
        store.close()
        with pytest.raises(StoreClosed, match="this store was closed"):
            asked.result(20)


def test_the_database_is_closed_after_the_queries_have_ended(tmp_path: Path, monkeypatch) -> None:
    store = Store.open(tmp_path / "history.duckdb")
    owner = store._backend
    begun, at_close = threading.Event(), []
    check, close = query._check, owner._database.close

    def held(cursor, sql: str) -> None:  # not at work for the database yet, so that it would close beside it
        begun.set()
        deadline = time.monotonic() + 20
        while not owner._closed:
            assert time.monotonic() < deadline
        check(cursor, sql)

    def closes() -> bool:
        at_close.append(len(owner._readers))
        return close()

    monkeypatch.setattr(query, "_check", held)
    monkeypatch.setattr(owner._database, "close", closes)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(store.query, ENDLESS)
        begun.wait(20)
        store.close()
        with pytest.raises(StoreClosed):
            asked.result(20)
    assert at_close == [0]
