"""What every parser of JSON events does alike: read the event, and never raise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import cut_off, failed_by_itself, invalid, note, unknown
from nbstream.parsers._values import load

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, AgentStatus
    from nbstream.parsers._protocol import Reason
    from nbstream.sse import ServerSentEvent


class UnknownContent(Exception):
    """Content of a type this version does not know."""


class JsonParser(ABC):
    """A parser of events whose data is one JSON object each."""

    named = False

    def __init__(self) -> None:
        self.session_id: str | None = None
        self.model: str | None = None
        self.finished = False

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, or None when it has nothing to show."""
        line = event.data
        try:
            frame = load(line)
        except (ValueError, RecursionError):
            # Compatible servers close with OpenAI's sentinel.
            return None if line.strip() in ("", "[DONE]") else [invalid(line)]
        if not isinstance(frame, dict):
            return [unknown(line)]
        try:
            return self._rows(frame, line) or None
        except (UnknownContent, RecursionError):  # nests so deep that it can be read but not written
            return [unknown(line)]

    @abstractmethod
    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        """The rows of one object.

        Raises:
            UnknownContent: it is of a type this version does not know.
        """

    def _cut_off(self, reason: Reason, exit_code: int | None) -> Ending:
        """The ending of a stream that never said it was complete."""
        sentence = cut_off(reason, exit_code)
        status: AgentStatus = "failed" if failed_by_itself(exit_code) else "interrupted"
        if reason == "stopped":
            status = "stopped"
        return Ending(status=status, error=sentence, messages=[note("end", sentence)])
