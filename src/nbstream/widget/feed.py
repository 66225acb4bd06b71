"""What the widget needs of an agent: the seam between it and `nbstream.service`."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from nbstream.messages import AgentMessage, AgentRecord


class LiveState(Protocol):
    """How the service's link to the source is."""

    @property
    def state(self) -> str:
        """`live`, `reconnecting`, `stalled`, `gone` or `ended`."""

    @property
    def detail(self) -> str | None:
        """One short sentence for a person, or None."""


class FeedFollower(Protocol):
    """Everything of one agent after a sequence number: history, then live, in order, each once."""

    @property
    def record(self) -> AgentRecord:
        """The agent's row as last committed."""

    @property
    def live(self) -> LiveState:
        """How the stream is doing."""

    @property
    def duplicates(self) -> int:
        """Re-delivered messages that were refused."""

    @property
    def done(self) -> bool:
        """The agent has ended and all of it was handed out."""

    def batch(self, timeout: float = 0.0) -> list[AgentMessage]:
        """The messages that come next; empty when there are none within `timeout` seconds."""

    def close(self) -> None:
        """Ends it."""


class FeedStore(Protocol):
    """Where the agent's messages are."""

    def head(self, agent_id: UUID) -> int:
        """The highest sequence number that is saved, 0 when there is none."""

    def read(
        self, agent_id: UUID, *, since: int = 0, limit: int | None = None, raw: bool = False
    ) -> list[AgentMessage]:
        """Saved messages after `since`, in order."""

    def transcript(self, agent_id: UUID, *, to: Any = "pandas") -> Any:
        """One row per content block; with `to="arrow"` a table with `to_pylist`."""


class AgentFeed(Protocol):
    """One agent, as the widget sees it."""

    @property
    def id(self) -> UUID:
        """Its UUID."""

    @property
    def record(self) -> AgentRecord:
        """Its row of `agents`, as of now."""

    @property
    def store(self) -> FeedStore:
        """Where its messages are."""

    def follow(self, since: int = 0) -> FeedFollower:
        """A reader of its messages for one consumer thread."""

    def stop(self) -> None:
        """Asks it to stop and returns at once."""
