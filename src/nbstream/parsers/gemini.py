"""Google's generateContent API, streamed: every event is a whole response with the next few parts; no sentinel.

Parts have no index: those of one kind that follow one another are one block, a change of kind begins another. The
counts of `usageMetadata` are totals so far, null at first; thinking is not in `candidatesTokenCount`, here it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    FINISH_REASONS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._gemini_args import StreamedArguments
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import FILTERED, LENGTH, ModelParser, Usage, error_kind, error_words
from nbstream.parsers._values import count, dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._content_block import ContentBlock

_KNOWN: Final = ("candidates", "promptFeedback", "usageMetadata", "responseId", "modelVersion")
_WELL: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})
_BROKEN: Final = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "OTHER"})
"""Finish reasons that mean there is no answer to go on with."""
_SIGNATURES: Final = frozenset({"thought", "thoughtSignature", "partMetadata", "videoMetadata"})
"""Keys that say something about a part and are none."""


@dataclass(slots=True)
class Candidate:
    """One of the answers of a response.

    Args:
        open: the block that a part of the same kind extends.
        streaming: the call whose arguments arrive in pieces, and what has come of them.
    """

    key: str
    open: ContentBlock | None = None
    made: int = 0
    streaming: tuple[ContentBlock, StreamedArguments] | None = None
    code_id: str = ""
    finished: bool = False
    names: dict[str, str] = field(default_factory=dict)


class GeminiParser(ModelParser):
    """Reads one stream of responses; several may follow one another."""

    def __init__(self) -> None:
        super().__init__()
        self._responses = 0
        self._begin("")

    def _begin(self, response_id: str) -> None:
        self._responses += 1
        self._source_id = response_id
        self._id = response_id or f"response-{self._responses}"
        self._candidates: dict[int, Candidate] = {}
        self._usage = Usage()
        self.finished, self._error = False, None

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        if frame.get("error"):
            return self._failed(error_words(frame["error"]), error_kind(frame["error"]))
        if not any(key in frame for key in _KNOWN):
            return [unknown(line)]
        rows = self._identified(text(frame.get("responseId")))
        self.model = self.model or text(frame.get("modelVersion")) or None
        for wire in items(frame.get("candidates")):
            rows += self._candidate(mapping(wire))
        blocked = text(mapping(frame.get("promptFeedback")).get("blockReason"))
        if blocked:
            why = text(mapping(frame["promptFeedback"]).get("blockReasonMessage"))
            rows += self._failed(": ".join(filter(None, (f"The prompt was blocked: {blocked}", why))), blocked)
        self._count(mapping(frame.get("usageMetadata")))
        return rows + (self._note() if self.finished else [])

    def _identified(self, response_id: str) -> list[AgentMessage]:
        """Another response begins with another id, once the one before is over."""
        if not response_id or response_id == self._source_id:
            return []
        if self.finished:
            rows = self._note()
            self._begin(response_id)
            return rows
        if not self._source_id and not self._candidates:
            self._source_id = self._id = response_id
        return []

    def _candidate(self, wire: dict[str, Any]) -> list[AgentMessage]:
        index = count(wire.get("index")) or 0
        candidate = self._candidates.get(index)
        if candidate is None:
            candidate = self._candidates[index] = Candidate(f"{self._id}/{index}")
            self.finished = False
        rows = []
        for part in items(mapping(wire.get("content")).get("parts")):
            rows += self._part(candidate, mapping(part))
        reason = text(wire.get("finishReason"))
        if reason and not candidate.finished:
            rows += self._finish(candidate, reason, text(wire.get("finishMessage")))
        return rows

    def _part(self, candidate: Candidate, part: dict[str, Any]) -> list[AgentMessage]:
        said = part.get("text")
        if isinstance(said, str):
            return self._say(candidate, "reasoning" if part.get("thought") is True else "text", said)
        if isinstance(part.get("functionCall"), dict):
            return self._function_call(candidate, part["functionCall"])
        if isinstance(part.get("executableCode"), dict):
            block = self._call(candidate, "code_execution", text(part["executableCode"].get("id")))
            candidate.code_id = block.key
            return block.set(dump(part["executableCode"]))
        if isinstance(part.get("codeExecutionResult"), dict):
            outcome = part["codeExecutionResult"]
            failed = text(outcome.get("outcome")) not in ("OUTCOME_OK", "")
            call_id = text(outcome.get("id")) or candidate.code_id
            return self._result(candidate, "code_execution", call_id, text(outcome.get("output")), failed=failed)
        if isinstance(part.get("toolCall"), dict):
            shape = part["toolCall"]
            block = self._call(candidate, text(shape.get("toolType")) or "tool", text(shape.get("id")))
            return block.set(dump(shape.get("args") or {}))
        for key in ("toolResponse", "functionResponse"):
            if isinstance(part.get(key), dict):
                shape = part[key]
                name, call_id = text(shape.get("name")) or text(shape.get("toolType")), text(shape.get("id"))
                return self._result(candidate, name, call_id, dump(shape.get("response") or {}))
        for key in ("inlineData", "fileData"):
            if isinstance(part.get(key), dict):
                return self._say(candidate, "text", _marker(part[key]))
        return [] if part.keys() <= _SIGNATURES else [unknown(dump(part))]

    def _say(self, candidate: Candidate, part: Part, said: str) -> list[AgentMessage]:
        """Text extends the open block of its kind; an empty one with a signature says nothing."""
        if not said:
            return []
        block = candidate.open
        if block is None or block.part != part:
            block = candidate.open = blocks.answer(self._key(candidate), part, self._named())
        return block.append(said)

    def _function_call(self, candidate: Candidate, wire: dict[str, Any]) -> list[AgentMessage]:
        pieces, goes_on = items(wire.get("partialArgs")), wire.get("willContinue") is True
        streaming = candidate.streaming
        if streaming is None or wire.get("name"):
            block = self._call(candidate, text(wire.get("name")), text(wire.get("id")))
            if not pieces and not goes_on:
                return block.set(dump(wire.get("args") or {}))
            rows = (self._complete(candidate) if streaming else []) + block.open()
            streaming = candidate.streaming = (block, StreamedArguments())
        else:
            rows = []
        for piece in pieces:
            streaming[1].add(mapping(piece))
        return rows if goes_on else rows + self._complete(candidate)

    def _complete(self, candidate: Candidate) -> list[AgentMessage]:
        """The call whose arguments came in pieces has them all."""
        if candidate.streaming is None:
            return []
        (block, arguments), candidate.streaming = candidate.streaming, None
        return block.set(dump(arguments.value()))

    def _call(self, candidate: Candidate, name: str, call_id: str) -> ContentBlock:
        """A new call; without an id of its own it goes by the block's name, which is unlike any other's."""
        key = self._key(candidate)
        candidate.open = None
        return blocks.call(key, name, call_id or key, self._named())

    def _result(
        self, candidate: Candidate, name: str, call_id: str, content: str, *, failed: bool = False
    ) -> list[AgentMessage]:
        candidate.open = None
        return blocks.result(self._key(candidate), name, call_id, self._named(), failed=failed).set(content)

    def _key(self, candidate: Candidate) -> str:
        candidate.made += 1
        return f"{candidate.key}/{candidate.made - 1}"

    def _finish(self, candidate: Candidate, reason: str, message: str) -> list[AgentMessage]:
        rows = self._complete(candidate)
        candidate.finished = True
        self._usage.reasons.append(reason)
        self.finished = all(other.finished for other in self._candidates.values())
        if reason in _BROKEN:
            rows += self._failed(": ".join(filter(None, (reason, message))), reason)
        elif reason not in _WELL:
            words = LENGTH if reason == "MAX_TOKENS" else f"{FILTERED.removesuffix('.')}: {reason}."
            rows.append(note("notice", " ".join(filter(None, (words, message))), {FINISH_REASONS: [reason]}))
        return rows

    def _failed(self, words: str, kind: str) -> list[AgentMessage]:
        self.finished, self._error = True, words
        return [blocks.error_note(words, {"error.type": kind})]

    def _count(self, usage: dict[str, Any]) -> None:
        prompt, tool_prompt = count(usage.get("promptTokenCount")), count(usage.get("toolUsePromptTokenCount"))
        answer, thoughts = count(usage.get("candidatesTokenCount")), count(usage.get("thoughtsTokenCount"))
        counts = {
            INPUT_TOKENS: None if prompt is None else prompt + (tool_prompt or 0),
            OUTPUT_TOKENS: None if answer is None and thoughts is None else (answer or 0) + (thoughts or 0),
            CACHE_READ_TOKENS: count(usage.get("cachedContentTokenCount")),
            REASONING_TOKENS: thoughts,
        }
        self._usage.counts.update(present(counts))

    def _note(self) -> list[AgentMessage]:
        return self._usage.note(self._id, self.model)

    def _done(self) -> list[AgentMessage]:
        rows = [row for candidate in self._candidates.values() for row in self._complete(candidate)]
        return rows + self._note()

    def _named(self) -> dict[str, Any]:
        return {RESPONSE_ID: self._id, MODEL: self.model}


def _marker(blob: dict[str, Any]) -> str:
    """What stands for an image or a file: its type and size or place; `raw` has it whole."""
    size = len(text(blob.get("data")))
    words = [text(blob.get("mimeType")), f"{size:,} characters of base64" if size else text(blob.get("fileUri"))]
    return "[" + ", ".join(word for word in words if word) + "]"
