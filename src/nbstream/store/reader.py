"""Reading the log: each call on a connection of its own, so that no reader waits for another or for the writer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import duckdb

from nbstream.errors import AgentDeleted, AgentNotFound, StoreError
from nbstream.store.rows import SELECT_AGENT, agent_from_row, message_from_row, select_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from uuid import UUID

    from nbstream.messages import AgentMessage, AgentRecord, AgentStatus

RAW_PAGE: Final = 5_000
"""Raw texts read at a time: a few MB, and 10 ms."""

REOPEN_SECONDS: Final = 5.0
"""How long a reader waits for a database that is being opened again."""

_RETRY_SECONDS: Final = 0.02

_ALL: Final = 2**62


class Reader:
    """Everything that is read by agent and sequence number.

    Args:
        reading: lends a connection.
    """

    def __init__(self, reading: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]) -> None:
        self._reading = reading

    def agent(self, agent_id: UUID) -> AgentRecord:
        """One agent.

        Raises:
            AgentNotFound: no agent of that id.
        """
        rows = self._all(f"SELECT {SELECT_AGENT} FROM agents WHERE id = ?", [agent_id])  # noqa: S608 - fixed names
        if not rows:
            raise self._no_agent(agent_id)
        return agent_from_row(rows[0])

    def agents(self, status: AgentStatus | None) -> list[AgentRecord]:
        """All agents, oldest first."""
        where, values = ("WHERE status = ?", [status]) if status else ("", [])
        rows = self._all(f"SELECT {SELECT_AGENT} FROM agents {where} ORDER BY agents.created_at, id", values)  # noqa: S608
        return [agent_from_row(row) for row in rows]

    def messages(self, agent_id: UUID, since: int, limit: int | None, *, raw: bool) -> list[AgentMessage]:
        """An agent's messages after `since`, in order. The range of sequence numbers prunes the scan.

        A page out of the middle of a long log reads the part of the file it is in, and no more: numbers have no holes,
        so the rows of a page are known by theirs. Only where that gives too few and there are more is all of it read.
        """
        if limit is not None and since + limit < self._highest(agent_id):
            rows = self._rows(agent_id, since, since + limit, limit, raw=raw)
            if len(rows) == limit:
                return rows
        return self._rows(agent_id, since, _ALL, _ALL if limit is None else limit, raw=raw)

    def raw(self, agent_id: UUID, since: int) -> list[tuple[int, str]]:
        """The next few raw texts after `since`, with their sequence numbers; empty when there are no more."""
        return self._all(
            "SELECT sequence_number, raw FROM agent_messages "
            "WHERE agent_id = ? AND sequence_number > ? AND raw IS NOT NULL ORDER BY sequence_number LIMIT ?",
            [agent_id, since, RAW_PAGE],
        )

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number the agent has been given, 0 when none.

        Raises:
            AgentNotFound: no agent of that id.
        """
        rows = self._all("SELECT next_sequence_number - 1 FROM agents WHERE id = ?", [agent_id])
        if not rows:
            raise self._no_agent(agent_id)
        return int(rows[0][0])

    def _no_agent(self, agent_id: UUID) -> AgentNotFound:
        if self._all("SELECT 1 FROM deleted_agents WHERE id = ?", [agent_id]):
            return AgentDeleted(f"agent {agent_id} was deleted from this store")
        return AgentNotFound(f"no agent {agent_id} in this store")

    def _highest(self, agent_id: UUID) -> int:
        rows = self._all("SELECT next_sequence_number - 1 FROM agents WHERE id = ?", [agent_id])
        return int(rows[0][0]) if rows else 0

    def _rows(self, agent_id: UUID, above: int, to: int, limit: int, *, raw: bool) -> list[AgentMessage]:
        rows = self._all(
            f"SELECT {select_messages(raw=raw)} FROM agent_messages "  # noqa: S608 - fixed names
            "WHERE agent_id = ? AND sequence_number > ? AND sequence_number <= ? ORDER BY sequence_number LIMIT ?",
            [agent_id, above, to, limit],
        )
        return [message_from_row(row) for row in rows]

    def _all(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """All rows; waits while the writer opens the database anew, which it does when a checkpoint has failed."""
        until = time.monotonic() + REOPEN_SECONDS
        while True:
            try:
                with self._reading() as cursor:
                    return cursor.execute(sql, values).fetchall()
            except (duckdb.ConnectionException, duckdb.FatalException) as error:
                if time.monotonic() > until:
                    raise StoreError(f"the store cannot be read now: {error}") from error
                time.sleep(_RETRY_SECONDS)
