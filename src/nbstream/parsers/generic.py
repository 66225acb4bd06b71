"""Any program: lines of text are one growing text, nbstream's own messages pass through, other JSON is kept as notes.

A line that is a JSON object with one of our types and a content is a message in the shape of `AgentMessage.to_json`;
its order, id and time are the store's to give. Numbers and other JSON that is no object or array are text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast, get_args

from nbstream.messages import IS_ERROR, KIND, MODEL, AgentMessage, MessageType, Op, Part, Role
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import unknown
from nbstream.parsers._stream import ModelParser, error_kind, error_words
from nbstream.parsers._values import clean, dump, load, mapping, text

if TYPE_CHECKING:
    from nbstream.parsers._content_block import ContentBlock
    from nbstream.parsers._protocol import Reason
    from nbstream.sse import ServerSentEvent

TYPES: Final[frozenset[str]] = frozenset(get_args(MessageType))
_ROLES: Final[frozenset[str]] = frozenset(get_args(Role))
_PARTS: Final[frozenset[str]] = frozenset(get_args(Part))
_OPS: Final[frozenset[str]] = frozenset(get_args(Op))
_ROLE_OF: Final = {"assistant": "assistant", "user": "user", "tool": "tool"}


class GenericParser(ModelParser):
    """Reads text, nbstream's own messages, and JSON of any other kind."""

    def __init__(self) -> None:
        super().__init__()
        self._texts = 0
        self._open: ContentBlock | None = None
        self._nameless = 0

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows that one event makes, or None when it has nothing to show."""
        line = event.data
        if line.strip() == "[DONE]":
            self.finished = True
            return None
        try:
            value = load(line)
        except (ValueError, RecursionError):
            return self._line(line)
        if not isinstance(value, (dict, list)):
            return self._line(line)
        return super().parse(event)

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: without events of its own, a program is complete when it exits with 0."""
        if reason == "exited" and exit_code is not None:
            self.finished = exit_code == 0
        return super().finalize(reason, exit_code)

    def _line(self, line: str) -> list[AgentMessage]:
        if self._open is None:
            self._texts += 1
            self._open = blocks.answer(f"text/{self._texts}", "text")
        return self._open.append(f"{clean(line)}\n")

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        kind = frame.get("type")
        if isinstance(kind, str) and kind in TYPES and "content" in frame:
            return [self._message(frame, cast("MessageType", kind))]
        if kind in (None, "", "error") and frame.get("error"):
            self._error = error_words(frame["error"])
            return [blocks.error_note(self._error, {"error.type": error_kind(frame["error"])})]
        return [unknown(line)]

    def _message(self, frame: dict[str, Any], kind: MessageType) -> AgentMessage:
        content, metadata = frame["content"], mapping(frame.get("metadata"))
        said = text(content) if content is None or isinstance(content, (str, int, float)) else dump(content)
        op, block = text(frame.get("op")), text(frame.get("block"))
        if op not in _OPS:
            op = "set" if block or kind in _ROLE_OF else "note"
        role, part = text(frame.get("role")), text(frame.get("part"))
        role = role if role in _ROLES else _ROLE_OF.get(kind, "")
        if kind == "response" and op == "note":
            self.finished = True
            self._error = said if metadata.get(IS_ERROR) is True else None
        self.model = self.model or text(metadata.get(MODEL)) or None
        if op == "note":
            block = part = ""
        else:
            self._open = None
            part = part if part in _PARTS else _part(kind, role)
            if not block:
                self._nameless += 1
                block = f"message/{self._nameless}"
        return AgentMessage(
            type=kind,
            content=said,
            op=cast("Op", op),
            block=block or None,
            role=cast("Role | None", role or None),
            part=cast("Part | None", part or None),
            metadata=metadata if op != "note" or kind != "system" else {KIND: "notice", **metadata},
        )


def _part(kind: str, role: str) -> str:
    """The part of a message that names none."""
    if kind != "tool":
        return "text"
    return "tool_call" if role == "assistant" else "tool_call_response"
