"""What a store offers to change what it keeps: the methods of `MessageStore` for it, apart from its everyday ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from nbstream.store import redaction, requests
from nbstream.store.retention import Retained
from nbstream.store.wire import table_bytes

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future
    from uuid import UUID

    import pyarrow as pa

    from nbstream.messages import AgentMessage, AgentRecord, AgentStatus
    from nbstream.store.requests import Request


class Keeping(ABC):
    """Deleting, compacting, redacting, restoring; works from every process that has the store."""

    @abstractmethod
    def get_agent(self, agent_id: UUID) -> AgentRecord:
        """One agent."""

    @abstractmethod
    def list_agents(self, *, status: AgentStatus | None = None) -> list[AgentRecord]:
        """All agents."""

    @abstractmethod
    def read(
        self, agent_id: UUID, *, since: int = 0, limit: int | None = None, raw: bool = False
    ) -> list[AgentMessage]:
        """An agent's messages."""

    @abstractmethod
    def _submit(self, request: Request) -> None:
        """Send a request to the writer."""

    def delete(self, *agents: UUID) -> Retained:
        """Delete agents with all of their messages, and write over their bytes; their ids are not used again.

        It is done at once or not at all, also when this process is killed. Costs as much as writing the whole store
        once, so delete several agents in one call; saves wait meanwhile.

        Raises:
            AgentBusy: one of them still runs: stop it first.
            AgentNotFound: one of them is not there; AgentDeleted where it was deleted before.
            SaveFailed: the commit failed.
        """
        if not agents:
            raise TypeError("expected the ids of the agents to delete")
        return self._retain(requests.Retain(kind="delete", agents=tuple(dict.fromkeys(agents))))

    def compact(self, *agents: UUID) -> Retained:
        """Turn the deltas of ended agents into their blocks: transcript, tool calls, usage and `raw` stay as they are.

        Args:
            *agents: of these; all that have ended where none is named.

        Raises:
            AgentBusy: one of them still runs.
            AgentNotFound: one of them is not there.
            SaveFailed: the commit failed.
        """
        return self._retain(requests.Retain(kind="compact", agents=tuple(dict.fromkeys(agents))))

    def redact(self, what: str | re.Pattern[str], *agents: UUID, replacement: str = redaction.REPLACEMENT) -> Retained:
        """Take a text out of everything that is stored, also where it came in several deltas, and write over its bytes.

        Args:
            what: the text, or a compiled regular expression.
            *agents: in these; in all where none is named. Rows that a running agent saves later are not touched.
            replacement: what stands there instead, as it is.

        Raises:
            AgentNotFound: one of the agents is not there.
            ValueError: the text or the expression matches the empty text.
            SaveFailed: the commit failed.
        """
        swap = redaction.Swap(what, replacement)
        records = [self.get_agent(agent_id) for agent_id in agents] if agents else self.list_agents()
        return self._retain(redaction.request(swap, records, lambda agent_id: self.read(agent_id, raw=True)))

    def restore(
        self, records: Sequence[AgentRecord], rows: pa.Table | None, figures: Mapping[str, Sequence[Any]]
    ) -> Future[dict[str, Any]]:
        """Put agents and rows of another store, or of a file, into this one as they are; what is there already stays.

        Args:
            records: agents, with their ids.
            rows: messages in the columns of `MESSAGE_COLUMNS`, ids as UUIDs, numbered; None for none.
            figures: by id of an agent its next sequence number, its duplicates, and what was compacted.

        Returns:
            A future of `{"rows": how many were new}`; AgentDeleted (one of the agents was deleted from this store),
            IdConflict (a number is taken by another row) or SaveFailed is its error.
        """
        body = b"" if rows is None else table_bytes(rows)
        request = requests.Retain(
            kind="restore", changes=body, agent_changes=figures, records=records, size=len(body) + 1_000
        )
        self._submit(request)
        return request.future

    def _retain(self, request: requests.Retain) -> Retained:
        self._submit(request)
        return Retained(**request.future.result())
