"""Whose agents a request may see. Every answer of the server passes through `Scope.holds`, and nothing else decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbstream.messages import AgentRecord


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see.

    Args:
        owner: the person's name where the identity provider names people; None where whoever has the server's token is
            one and the same person.
        unowned: whether agents of nobody's are theirs too.
    """

    owner: str | None = None
    unowned: bool = True

    def holds(self, record: AgentRecord) -> bool:
        """Whether that agent is there for this person."""
        if record.owner is None:
            return self.unowned
        return self.owner is None or record.owner == self.owner
