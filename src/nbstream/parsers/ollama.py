"""Ollama's own API (`/api/chat`, `/api/generate`): one JSON object a line, the last one `done` with the counts.

Nothing has an id: an answer is what comes up to `done`. A failure in the middle is a bare `{"error": …}` and no
`done`, with HTTP status 200.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import DURATION_MS, FINISH_REASONS, INPUT_TOKENS, MODEL, OUTPUT_TOKENS, RESPONSE_ID
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import LENGTH, ModelParser, Usage, error_kind, error_words
from nbstream.parsers._values import count, dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._content_block import ContentBlock

_NS_PER_MS: Final = 1_000_000


class OllamaParser(ModelParser):
    """Reads one stream of Ollama's lines; after `done` another answer may follow."""

    def __init__(self) -> None:
        super().__init__()
        self._answers = 0
        self._parts: dict[str, ContentBlock] = {}
        self._calls = 0

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        if frame.get("error"):
            return self._failed(frame["error"])
        message = frame.get("message")
        if not isinstance(message, dict):
            if not ("response" in frame or "done" in frame):
                return [unknown(line)]
            message = {"content": frame.get("response"), "thinking": frame.get("thinking")}
        if self.finished or not self._answers:
            self._begin()
        self.model = self.model or text(frame.get("model")) or None
        rows = self._say("reasoning", text(message.get("thinking"))) + self._say("text", text(message.get("content")))
        for call in items(message.get("tool_calls")):
            rows += self._call(mapping(call))
        return rows + self._done_line(frame) if frame.get("done") is True else rows

    def _begin(self) -> None:
        self._answers += 1
        self._parts.clear()
        self._calls = 0
        self.finished, self._error = False, None

    def _say(self, part: Part, content: str) -> list[AgentMessage]:
        if not content:
            return []
        block = self._parts.get(part)
        if block is None:
            block = self._parts[part] = blocks.answer(f"{self._answers}/{part}", part, self._named())
        return block.append(content)

    def _call(self, wire: dict[str, Any]) -> list[AgentMessage]:
        """A tool call; it comes whole, and without an id it goes by its place."""
        function = mapping(wire.get("function"))
        self._calls += 1
        key = f"{self._answers}/call{self._calls - 1}"
        arguments = function.get("arguments")
        content = arguments if isinstance(arguments, str) else dump(arguments or {})
        return blocks.call(key, text(function.get("name")), text(wire.get("id")) or key, self._named()).set(content)

    def _done_line(self, frame: dict[str, Any]) -> list[AgentMessage]:
        self.finished = True
        reason, took = text(frame.get("done_reason")), count(frame.get("total_duration"))
        usage = Usage()
        usage.reasons = [reason] if reason else []
        counts = {INPUT_TOKENS: count(frame.get("prompt_eval_count")), OUTPUT_TOKENS: count(frame.get("eval_count"))}
        usage.counts = present(counts)
        rows = usage.note(self._id, self.model, {DURATION_MS: None if took is None else took / _NS_PER_MS})
        return [*rows, note("notice", LENGTH, {FINISH_REASONS: [reason]})] if reason == "length" else rows

    def _failed(self, error: Any) -> list[AgentMessage]:
        self.finished, self._error = True, error_words(error)
        return [blocks.error_note(self._error, {"error.type": error_kind(error)})]

    @property
    def _id(self) -> str:
        return f"response-{self._answers}"

    def _named(self) -> dict[str, Any]:
        return {RESPONSE_ID: self._id, MODEL: self.model}
