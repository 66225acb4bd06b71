"""Which rows a frame is of: a condition is there only when somebody asked for it, so that DuckDB can use it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader asked for; None and 0 ask for nothing.

    Args:
        agents: rows of these agents only.
        session: rows of the agents of this session of their program only.
        type: rows of this type, or of one of these types.
        after, before: rows received at or after, and before, these times; a time without a zone is local.
        since: rows with higher sequence numbers only.
    """

    agents: tuple[str, ...] | None = None
    session: str | None = None
    type: str | Iterable[str] | None = None
    after: datetime | None = None
    before: datetime | None = None
    since: int = 0

    @property
    def timeless(self) -> bool:
        """Whether whole agents are asked for, so that a total over an agent is an answer."""
        return self.after is None and self.before is None and self.since == 0 and self.type is None

    def where(self, *, agent: str = "agent_id", number: str = "sequence_number", time: str = "created_at") -> str:
        """The conditions, for after WHERE; always one at least.

        Args:
            agent: the column of the agent's id.
            number: the column of the sequence number.
            time: the column of the time.
        """
        parts = ["true"]
        if self.agents is not None:
            one = len(self.agents) == 1
            parts.append(f"{agent} = $agent::UUID" if one else f"{agent} IN (SELECT unnest($agents::UUID[]))")
        if self.session is not None:
            parts.append(f"{agent} IN (SELECT id FROM agents WHERE session_id = $session)")  # noqa: S608 - fixed names
        if self.type is not None:
            parts.append("list_contains($types, type)")
        if self.after is not None:
            parts.append(f"{time} >= $after::TIMESTAMPTZ")
        if self.before is not None:
            parts.append(f"{time} < $before::TIMESTAMPTZ")
        if self.since:
            parts.append(f"{number} > $since")
        return " AND ".join(parts)

    def params(self) -> dict[str, Any]:
        """The values of those conditions, and no others: DuckDB refuses one that its statement does not name."""
        given: dict[str, Any] = {}
        if self.agents is not None:
            given |= {"agent": self.agents[0]} if len(self.agents) == 1 else {"agents": list(self.agents)}
        if self.session is not None:
            given["session"] = self.session
        if self.type is not None:
            given["types"] = [self.type] if isinstance(self.type, str) else list(self.type)
        for name, time in (("after", self.after), ("before", self.before)):
            if time is not None:
                given[name] = time.astimezone(UTC).isoformat()
        return given | ({"since": self.since} if self.since else {})


def ids_of(agents: object) -> tuple[str, ...] | None:
    """The ids that a reader means: of an agent, its id as UUID or text, several of them, or None for all.

    Raises:
        ValueError: something among them is no UUID.
    """
    if agents is None:
        return None
    several = agents if isinstance(agents, list | tuple | set | frozenset) else [agents]
    return tuple(str(UUID(str(getattr(agent, "id", agent)))) for agent in several)
