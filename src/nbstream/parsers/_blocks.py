"""Content blocks of Anthropic's wire: which block an event belongs to, and what it does to it.

Claude Code wraps the same events and adds complete frames, so both parsers keep their state here. Nothing is
accumulated: a block remembers only what it needs to tell the next row's `op`, so every event costs the same. Messages
are remembered for as long as a source may come back to them; what it says of one that was forgotten is a new block.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import MODEL, PARENT, RESPONSE_ID, TOOL_CALL_ID, TOOL_NAME, AgentMessage
from nbstream.parsers._base import UnknownContent
from nbstream.parsers._content import View, view
from nbstream.parsers._recent import Recent
from nbstream.parsers._rows import tokens
from nbstream.parsers._values import mapping, present, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nbstream.messages import Op


# Wire name of a delta: the field that holds the new text, and the block it belongs to when its start was missed.
_DELTAS: Final = {
    "text_delta": ("text", View("text", "assistant", "assistant", "text", "")),
    "thinking_delta": ("thinking", View("thinking", "assistant", "assistant", "reasoning", "")),
    "input_json_delta": ("partial_json", View("tool_use", "tool", "assistant", "tool_call", "")),
    "compaction_delta": ("content", View("compaction", "assistant", "assistant", "text", "")),
}
_SILENT_DELTAS: Final = frozenset({"signature_delta", "citations_delta"})
REMEMBERED: Final = 512
"""Messages that are remembered, and subagents; a message with its blocks takes 1.3 kB."""
CALLS_REMEMBERED: Final = 4096
"""Tool calls whose names are remembered: a result may come long after other messages."""
_BARE: Final[dict[str, Any]] = {}


@dataclass(slots=True, eq=False)
class Block:
    """One content block, as far as its next row depends on the past.

    Args:
        key: its identity within the agent.
        position: its index in the message; for a block that was never streamed, how many came before it.
        metadata: complete; goes with its first row and its `set` rows.
        always: metadata goes with every row, because a subagent speaks.
        answer: number of the message it is part of, 0 outside the model's messages. The message would hold it in turn.
        bound: its complete frame has come.
        visible: it has a row since it was last dropped.
        filled: it has content.
        replace: the next delta replaces what the start of the block brought.
    """

    key: str
    position: int
    view: View
    metadata: dict[str, Any]
    always: bool
    answer: int = 0
    bound: bool = False
    visible: bool = False
    filled: bool = False
    replace: bool = False

    def shown_whole(self) -> None:
        """Its content is in a row: kept here as well, a long session would hold all answers and outputs."""
        self.view = replace(self.view, content="")

    def row(self, op: Op, content: str, metadata: dict[str, Any] | None = None) -> AgentMessage:
        """A row of this block; `metadata` instead of its own where the row has more to say."""
        if metadata is None:
            metadata = self.metadata if self.always or not self.visible or op == "set" else _BARE
        self.visible = op != "drop"
        shape = self.view
        return AgentMessage(
            type=shape.type,
            role=shape.role,
            part=shape.part,
            content=content,
            op=op,
            block=self.key,
            metadata=metadata,
        )


@dataclass(slots=True, eq=False)
class Answer:
    """One message of the model: its blocks in the order they came.

    Args:
        number: how many messages have begun, with this one.
        parent: the tool call whose subagent speaks, "" on the main thread.
        streamed: its events came one by one, so its final usage will too.
        numbered: its streamed blocks by index, the latest of each.
    """

    id: str
    number: int
    parent: str
    model: str = ""
    streamed: bool = False
    usage: dict[str, Any] = field(default_factory=dict)
    usage_noted: bool = False
    numbered: dict[int, Block] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        """What every row of this message may say."""
        return present({RESPONSE_ID: self.id, MODEL: self.model, PARENT: self.parent})


@dataclass(slots=True, eq=False)
class Scope:
    """One speaker of one stream: the main thread, or a subagent. Its open blocks may belong to two messages at once."""

    parent: str
    answer: Answer | None = None
    open: dict[int, Block] = field(default_factory=dict)


class Blocks:
    """Every block of one stream.

    Attributes:
        tool_names: the name of each tool call seen, by its id.
    """

    def __init__(self) -> None:
        self.tool_names: dict[str, str] = Recent(CALLS_REMEMBERED)
        self._calls: dict[str, Block] = Recent(REMEMBERED)
        self._answers: dict[tuple[str, str], Answer] = {}
        self._begun = 0
        self._forgotten: dict[str, Any] = {}
        self._main: dict[str, Scope] = {}
        self._subagents: dict[tuple[str, str], Scope] = Recent(REMEMBERED)

    def scope(self, session: str = "", parent: str = "") -> Scope:
        """The speaker; made at first sight."""
        if not parent:
            main = self._main.get(session)
            if main is None:
                main = self._main[session] = Scope(parent)
            return main
        scope = self._subagents.get((session, parent))
        if scope is None:
            scope = self._subagents[session, parent] = Scope(parent)
        return scope

    def usage(self) -> dict[str, Any]:
        """The tokens of all messages, as far as they were told."""
        totals = dict(self._forgotten)
        for answer in self._answers.values():
            _add(totals, answer)
        return totals

    def find_answer(self, parent: str, message_id: str) -> Answer | None:
        """The message, if it has been seen."""
        return self._answers.get((parent, message_id))

    def answer(self, parent: str, message_id: str) -> Answer:
        """The message; made at first sight, with an invented id where the source gave none."""
        if not message_id:
            message_id = f"?{self._begun}"
        key = (parent, message_id)
        answer = self._answers.get(key)
        if answer is None:
            if len(self._answers) >= REMEMBERED:
                _add(self._forgotten, self._answers.pop(next(iter(self._answers))))
            self._begun += 1
            answer = self._answers[key] = Answer(message_id, self._begun, parent)
        return answer

    def begin(self, scope: Scope, message: Mapping[str, Any]) -> Answer:
        """`message_start`. A second one before the first has stopped leaves the first one's blocks open."""
        answer = self.answer(scope.parent, text(message.get("id")))
        answer.streamed = True
        answer.model = text(message.get("model")) or answer.model
        answer.usage.update(present(mapping(message.get("usage"))))
        scope.answer = answer
        return answer

    def start(self, scope: Scope, index: int, wire: Mapping[str, Any]) -> list[AgentMessage] | None:
        """`content_block_start`; None when there is nothing to show yet.

        Raises:
            UnknownContent: the block is of a type this version does not know.
        """
        shape = view(wire)
        if shape is None:
            raise UnknownContent
        current = self._current(scope)
        again = current.numbered.get(index)
        if again is not None and scope.open.get(index) is again and not again.filled and again.view == shape:
            return None  # the same start twice
        block = self._streamed(scope, index, shape)
        if shape.content:
            block.filled = True
            block.replace = shape.part == "tool_call"
            return [block.row("append" if shape.part in ("text", "reasoning") else "set", shape.content)]
        return [block.row("append", "")] if shape.type == "tool" else None

    def delta(self, scope: Scope, index: int, delta: Mapping[str, Any]) -> list[AgentMessage] | None:
        """`content_block_delta`; None when it adds nothing to show.

        Raises:
            UnknownContent: it is of a type this version does not know.
        """
        wire = text(delta.get("type"))
        known = _DELTAS.get(wire)
        if known is None:
            if wire in _SILENT_DELTAS:
                return None
            raise UnknownContent
        field_name, shape = known
        piece = delta.get(field_name)
        if not isinstance(piece, str) or not piece:
            return None
        block = scope.open.get(index) or self._current(scope).numbered.get(index)
        if block is None or block.view.part != shape.part:
            block = self._streamed(scope, index, shape)
        op: Op = "set" if block.replace or wire == "compaction_delta" else "append"
        block.replace = False
        block.filled = True
        return [block.row(op, piece)]

    def stop(self, scope: Scope, index: int) -> list[AgentMessage] | None:
        """`content_block_stop`: a tool call that got no input has the empty one."""
        block = scope.open.pop(index, None)
        if block is None or block.view.part != "tool_call" or block.filled or block.bound:
            return None
        block.filled = True
        return [block.row("set", "{}")]

    def stop_all(self, scope: Scope) -> list[AgentMessage]:
        """`message_stop`: whatever is still open for this speaker."""
        return [row for index in list(scope.open) for row in self.stop(scope, index) or ()]

    def bind(self, scope: Scope, answer: Answer, shape: View) -> Block:
        """The block that a complete frame is about: the open one of its kind, else a new one.

        Neither the n-th block nor one of equal text: empty blocks get no frame, and two blocks may be equal.
        """
        block = self._awaiting(scope, answer, shape) or self._new(answer, f"f{len(answer.blocks)}", shape)
        block.bound = True
        block.view = shape
        block.metadata = answer.metadata() | shape.metadata
        self._name(block)
        return block

    def single(self, key: str, shape: View, metadata: dict[str, Any], *, subagent: bool = False) -> Block:
        """A block outside the model's messages: a tool's result, a person's words."""
        return Block(key, 0, shape, metadata | shape.metadata, always=subagent, bound=True)

    def drop(self, blocks: Iterable[Block]) -> list[AgentMessage]:
        """Withdraws those of the blocks that are shown."""
        return [block.row("drop", "", block.metadata if block.always else _BARE) for block in blocks if block.visible]

    def _current(self, scope: Scope) -> Answer:
        if scope.answer is None:
            scope.answer = self.answer(scope.parent, "")
        return scope.answer

    def _streamed(self, scope: Scope, index: int, shape: View) -> Block:
        answer = self._current(scope)
        # A source that gives every message the same id begins index 0 again: another block, never the old one.
        name = str(index) if index not in answer.numbered else f"{index}.{len(answer.blocks)}"
        block = self._new(answer, name, shape)
        block.position = index
        answer.numbered[index] = scope.open[index] = block
        return block

    def _new(self, answer: Answer, name: str, shape: View) -> Block:
        metadata = answer.metadata() | shape.metadata
        key = f"{answer.parent}/{answer.id}/{name}"
        block = Block(key, len(answer.blocks), shape, metadata, bool(answer.parent), answer.number)
        answer.blocks.append(block)
        self._name(block)
        return block

    def _name(self, block: Block) -> None:
        """Links a call's name and its result through the call's id."""
        call_id = block.view.metadata.get(TOOL_CALL_ID)
        if not call_id:
            return
        if block.view.part == "tool_call":
            # Once its complete frame has come nobody asks for it: kept, it would keep its message too.
            if block.bound:
                self._calls.pop(call_id, None)
            else:
                self._calls[call_id] = block
            self.tool_names[call_id] = block.view.metadata.get(TOOL_NAME, "")
        elif self.tool_names.get(call_id):
            block.metadata = block.metadata | {TOOL_NAME: self.tool_names[call_id]}

    def _awaiting(self, scope: Scope, answer: Answer, shape: View) -> Block | None:
        call_id = shape.metadata.get(TOOL_CALL_ID)
        if shape.part == "tool_call" and call_id:
            block = self._calls.get(call_id)
            if block is not None and block.answer == answer.number and not block.bound:
                return block
        for block in scope.open.values():
            if block.bound or block.answer != answer.number or block.view.wire != shape.wire:
                continue
            if block.view.metadata.get(TOOL_CALL_ID) == call_id:
                return block
        return None


def _add(totals: dict[str, Any], answer: Answer) -> None:
    for name, number in tokens(answer.usage).items():
        totals[name] = totals.get(name, 0) + number
