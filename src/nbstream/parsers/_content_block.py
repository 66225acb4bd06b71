"""One block of content of any format: it remembers only what its next row depends on, never its content."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import IS_ERROR, TOOL_CALL_ID, TOOL_NAME, AgentMessage
from nbstream.parsers._values import present

if TYPE_CHECKING:
    from nbstream.messages import MessageType, Op, Part, Role

_BARE: Final[dict[str, Any]] = {}


@dataclass(slots=True, eq=False)
class ContentBlock:
    """One content block; each method gives the rows to add, none where nothing changes.

    Args:
        key: its identity within the agent.
        metadata: complete; goes with its first row, its `set` rows and the first row after a change.
        shown: it has a row since it was last dropped.
        filled: it has content.
        always: metadata goes with every row, because a subagent speaks.
    """

    key: str
    type: MessageType
    role: Role | None
    part: Part
    metadata: dict[str, Any] = field(default_factory=dict)
    shown: bool = False
    filled: bool = False
    always: bool = False
    _changed: bool = True
    # A hash, not the text: a second copy of every answer would double the memory of a long run.
    _whole: int | None = None
    _size: int = 0

    def append(self, content: str) -> list[AgentMessage]:
        """Extends the block."""
        if not content:
            return []
        self._whole = None
        self.filled = True
        return [self._row("append", content, self.metadata if self._changed or self.always else _BARE)]

    def open(self) -> list[AgentMessage]:
        """Shows the block before it has content, for instance a tool call whose input is yet to come."""
        return [] if self.shown else [self._row("append", "", self.metadata)]

    def tell(self) -> list[AgentMessage]:
        """Tells what has changed about the block, where its content has not."""
        return [self._row("append", "", self.metadata)] if self.shown and self._changed else []

    def set(self, content: str) -> list[AgentMessage]:
        """Gives the block its whole content; sources send it up to five times over."""
        whole = hash(content)
        if self.shown and self._whole == whole and not self._changed:
            return []
        self._whole, self._size = whole, len(content)
        self.filled = True
        return [self._row("set", content, self.metadata)]

    def grow(self, content: str) -> list[AgentMessage]:
        """As `set`, for a source that repeats the whole as it grows: what only adds to it costs what it adds."""
        size = self._size
        if not self.shown or self._whole is None or len(content) <= size or hash(content[:size]) != self._whole:
            return self.set(content)
        rows = self.append(content[size:])
        self._whole, self._size = hash(content), len(content)
        return rows

    def drop(self) -> list[AgentMessage]:
        """Withdraws the block."""
        if not self.shown:
            return []
        row = self._row("drop", "", _BARE)
        self.shown, self._changed, self._whole = False, True, None
        return [row]

    def describe(self, more: dict[str, Any]) -> None:
        """Adds to the metadata what is not None or empty; the next row tells it."""
        metadata = self.metadata | present(more)
        if metadata != self.metadata:
            self.metadata = metadata
            self._changed = True

    def _row(self, op: Op, content: str, metadata: dict[str, Any]) -> AgentMessage:
        self.shown = True
        self._changed = False
        return AgentMessage(
            type=self.type,
            role=self.role,
            part=self.part,
            content=content,
            op=op,
            block=self.key,
            metadata=metadata,
        )


def answer(key: str, part: Part, metadata: dict[str, Any] | None = None) -> ContentBlock:
    """What the model says: text, reasoning or a refusal."""
    return ContentBlock(key, "assistant", "assistant", part, present(metadata or {}))


def prompt(key: str, metadata: dict[str, Any] | None = None) -> ContentBlock:
    """What a person says."""
    return ContentBlock(key, "user", "user", "text", present(metadata or {}))


def call(key: str, name: str, call_id: str, metadata: dict[str, Any] | None = None) -> ContentBlock:
    """A tool call: its content is its input."""
    named = {TOOL_NAME: name, TOOL_CALL_ID: call_id}
    return ContentBlock(key, "tool", "assistant", "tool_call", present({**(metadata or {}), **named}))


def result(
    key: str, name: str, call_id: str, metadata: dict[str, Any] | None = None, *, failed: bool = False
) -> ContentBlock:
    """What a tool answered, linked to its call by the call's id."""
    named = {TOOL_NAME: name, TOOL_CALL_ID: call_id, IS_ERROR: failed}
    return ContentBlock(key, "tool", "tool", "tool_call_response", present({**(metadata or {}), **named}))


def error_note(words: str, metadata: dict[str, Any] | None = None) -> AgentMessage:
    """An error of the source; it stands alone."""
    return AgentMessage(type="error", op="note", content=words, metadata={IS_ERROR: True, **present(metadata or {})})
