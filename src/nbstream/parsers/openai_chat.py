"""OpenAI Chat Completions, streamed, and the many servers that speak it: `data` is one chunk, `[DONE]` closes.

A chunk's `id` may change from chunk to chunk, so it never is an identity: a block is a choice and a kind of content,
a tool call its `index`. Only `finish_reason` says that an answer is complete; `[DONE]` alone does not, servers and
proxies send it after an abort, and leave it out after an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import COST_USD, FINISH_REASONS, MODEL, RESPONSE_ID, TOOL_CALL_ID, TOOL_NAME
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import (
    FILTERED,
    LENGTH,
    ModelParser,
    Usage,
    error_kind,
    error_words,
    openai_tokens,
)
from nbstream.parsers._values import count, dump, items, mapping, number, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._content_block import ContentBlock

_CUT_SHORT: Final = {"length": LENGTH, "content_filter": FILTERED}
"""Finish reasons after which a reader would miss something, as a sentence."""


@dataclass(slots=True)
class Choice:
    """One of the answers of a response.

    Args:
        parts: its blocks by kind.
        calls: its tool calls by index, else by id, else by position.
        last: the call that came last.
        finished: its `finish_reason` has come.
    """

    key: str
    parts: dict[str, ContentBlock] = field(default_factory=dict)
    calls: dict[str, ContentBlock] = field(default_factory=dict)
    last: ContentBlock | None = None
    made: int = 0
    finished: bool = False


class OpenAIChatParser(ModelParser):
    """Reads one stream of chunks; after `[DONE]` another response may follow."""

    def __init__(self) -> None:
        super().__init__()
        self._responses = 0
        self._cost = 0.0
        self._begin()

    def _begin(self) -> None:
        self._responses += 1
        self._id = ""
        self._choices: dict[int, Choice] = {}
        self._usage = Usage()
        self._response_cost: float | None = None
        self._closed = False

    def _rows(self, frame: dict[str, Any], line: str) -> list[AgentMessage] | None:
        choices, error = frame.get("choices"), frame.get("error")
        if not isinstance(choices, list):
            if not (error or "usage" in frame or frame.get("object") == "chat.completion.chunk"):
                return [unknown(line)]
            choices = []
        if self._closed:
            self._begin()
            self.finished, self._error = False, None
        self._id = self._id or text(frame.get("id"))
        self.model = self.model or text(frame.get("model")) or None
        rows = self._failed(error) if error else []
        for choice in choices:
            rows += self._choice(mapping(choice))
        return rows + self._counted(frame, alone=not choices)

    def _choice(self, wire: dict[str, Any]) -> list[AgentMessage]:
        index = count(wire.get("index")) or 0
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = Choice(f"{self._responses}/{index}")
            self.finished = False
        delta = wire.get("delta")
        rows = self._delta(choice, delta if isinstance(delta, dict) else mapping(wire.get("message")))
        rows += self._say(choice, "text", wire.get("text"))  # legacy completions
        if wire.get("error"):
            rows += self._failed(wire["error"])
        reason = text(wire.get("finish_reason"))
        if reason and not choice.finished:
            rows += self._finish(choice, reason)
        return rows

    def _delta(self, choice: Choice, delta: dict[str, Any]) -> list[AgentMessage]:
        rows = self._say(choice, "reasoning", _reasoning(delta))
        content = delta.get("content")
        if isinstance(content, list):
            for piece in content:
                rows += self._piece(choice, piece)
        elif content:
            rows += self._say(choice, "text", content)
        if not content or len(delta) > 1:  # nine of ten have nothing but content
            rows += self._say(choice, "refusal", delta.get("refusal"))
            rows += self._say(choice, "text", mapping(delta.get("audio")).get("transcript"))
            if isinstance(delta.get("function_call"), dict):
                rows += self._call(choice, {"function": delta["function_call"]}, "function")
        for position, wire in enumerate(items(delta.get("tool_calls"))):
            if isinstance(wire, dict):
                rows += self._call(choice, wire, f"?{position}")
        return rows

    def _piece(self, choice: Choice, piece: Any) -> list[AgentMessage]:
        """One item of content that is a list, as Mistral sends it."""
        if isinstance(piece, str):
            return self._say(choice, "text", piece)
        shape = mapping(piece)
        if shape.get("type") in ("text", "output_text", None) and isinstance(shape.get("text"), str):
            return self._say(choice, "text", shape["text"])
        if shape.get("type") == "thinking":
            thoughts = shape.get("thinking")
            pieces = [text(mapping(thought).get("text")) for thought in items(thoughts)]
            return self._say(choice, "reasoning", "".join(pieces) or thoughts)
        return [unknown(dump(piece))]

    def _say(self, choice: Choice, part: Part, content: Any) -> list[AgentMessage]:
        if not isinstance(content, str) or not content:
            return []
        block = choice.parts.get(part)
        if block is None:
            block = choice.parts[part] = blocks.answer(f"{choice.key}/{part}", part, self._named())
        return block.append(content)

    def _call(self, choice: Choice, wire: dict[str, Any], position: str) -> list[AgentMessage]:
        function = mapping(wire.get("function"))
        name, call_id = text(function.get("name")), text(wire.get("id"))
        index = count(wire.get("index"))
        key = f"#{index}" if index is not None else call_id or position
        block = choice.calls.get(key) or _continued(choice.last, index, name, call_id)
        if block is None or _is_another(block, name, call_id):
            block = blocks.call(f"{choice.key}/call{choice.made}", name, call_id, self._named())
            choice.made += 1
            choice.calls[key] = block
        elif TOOL_NAME not in block.metadata or TOOL_CALL_ID not in block.metadata:
            block.describe({TOOL_NAME: name, TOOL_CALL_ID: call_id, **block.metadata})
        choice.last = block
        arguments = function.get("arguments")
        if isinstance(arguments, (dict, list)):
            return block.set(dump(arguments))
        return block.append(text(arguments)) or block.open()

    def _finish(self, choice: Choice, reason: str) -> list[AgentMessage]:
        choice.finished = True
        self._usage.reasons.append(reason)
        self.finished = all(other.finished for other in self._choices.values())
        rows = [row for block in choice.calls.values() if not block.filled for row in block.set("{}")]
        if reason in _CUT_SHORT:
            rows.append(note("notice", _CUT_SHORT[reason], {FINISH_REASONS: [reason]}))
        if reason == "error" and self._error is None:
            rows += self._failed("The server ended the answer with an error.")
        return rows

    def _failed(self, error: Any) -> list[AgentMessage]:
        words, again = error_words(error), self._error
        self._error = words
        return [] if again == words else [blocks.error_note(words, {"error.type": error_kind(error)})]

    def _counted(self, frame: dict[str, Any], *, alone: bool) -> list[AgentMessage]:
        """The usage note once the counts are final: with the last choice, or in a chunk of their own."""
        usage = mapping(frame.get("usage")) or mapping(mapping(frame.get("x_groq")).get("usage"))
        if not usage:
            return []  # a later null takes nothing back
        self._usage.counts.update(openai_tokens(usage))
        cost = number(usage.get("cost"))
        self._response_cost = self._response_cost if cost is None else cost
        return self._note() if alone or self.finished else []

    def _note(self) -> list[AgentMessage]:
        cost = None if self._response_cost is None else {COST_USD: self._cost + self._response_cost}
        return self._usage.note(self._id or f"response-{self._responses}", self.model, cost)

    def _done(self) -> list[AgentMessage]:
        if self._closed:
            return []
        rows = self._note()
        self._cost += self._response_cost or 0.0
        self._closed = True
        return rows

    def _named(self) -> dict[str, Any]:
        return {RESPONSE_ID: self._id, MODEL: self.model}


def _reasoning(delta: dict[str, Any]) -> str:
    """What the model thinks; servers name it in three ways, and some in two of them at once."""
    for name in ("reasoning_content", "reasoning"):
        thought = delta.get(name)
        if isinstance(thought, str) and thought:
            return thought
    details = delta.get("reasoning_details")
    if not details:
        return ""
    return "".join(
        text(mapping(detail).get("text")) or text(mapping(detail).get("summary")) for detail in items(details)
    )


def _continued(last: ContentBlock | None, index: int | None, name: str, call_id: str) -> ContentBlock | None:
    """The last call, when a fragment has neither index nor name, nor an id that would make it another one's."""
    if last is None or index is not None or name or (call_id and TOOL_CALL_ID in last.metadata):
        return None
    return last


def _is_another(block: ContentBlock, name: str, call_id: str) -> bool:
    """Another call under the same index or position: it has a name, and a name or an id that is not the old one's.

    Without a name it is the same call: some servers invent a new id for every fragment.
    """
    if not name:
        return False
    known_name, known_id = block.metadata.get(TOOL_NAME, name), block.metadata.get(TOOL_CALL_ID, call_id)
    return bool(known_name != name or (call_id and known_id != call_id))
