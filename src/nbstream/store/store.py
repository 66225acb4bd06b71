"""`MessageStore`: the same methods whether this process has the file or another one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from nbstream.store.connection import MEMORY
from nbstream.store.owner import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from uuid import UUID

    import pyarrow as pa

    from nbstream.messages import AgentMessage, AgentRecord, AgentStatus
    from nbstream.store.plan import Committed
    from nbstream.store.verify import Report


class MessageStore:
    """The log of all agents: saved first, shown second. Every method may be called from any thread.

    Made by `open`; a context manager that closes itself.
    """

    def __init__(self, path: Path, backend: Owner) -> None:
        self.path = path
        self._backend = backend

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a store, or join the process that has it open.

        Args:
            path: a file, made for its owner only (0600) where there is none; its folder must exist. `:memory:` is a
                store that is gone when it is closed.

        Raises:
            StoreLocked: a program that is not nbstream holds the file; the message names it.
            NotAStore: the file is something else.
            StoreTooNew: a later nbstream wrote it.
            StoreError: the folder is missing or cannot be written.
        """
        where = MEMORY if str(path) == ":memory:" else Path(path).expanduser().resolve()
        return cls(where, Owner(where))

    @property
    def role(self) -> Literal["owner", "joined"]:
        """Whether this process has the file, or talks to the one that has; changes when that one dies."""
        return "owner"

    def create_agent(self, record: AgentRecord) -> AgentRecord:
        """Save a new agent; returns when it is committed. The same agent again is answered with what is there.

        Raises:
            IdConflict: the id is taken by an agent with another type, source or prompt.
            SaveFailed: the commit failed.
        """
        return self._backend.create_agent(record)

    def update_agent(self, agent_id: UUID, **changes: Any) -> Future[AgentRecord]:
        """Change columns of an agent, in order with the saves queued before.

        Args:
            agent_id: whose.
            **changes: fields of `AgentRecord`, except `id`.

        Returns:
            A future of the record as it then is; AgentNotFound or SaveFailed is its error.

        Raises:
            TypeError: a name is not a field, or metadata is not JSON.
        """
        return self._backend.update_agent(agent_id, changes)

    def get_agent(self, agent_id: UUID) -> AgentRecord:
        """One agent.

        Raises:
            AgentNotFound: no agent of that id in this store.
        """
        return self._backend.get_agent(agent_id)

    def list_agents(self, *, status: AgentStatus | None = None) -> list[AgentRecord]:
        """All agents, or those of one status, oldest first."""
        return self._backend.list_agents(status)

    def save(
        self, agent_id: UUID, messages: Sequence[AgentMessage], *, last_event_id: str | None = None
    ) -> Future[Committed]:
        """Queue messages for the next commit. Blocks while 64 MiB or 100,000 messages are waiting.

        Args:
            agent_id: whose.
            messages: in order; one without an id gets a random one, one without a time gets now.
            last_event_id: where a reconnect goes on from, kept in the same commit; None leaves what is there.

        Returns:
            A future of what became of these messages; AgentNotFound or SaveFailed is its error.

        Raises:
            StoreClosed: the store was closed.
            TypeError: metadata is not JSON.
        """
        return self._backend.save(agent_id, messages, last_event_id)

    def read(
        self, agent_id: UUID, *, since: int = 0, limit: int | None = None, raw: bool = False
    ) -> list[AgentMessage]:
        """An agent's messages with a sequence number above `since`, in order; `raw` is None unless asked for."""
        return self._backend.read(agent_id, since, limit, raw)

    def raw(self, agent_id: UUID) -> Iterator[str]:
        """The stored raw texts in sequence order; their lines are the recording."""
        since = 0
        while page := self._backend.raw(agent_id, since):
            yield from (text for _, text in page)
            since = page[-1][0]

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number the agent has been given, 0 when none.

        Raises:
            AgentNotFound: no agent of that id in this store.
        """
        return self._backend.head(agent_id)

    def on_commit(self, listener: Callable[[Committed], None]) -> Callable[[], None]:
        """Hear what each commit did, in order, after it and before the futures of its saves resolve.

        Args:
            listener: called on a thread of the store, so it must be quick; what it raises is logged.

        Returns:
            What ends it.
        """
        return self._backend.on_commit(listener)

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None) -> pa.Table:
        """The result of one reading SQL statement.

        Args:
            sql: a SELECT or EXPLAIN on the tables `agents`, `agent_messages` and the view `transcript`.
            params: values for `?` or `$name`.

        Raises:
            QueryRefused: it would change the store or reach outside it, or it is not SQL the store can answer.
        """
        return self._backend.query(sql, params)

    def verify(self) -> Report:
        """Prove every rule of the log again; the report is true when all hold."""
        return self._backend.verify()

    def close(self) -> None:
        """Commit what is queued and let the file go. A second call does nothing."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path} ({self.role})>"
