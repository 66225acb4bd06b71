"""Anthropic Messages API, streamed: `event.data` is one JSON object, its `type` repeats the event's name.

A stream is complete with `message_stop`; `error` ends it too. Token counts come with `message_start` and are
overwritten, key by key, by each `message_delta`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import FINISH_REASONS, IS_ERROR, MODEL, PARENT, RESPONSE_ID, AgentMessage
from nbstream.parsers._base import JsonParser
from nbstream.parsers._blocks import Answer, Blocks, Scope
from nbstream.parsers._content import SILENT_BLOCKS
from nbstream.parsers._protocol import Ending
from nbstream.parsers._rows import note, tokens, tokens_sentence, unknown
from nbstream.parsers._values import count, dump, mapping, present, text

if TYPE_CHECKING:
    from nbstream.parsers._protocol import Reason

_CUT_SHORT: Final = {
    "max_tokens": "The answer was cut off at the limit of output tokens.",
    "model_context_window_exceeded": "The answer was cut off: the context window is full.",
    "refusal": "The model refused to go on.",
    "pause_turn": "The model paused its turn; send its answer back to let it go on.",
}
"""Stop reasons after which a reader would miss something, as a sentence."""


class AnthropicParser(JsonParser):
    """Reads one stream of Anthropic Messages events."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks = Blocks()
        self._scope = self._blocks.scope()
        self._error: str | None = None
        self._errors = 0

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """What the end of the stream means: complete only after `message_stop`."""
        if self._error is not None:
            return Ending(status="failed", error=self._error)
        if self.finished:
            return Ending(status="completed", messages=[self._summary()])
        return self._cut_off(reason, exit_code)

    def _summary(self) -> AgentMessage:
        """The `response` row: the API sends none, and a reader wants to see that the answer is whole."""
        totals = self._blocks.usage()
        words = ": ".join(filter(None, ("Completed", tokens_sentence(totals))))
        return AgentMessage(type="response", op="note", content=words, metadata={IS_ERROR: False, **totals})

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        kind = text(frame.get("type"))
        if kind == "content_block_delta":
            return content_event(self._blocks, self._scope, kind, frame)
        if kind == "message_start":
            self.finished, self._error = False, None
            self.model = self._blocks.begin(self._scope, mapping(frame.get("message"))).model or self.model
            return None
        if kind == "message_delta":
            return self._message_delta(frame)
        if kind == "message_stop":
            self.finished = True
        if kind == "error" or (not kind and isinstance(frame.get("error"), dict)):
            return self._failed(frame)
        if kind == "ping":
            return None
        if kind not in CONTENT_EVENTS:
            return [unknown(line)]
        return content_event(self._blocks, self._scope, kind, frame)

    def _message_delta(self, frame: dict[str, Any]) -> list[AgentMessage]:
        rows = usage_rows(self._scope.answer, frame)
        delta = mapping(frame.get("delta"))
        stop_reason = text(delta.get("stop_reason"))
        if stop_reason in _CUT_SHORT:
            details = mapping(delta.get("stop_details"))
            sentence = " ".join(filter(None, (_CUT_SHORT[stop_reason], text(details.get("explanation")))))
            rows.append(note("notice", sentence, {FINISH_REASONS: [stop_reason]}))
        return rows

    def _failed(self, frame: dict[str, Any]) -> list[AgentMessage]:
        self.finished = True
        error = mapping(frame.get("error"))
        kind, words = text(error.get("type")), text(error.get("message"))
        self._error = ": ".join(filter(None, (kind, words))) or dump(frame)
        self._errors += 1
        metadata = {IS_ERROR: True, "error.type": kind, "nbstream.request_id": text(frame.get("request_id"))}
        return [
            AgentMessage(
                type="error",
                part="text",
                op="set",
                block=f"/error/{self._errors}",
                content=self._error,
                metadata=present(metadata),
            )
        ]


CONTENT_EVENTS: Final = frozenset({"content_block_start", "content_block_delta", "content_block_stop", "message_stop"})
"""The events that `content_event` takes."""


def content_event(blocks: Blocks, scope: Scope, kind: str, frame: dict[str, Any]) -> list[AgentMessage] | None:
    """The rows of an event about content; also used for the events Claude Code passes on.

    Raises:
        UnknownContent: a block or a delta of a type this version does not know.
    """
    if kind == "message_stop":
        return blocks.stop_all(scope)
    index = frame.get("index")
    if type(index) is not int:
        index = count(index) or 0
    if kind == "content_block_delta":
        return blocks.delta(scope, index, mapping(frame.get("delta")))
    if kind == "content_block_stop":
        return blocks.stop(scope, index)
    wire = mapping(frame.get("content_block"))
    if text(wire.get("type")) in SILENT_BLOCKS:
        return None
    if wire.get("type") == "fallback":
        return [note("notice", f"The answer is taken over by another model: {dump(wire)}")]
    return blocks.start(scope, index, wire)


def usage_rows(answer: Answer | None, frame: dict[str, Any]) -> list[AgentMessage]:
    """The usage note of a `message_delta`: the message's counts so far and why it stopped; [] when it says neither."""
    sent = present(mapping(frame.get("usage")))
    stop_reason = text(mapping(frame.get("delta")).get("stop_reason"))
    if not sent and not stop_reason:
        return []
    usage = sent if answer is None else answer.usage
    usage.update(sent)
    counts = tokens(usage)
    said = {} if answer is None else {RESPONSE_ID: answer.id, MODEL: answer.model, PARENT: answer.parent}
    if answer is not None:
        answer.usage_noted = True
    reasons = [stop_reason] if stop_reason else None
    return [note("usage", tokens_sentence(counts), said | counts | {FINISH_REASONS: reasons})]
