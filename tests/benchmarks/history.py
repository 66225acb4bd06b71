"""Big histories made by one statement each: filling is not what is measured."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import duckdb

from nbstream.frames import Store
from nbstream.store import search

ROWS_PER_AGENT = 10_000
ROWS_PER_BLOCK = 100
WORDS = [f"{one}{two}{three}" for one in "bdfklmnprst" for two in ("a", "e", "io", "u") for three in ("n", "lor", "st")]
RARE = "quartzite"
"""A word of few blocks, and over the border of two deltas."""
COLUMNS = "id, agent_id, sequence_number, type, role, part, content, metadata, created_at, block, op, event_id"
"""What `messages()` returns."""

_AGENT = "('00000000-0000-4000-8000-' || lpad(({number})::VARCHAR, 12, '0'))::UUID"
_AGENTS = f"""
    INSERT INTO agents (id, type, status, source, prompt, created_at, metadata, next_sequence_number)
    SELECT {_AGENT.format(number="a")}, 'claude', 'completed', 'replay', 'Question ' || a,
        TIMESTAMPTZ '2026-01-02 00:00:00+00' + a * INTERVAL 1 HOUR, '{{}}', $each + 1
    FROM range($first, $last) t(a)
"""
# The id that a service gives to part 0 of event `1.{n}` (`nbstream.store.message_id`).
_ID = """
    (right(replace(agent::VARCHAR, '-', ''), 4) || printf('%08x', 1 + n % $each) || '8' || digest[14:16]
        || substr('89ab89ab89ab89ab', 1 + instr('0123456789abcdef', digest[17]) - 1, 1) || digest[18:32])::UUID
"""
# Blocks of text, reasoning and tool calls in turn, a delta of three words a row.
_MESSAGES = f"""
    INSERT INTO agent_messages
    SELECT {_ID}, agent, 1 + n % $each,
        CASE b % 3 WHEN 2 THEN 'tool' ELSE 'assistant' END, 'assistant',
        CASE b % 3 WHEN 0 THEN 'text' WHEN 1 THEN 'reasoning' ELSE 'tool_call' END,
        content,
        '{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"' || content || '"}}}}', '{{}}',
        TIMESTAMPTZ '2026-01-02 00:00:00+00' + (n // $each) * INTERVAL 1 HOUR + n * INTERVAL 20 MILLISECOND,
        '/msg_' || b || '/0', 'append', '1.' || (1 + n % $each)
    FROM (
        SELECT *, sha1(unhex(replace(agent::VARCHAR, '-', '')) || encode('1.' || (1 + n % $each) || '/0')) AS digest, CASE
            WHEN b % 50 = 7 AND n % {ROWS_PER_BLOCK} = 40 THEN $rare[1:5]
            WHEN b % 50 = 7 AND n % {ROWS_PER_BLOCK} = 41 THEN $rare[6:] || ' '
            ELSE word(n, 1) || ' ' || word(n, 2) || ' ' || word(n, 3) || ' '
            END AS content
        FROM (
            SELECT n, (n % $each) // {ROWS_PER_BLOCK} AS b, {_AGENT.format(number="n // $each")} AS agent
            FROM range($first * $each, $last * $each) t(n)
        )
    )
"""


def grow(path: Path, before: int, rows: int) -> None:
    """Adds rows to a store that holds `before`, so that it holds `rows`, and brings the search's tables up to date.

    Args:
        before: 0 for no store yet, else a multiple of `ROWS_PER_AGENT`.
        rows: a multiple of `ROWS_PER_AGENT`.
    """
    Store.open(path).close()
    with duckdb.connect(str(path)) as connection:
        listed = ", ".join(f"'{word}'" for word in WORDS)
        connection.execute(
            f"CREATE TEMP MACRO word(n, place) AS [{listed}][1 + (hash(n * 3 + place) % {len(WORDS)})::INT]"
        )
        connection.execute("SET preserve_insertion_order = false")
        places = {"first": before // ROWS_PER_AGENT, "last": rows // ROWS_PER_AGENT, "each": ROWS_PER_AGENT}
        connection.execute(_AGENTS, places)
        connection.execute(_MESSAGES, places | {"rare": RARE})
        connection.execute("CHECKPOINT")
        while search.advance(connection):
            pass
        connection.execute("CHECKPOINT")


def as_sqlite(path: Path, to: Path) -> None:
    """The same rows in an SQLite file with the same keys."""
    with duckdb.connect(str(path), read_only=True) as connection, sqlite3.connect(to) as other:
        other.execute(
            "CREATE TABLE agent_messages (id TEXT PRIMARY KEY, agent_id TEXT, sequence_number INTEGER, type TEXT, role TEXT, "
            "part TEXT, content TEXT, metadata TEXT, created_at INTEGER, block TEXT, op TEXT, event_id TEXT, "
            "UNIQUE (agent_id, sequence_number))"
        )
        columns = COLUMNS.replace("created_at", "epoch_us(created_at)").replace("agent_id", "agent_id::VARCHAR")
        found = connection.execute(f"SELECT {columns.replace('id,', 'id::VARCHAR,', 1)} FROM agent_messages")
        while rows := found.fetchmany(50_000):
            other.executemany("INSERT INTO agent_messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    other.close()
