"""The tables, as numbered migrations: append to the list, never edit an entry that was released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from nbstream.errors import NotAStore, StoreTooNew
from nbstream.store.views import TRANSCRIPT

if TYPE_CHECKING:
    import duckdb


class Migration(NamedTuple):
    """One step of the schema; its number is its place in the list, from 1."""

    name: str
    sql: str


# `agents` carries three columns of bookkeeping that are written in the transaction of the rows they count. None is
# indexed, so DuckDB updates them in place although rows of agent_messages refer to the agent (measured: an update
# of an indexed column is a delete and an insert, which the foreign key refuses).
MIGRATIONS: Final = (
    Migration(
        "agents and their messages",
        """
        CREATE TABLE agents (
            id UUID PRIMARY KEY,
            type VARCHAR NOT NULL,
            status VARCHAR NOT NULL CHECK (
                status IN ('created', 'running', 'completed', 'failed', 'stopped', 'interrupted')
            ),
            prompt VARCHAR,
            session_id VARCHAR,
            model VARCHAR,
            source VARCHAR NOT NULL,
            parent_agent_id UUID,
            created_at TIMESTAMPTZ NOT NULL,
            started_at TIMESTAMPTZ,
            completed_at TIMESTAMPTZ,
            error VARCHAR,
            last_event_id VARCHAR,
            metadata JSON NOT NULL,
            next_sequence_number BIGINT NOT NULL DEFAULT 1,
            duplicates BIGINT NOT NULL DEFAULT 0
        );
        CREATE TABLE agent_messages (
            id UUID PRIMARY KEY,
            agent_id UUID NOT NULL REFERENCES agents (id),
            sequence_number BIGINT NOT NULL CHECK (sequence_number >= 1),
            type VARCHAR NOT NULL CHECK (type IN ('assistant', 'user', 'system', 'error', 'tool', 'response')),
            role VARCHAR,
            part VARCHAR,
            content VARCHAR NOT NULL,
            raw VARCHAR,
            metadata JSON NOT NULL,
            created_at TIMESTAMPTZ NOT NULL,
            block VARCHAR,
            op VARCHAR NOT NULL CHECK (op IN ('append', 'set', 'drop', 'note')),
            event_id VARCHAR,
            UNIQUE (agent_id, sequence_number)
        );
        """,
    ),
    Migration("the transcript view", f"CREATE VIEW transcript AS {TRANSCRIPT}"),
    # Null: of whoever has the file. A server that names its people shows each what is theirs.
    Migration("whose an agent is", "ALTER TABLE agents ADD COLUMN owner VARCHAR"),
    # Derived from the log and made again where missing (`search.py`). No constraint that would cost an index or refer
    # to a row of the log, so that they are as easily emptied as filled.
    Migration(
        "folded blocks for the search",
        """
        CREATE TABLE search_blocks (
            agent_id UUID NOT NULL,
            sequence_number BIGINT NOT NULL,
            last_sequence_number BIGINT NOT NULL,
            block VARCHAR,
            type VARCHAR NOT NULL,
            role VARCHAR,
            part VARCHAR,
            tool VARCHAR,
            content VARCHAR NOT NULL,
            created_at TIMESTAMPTZ NOT NULL
        );
        CREATE TABLE search_marks (agent_id UUID PRIMARY KEY, upto BIGINT NOT NULL);
        """,
    ),
    # `retention.py`. Of the numbers up to `compacted_to` so many rows were kept; the others are gone on purpose.
    Migration(
        "what is kept",
        """
        ALTER TABLE agents ADD COLUMN compacted_to BIGINT;
        ALTER TABLE agents ADD COLUMN compacted_rows BIGINT;
        CREATE TABLE deleted_agents (
            id UUID PRIMARY KEY,
            deleted_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
        );
        CREATE TABLE retention (
            kind VARCHAR NOT NULL CHECK (kind IN ('delete', 'compact', 'redact')),
            agents BIGINT NOT NULL,
            matches BIGINT NOT NULL,
            scrubbed BOOLEAN NOT NULL,
            done_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
        );
        """,
    ),
    # Derived ids were version 5; of their digest `identity.message_id` keeps what follows the version.
    Migration(
        "derived ids in the order of their events",
        """
        UPDATE agent_messages SET id = (
            right(replace(agent_id::VARCHAR, '-', ''), 4)
            || printf('%08x', coalesce(nullif(regexp_extract(event_id, '[0-9]{0,9}$'), ''), '0')::BIGINT)
            || '8' || replace(id::VARCHAR, '-', '')[14:]
        )::UUID
        WHERE event_id IS NOT NULL AND replace(id::VARCHAR, '-', '')[13] = '5'
        """,
    ),
)

_LEDGER = """
    CREATE TABLE IF NOT EXISTS nbstream_schema (
        version INTEGER PRIMARY KEY,
        name VARCHAR NOT NULL,
        applied_at TIMESTAMPTZ NOT NULL DEFAULT current_timestamp
    )
"""


def migrate(connection: duckdb.DuckDBPyConnection, path: str) -> int:
    """Bring the tables to the newest version, one transaction a step.

    Args:
        connection: open for writing.
        path: the file's name, for messages.

    Returns:
        The version the file had before, 0 for an empty file.

    Raises:
        NotAStore: the file holds tables of somebody else.
        StoreTooNew: the file was written by a later nbstream.
    """
    before = version(connection, path)
    if before == 0:
        connection.execute(_LEDGER)
    for number, step in enumerate(MIGRATIONS[before:], start=before + 1):
        connection.begin()
        connection.execute(step.sql)
        connection.execute("INSERT INTO nbstream_schema (version, name) VALUES (?, ?)", [number, step.name])
        connection.commit()
    return before


def version(connection: duckdb.DuckDBPyConnection, path: str) -> int:
    """The number of the last migration the file has seen, 0 for an empty file.

    Raises:
        NotAStore: the file holds tables of somebody else.
        StoreTooNew: the file was written by a later nbstream.
    """
    names = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if not names:
        return 0
    if "nbstream_schema" not in names:
        shown = ", ".join(sorted(names)[:5])
        raise NotAStore(
            f"{path} is a DuckDB file that nbstream did not make (it has the tables {shown}): "
            "expected a store or no file at all; choose another name"
        )
    found = int(connection.execute("SELECT coalesce(max(version), 0) FROM nbstream_schema").fetchall()[0][0])
    if found > len(MIGRATIONS):
        raise StoreTooNew(
            f"{path} has schema version {found}, this nbstream knows up to {len(MIGRATIONS)}: "
            "upgrade with `pip install --upgrade nbstream`"
        )
    return found
