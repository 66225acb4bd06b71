"""What `MessageStore` needs of whoever has the file, be it this process or another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    import pyarrow as pa

    from nbstream.messages import AgentMessage, AgentRecord, AgentStatus
    from nbstream.store.requests import Committed, Request, Snapshot
    from nbstream.store.verify import Report


class Backend(Protocol):
    """An owned or a joined store; see `MessageStore` for what each method promises."""

    @property
    def role(self) -> Literal["owner", "joined"]:
        """Which of the two."""

    def submit(self, request: Request) -> None:
        """Send a request; its future hears what came of it."""

    def agent(self, agent_id: UUID) -> AgentRecord:
        """One agent."""

    def agents(self, status: AgentStatus | None) -> list[AgentRecord]:
        """All agents, oldest first."""

    def messages(self, agent_id: UUID, since: int, limit: int | None, *, raw: bool) -> list[AgentMessage]:
        """An agent's messages after `since`."""

    def raw(self, agent_id: UUID, since: int) -> list[tuple[int, str]]:
        """A page of the recording."""

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number of an agent."""

    def query(self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> pa.Table:
        """The result of one reading statement."""

    def verify(self) -> Report:
        """Every rule proved again."""

    def follow(self, listener: Callable[[Committed], None], resync: Callable[[Snapshot], None]) -> Snapshot:
        """Hear what each commit does from a moment on; returns what the store holds at that moment.

        Args:
            listener: hears it.
            resync: called in place of news that had to be dropped, with what the store holds by then.
        """

    def unfollow(self, listener: Callable[[Committed], None]) -> None:
        """Hear no more."""

    def close(self) -> None:
        """Let go."""
