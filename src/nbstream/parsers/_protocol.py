"""The protocol every parser keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, AgentStatus
    from nbstream.sse import ServerSentEvent

Reason = Literal["exited", "eof", "stopped", "gone"]
"""Why a stream is over: its program ended, the response ended, a person stopped it, its source cannot be had again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a parser makes of the end of its stream.

    Args:
        status: the agent's final status.
        error: why, in one sentence, unless it completed.
        messages: rows that close what was left open, for instance a note that the answer was cut off.
    """

    status: AgentStatus
    error: str | None = None
    messages: list[AgentMessage] = field(default_factory=list)


class MessageParser(Protocol):
    """Turns the events of one stream into messages.

    Attributes:
        session_id: the agent's own session id once it is known.
        model: the model's name once it is known.
        finished: the stream has said by itself that it is complete, so that its end is no accident.
        named: what an event means depends on its type, so that `raw` must keep the type too.
    """

    session_id: str | None
    model: str | None
    finished: bool

    @property
    def named(self) -> bool: ...

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, or None when it has nothing to show.

        Never raises on input: invalid JSON and unknown types become a `system` note that holds them.
        """

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means. Called once, after the last `parse`.

        Args:
            reason: why the stream is over.
            exit_code: the program's exit code; 128 + n when signal n ended it; None where there is no program.
        """
