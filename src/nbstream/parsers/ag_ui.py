"""AG-UI 1.0: `data` is one event, its type in capitals; messages and tool calls have ids, runs a start and an end.

A CHUNK stands for START, CONTENT and END, and leaves out what has not changed. State, patches and what a framework
passes through (`RAW`) are for programs: their bytes are in `raw`. The `THINKING_*` names are those from before 1.0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    PARENT,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._rows import note, tokens_sentence, unknown
from nbstream.parsers._stream import error_kind, error_words
from nbstream.parsers._turns import TurnParser, output_of, parts_text
from nbstream.parsers._values import count, dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.parsers._content_block import ContentBlock

Frame = dict[str, Any]
Rows = list["AgentMessage"] | None

_SILENT: Final = frozenset(
    {
        "ACTIVITY_DELTA",
        "RAW",
        "REASONING_ENCRYPTED_VALUE",
        "REASONING_END",
        "REASONING_MESSAGE_END",
        "REASONING_START",
        "STATE_DELTA",
        "STATE_SNAPSHOT",
        "STEP_FINISHED",
        "STEP_STARTED",
        "TEXT_MESSAGE_END",
        "THINKING_END",
        "THINKING_TEXT_MESSAGE_END",
    }
)
_COUNTS: Final = {
    "inputTokens": INPUT_TOKENS,
    "outputTokens": OUTPUT_TOKENS,
    "cachedInputTokens": CACHE_READ_TOKENS,
    "cacheWriteInputTokens": CACHE_WRITE_TOKENS,
    "reasoningTokens": REASONING_TOKENS,
}
"""Names of the counts; AG-UI's totals include the cache and the reasoning, as ours do."""


class AgUiParser(TurnParser):
    """Reads the events of one agent; several runs may follow one another."""

    def __init__(self) -> None:
        super().__init__()
        self._run_id = ""
        self._runs = 0
        self._message = self._thought = self._call_id = ""
        self._people: set[str] = set()
        self._names: dict[str, str] = {}
        self._subagents: dict[str, str] = {}

    def _rows(self, frame: Frame, line: str) -> Rows:
        kind = text(frame.get("type"))
        if kind in _SILENT:
            return None
        reader = self.READERS.get(kind)
        if reader is not None:
            return reader(self, frame)
        if not kind and frame.get("error"):
            return self._failed(error_words(frame["error"]), error_kind(frame["error"]))
        return [unknown(line)]

    def _run_started(self, frame: Frame) -> Rows:
        self._goes_on()
        self._runs += 1
        self._run_id = text(frame.get("runId")) or f"run-{self._runs}"
        return self._began(text(frame.get("threadId")))

    def _run_finished(self, frame: Frame) -> Rows:
        outcome = mapping(frame.get("outcome"))
        how = text(outcome.get("type")) or text(frame.get("outcome"))
        self.finished, self._stopped = True, how == "cancelled"
        rows = self._usage(frame)
        for wire in items(outcome.get("interrupts")) if how == "interrupt" else ():
            shape = mapping(wire)
            words = " ".join(filter(None, (text(shape.get("reason")), text(shape.get("message")))))
            rows.append(note("notice", f"Waiting for an answer: {words}".removesuffix(": ")))
        return rows

    def _run_error(self, frame: Frame) -> Rows:
        kind, message = text(frame.get("code")), text(frame.get("message"))
        return self._usage(frame) + self._failed(": ".join(filter(None, (kind, message))), kind)

    def _usage(self, frame: Frame) -> list[AgentMessage]:
        """A note for each model that was used."""
        rows = []
        for place, wire in enumerate(items(frame.get("usage"))):
            shape = mapping(wire)
            counts = present({ours: count(shape.get(theirs)) for theirs, ours in _COUNTS.items()})
            self.model = self.model or text(shape.get("model")) or None
            if counts:
                response = f"{self._run_id}/{place}" if place else self._run_id
                about = {RESPONSE_ID: response, MODEL: text(shape.get("model")), **counts}
                rows.append(note("usage", tokens_sentence(counts), about))
        return rows

    def _text_start(self, frame: Frame) -> Rows:
        self._message = text(frame.get("messageId")) or self._message
        if frame.get("role") == "user":
            self._people.add(self._message)
        return None

    def _text(self, frame: Frame) -> Rows:
        if frame.get("type") == "TEXT_MESSAGE_CHUNK" or frame.get("messageId"):
            self._text_start(frame)
        return self._text_block(self._message, frame).append(text(frame.get("delta")))

    def _text_block(self, message_id: str, frame: Frame) -> ContentBlock:
        person = message_id in self._people
        metadata = self._of(frame) if person else {RESPONSE_ID: message_id, **self._of(frame)}
        return self._spoken(self._said(f"{message_id}/text", "text", metadata, person=person), frame)

    def _thinking(self, frame: Frame) -> Rows:
        """A thought; those from before 1.0 have no id and end with their section."""
        if frame.get("type") == "THINKING_START":
            self._thought = f"thought-{len(self._blocks)}"
            return None
        self._thought = text(frame.get("messageId")) or self._thought
        metadata = {RESPONSE_ID: text(frame.get("messageId")), **self._of(frame)}
        block = self._said(f"{self._thought}/reasoning", "reasoning", metadata)
        return self._spoken(block, frame).append(text(frame.get("delta")))

    def _call_start(self, frame: Frame) -> Rows:
        return self._spoken(self._call_block(frame), frame).open()

    def _call_args(self, frame: Frame) -> Rows:
        block = self._spoken(self._call_block(frame), frame)
        return block.append(text(frame.get("delta"))) or block.open()

    def _call_end(self, frame: Frame) -> Rows:
        block = self._call_block(frame)
        return None if block.filled else block.set("{}")

    def _call_block(self, frame: Frame) -> ContentBlock:
        call_id = self._call_id = text(frame.get("toolCallId")) or self._call_id
        name = text(frame.get("toolCallName"))
        self._names[call_id] = name or self._names.get(call_id, "")
        metadata = {RESPONSE_ID: text(frame.get("parentMessageId")), **self._of(frame)}
        return self._call(f"{call_id}/call", name, call_id, metadata)

    def _call_result(self, frame: Frame) -> Rows:
        return self._result_row(frame, text(frame.get("messageId")))

    def _result_row(self, frame: Frame, message_id: str) -> list[AgentMessage]:
        call_id, content = text(frame.get("toolCallId")), frame.get("content")
        error, name = text(frame.get("error")), self._names.get(call_id, "")
        said = parts_text(content) if isinstance(content, list) else output_of(content or "")
        key = f"{call_id or message_id}/result"
        block = self._result(key, name, call_id, self._of(frame), failed=bool(error))
        return self._spoken(block, frame).set("\n".join(filter(None, (said, error))))

    def _messages(self, frame: Frame) -> Rows:
        """All messages again; each is known by its id."""
        return [row for wire in items(frame.get("messages")) for row in self._snapshot(mapping(wire))]

    def _snapshot(self, wire: Frame) -> list[AgentMessage]:
        role, message_id, content = text(wire.get("role")), text(wire.get("id")), parts_text(wire.get("content"))
        if role == "tool":
            return self._result_row(wire, message_id)
        if role == "activity":
            return self._activity_row(message_id, wire.get("activityType"), wire.get("content"))
        if role == "reasoning":
            metadata = {RESPONSE_ID: message_id, **self._of(wire)}
            return self._whole(self._said(f"{message_id}/reasoning", "reasoning", metadata), wire, content)
        if role not in ("assistant", "user"):
            return []
        if role == "user":
            self._people.add(message_id)
        rows = self._whole(self._text_block(message_id, wire), wire, content)
        for call in items(wire.get("toolCalls")):
            function, call_id = mapping(mapping(call).get("function")), text(mapping(call).get("id"))
            shape = {"toolCallId": call_id, "toolCallName": function.get("name"), "parentMessageId": message_id}
            block = self._call_block({**shape, "subagentRunId": wire.get("subagentRunId")})
            rows += self._whole(block, wire, output_of(function.get("arguments") or "{}"))
        return rows

    def _whole(self, block: ContentBlock, frame: Frame, content: str) -> list[AgentMessage]:
        return self._spoken(block, frame).set(content) if content else []

    def _activity(self, frame: Frame) -> Rows:
        return self._activity_row(text(frame.get("messageId")), frame.get("activityType"), frame.get("content"))

    def _activity_row(self, message_id: str, kind: Any, content: Any) -> list[AgentMessage]:
        return self._listed(f"{message_id}/activity", f"{text(kind)}: {output_of(content)}")

    def _subagent(self, frame: Frame) -> Rows:
        run_id, kind = text(frame.get("subagentRunId")), text(frame.get("type"))
        if kind == "SUBAGENT_STARTED":
            self._subagents[run_id] = text(frame.get("parentToolCallId"))
            words = ": ".join(filter(None, ("Subagent started", text(frame.get("name")))))
            return [note("task", words, self._of(frame))]
        if kind == "SUBAGENT_FINISHED":
            return [note("task", "Subagent finished", self._of(frame))]
        words = ": ".join(filter(None, ("Subagent failed", text(frame.get("message")))))
        return [blocks.error_note(words, {"error.type": text(frame.get("code")), **self._of(frame)})]

    def _custom(self, frame: Frame) -> Rows:
        return [note("notice", f"{text(frame.get('name'))}: {dump(frame.get('value'))}")]

    def _of(self, frame: Frame) -> dict[str, Any]:
        """Who speaks, where it is a subagent: the call that started it, or its run."""
        run_id = text(frame.get("subagentRunId"))
        return {PARENT: self._subagents.get(run_id) or run_id} if run_id else {}

    def _spoken(self, block: ContentBlock, frame: Frame) -> ContentBlock:
        block.always = block.always or bool(text(frame.get("subagentRunId")))
        return block

    READERS: ClassVar[dict[str, Callable[[AgUiParser, Frame], Rows]]] = {
        "ACTIVITY_SNAPSHOT": _activity,
        "CUSTOM": _custom,
        "MESSAGES_SNAPSHOT": _messages,
        "REASONING_MESSAGE_CHUNK": _thinking,
        "REASONING_MESSAGE_CONTENT": _thinking,
        "REASONING_MESSAGE_START": _thinking,
        "RUN_ERROR": _run_error,
        "RUN_FINISHED": _run_finished,
        "RUN_STARTED": _run_started,
        "SUBAGENT_ERROR": _subagent,
        "SUBAGENT_FINISHED": _subagent,
        "SUBAGENT_STARTED": _subagent,
        "TEXT_MESSAGE_CHUNK": _text,
        "TEXT_MESSAGE_CONTENT": _text,
        "TEXT_MESSAGE_START": _text_start,
        "THINKING_START": _thinking,
        "THINKING_TEXT_MESSAGE_CONTENT": _thinking,
        "THINKING_TEXT_MESSAGE_START": _thinking,
        "TOOL_CALL_ARGS": _call_args,
        "TOOL_CALL_CHUNK": _call_args,
        "TOOL_CALL_END": _call_end,
        "TOOL_CALL_RESULT": _call_result,
        "TOOL_CALL_START": _call_start,
    }


TYPES: Final[frozenset[str]] = _SILENT | AgUiParser.READERS.keys()
"""Every type this version knows."""
