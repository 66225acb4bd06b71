"""LangChain's messages: pieces that add up, the whole so far, or the whole; each known by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_TOKENS,
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    REASONING_TOKENS,
    RESPONSE_ID,
)
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._rows import note
from nbstream.parsers._stream import Usage
from nbstream.parsers._turns import CUT_SHORT, output_of, parts_text
from nbstream.parsers._values import count, dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage, Part
    from nbstream.parsers._content_block import ContentBlock

Frame = dict[str, Any]

_GOES_ON: Final = frozenset({"tool_calls", "tool_use", "function_call", "pause_turn"})
"""Reasons after which the graph has something to do."""
_THOUGHTS: Final = frozenset({"thinking", "reasoning", "reasoning_content"})
_CALLS: Final = frozenset({"tool_use", "tool_call", "tool_call_chunk", "function_call", "input_json_delta"})
"""Parts of content that a message tells again among its calls."""


class Messages:
    """The messages of one stream.

    Attributes:
        model: the model's name once it is known.
        complete: the last message is an answer that has ended and calls no tool.
    """

    def __init__(self) -> None:
        self.model = ""
        self.complete = False
        self._blocks: dict[str, ContentBlock] = {}
        self._names: dict[str, str] = {}
        self._indexed: dict[tuple[str, str], ContentBlock] = {}
        self._calling: set[str] = set()
        self._usage: dict[str, Usage] = {}
        self._last = ""
        self._nameless = 0

    def show(self, wire: Frame, namespace: str, whole: bool | None, model: str = "") -> list[AgentMessage]:
        """The rows of a message.

        Args:
            wire: the message as it came.
            whole: True for a message as it stays, False for one that still grows, None for a piece of one.
            namespace: the subgraph it comes from.
            model: the model's name as the event has it.
        """
        kind = text(wire.get("type")).removesuffix("Chunk").removesuffix("Message").lower()
        if whole is None and not text(wire.get("type")).endswith("Chunk"):
            whole = True
        if kind == "tool":
            return self._tool(wire, namespace)
        if kind in ("human", "user"):
            self.complete = False
            said = parts_text(wire.get("content"))
            return self._block(self._id(wire, kind), "text", namespace, person=True).set(said) if said else []
        return self._answer(wire, namespace, whole, model) if kind in ("ai", "assistant") else []

    def _id(self, wire: Frame, kind: str) -> str:
        """The message's id; without one, a piece belongs to the message before it and a whole one stands alone."""
        message_id = text(wire.get("id"))
        if not message_id and not (text(wire.get("type")).endswith("Chunk") and self._last):
            self._nameless += 1
            message_id = f"?{kind}{self._nameless}"
        self._last = message_id or self._last
        return self._last

    def _answer(self, wire: Frame, namespace: str, whole: bool | None, model: str) -> list[AgentMessage]:
        message_id, response = self._id(wire, "ai"), mapping(wire.get("response_metadata"))
        model = text(response.get("model_name")) or text(response.get("model")) or model
        self.model = self.model or model
        self.complete = False
        thought, said = _split(wire)
        rows = self._say(message_id, "reasoning", thought, namespace, whole)
        rows += self._say(message_id, "text", said, namespace, whole)
        rows += self._calls(message_id, wire, namespace, whole)
        return rows + self._ended(message_id, wire, response, whole, model)

    def _say(self, message_id: str, part: Part, words: str, namespace: str, whole: bool | None) -> list[AgentMessage]:
        if not words:
            return []
        block = self._block(message_id, part, namespace)
        return block.append(words) if whole is None else block.set(words) if whole else block.grow(words)

    def _calls(self, message_id: str, wire: Frame, namespace: str, whole: bool | None) -> list[AgentMessage]:
        rows = []
        if whole is None:
            for piece in items(wire.get("tool_call_chunks")):
                rows += self._call_piece(message_id, mapping(piece), namespace)
            return rows
        for place, call in enumerate(items(wire.get("tool_calls"))):
            shape = mapping(call)
            block = self._call(message_id, text(shape.get("id")) or f"#{place}", text(shape.get("name")), namespace)
            rows += block.set(dump(shape.get("args") or {}))
        return rows

    def _call_piece(self, message_id: str, piece: Frame, namespace: str) -> list[AgentMessage]:
        """A piece of a call: only the first has its id and its name, the others its index."""
        index, call_id = text(piece.get("index")), text(piece.get("id"))
        block = self._indexed.get((message_id, index))
        if block is None or (call_id and block.metadata.get("gen_ai.tool.call.id") != call_id):
            block = self._call(message_id, call_id or f"#{index}", text(piece.get("name")), namespace)
            self._indexed[message_id, index] = block
        return block.append(text(piece.get("args"))) or block.open()

    def _call(self, message_id: str, call_id: str, name: str, namespace: str) -> ContentBlock:
        key = f"{message_id}/call/{call_id}"
        self._calling.add(message_id)
        self._names[call_id] = name or self._names.get(call_id, "")
        block = self._blocks.get(key)
        if block is None:
            about = {RESPONSE_ID: message_id, MODEL: self.model, **_where(namespace)}
            block = self._blocks[key] = blocks.call(key, name, call_id, about)
        return block

    def _tool(self, wire: Frame, namespace: str) -> list[AgentMessage]:
        self.complete = False
        call_id, failed = text(wire.get("tool_call_id")), wire.get("status") == "error"
        name = text(wire.get("name")) or self._names.get(call_id, "")
        key = f"{call_id or self._id(wire, 'tool')}/result"
        block = self._blocks.get(key)
        if block is None:
            block = self._blocks[key] = blocks.result(key, name, call_id, _where(namespace), failed=failed)
        content = wire.get("content")
        return block.set(parts_text(content) if isinstance(content, (str, list)) else output_of(content))

    def _ended(
        self, message_id: str, wire: Frame, response: Frame, whole: bool | None, model: str
    ) -> list[AgentMessage]:
        """The counts, and whether the answer is over."""
        usage = self._usage.setdefault(message_id, Usage())
        reason = text(response.get("finish_reason")) or text(response.get("stop_reason"))
        told = reason in usage.reasons
        usage.reasons = [reason] if reason else usage.reasons
        found = _counts(mapping(wire.get("usage_metadata")))
        # Pieces add up: some servers count the input in the first and the output in the last.
        usage.counts |= {key: n + usage.counts.get(key, 0) for key, n in found.items()} if whole is None else found
        over = bool(whole or reason or wire.get("chunk_position") == "last")
        self.complete = over and message_id not in self._calling and reason not in _GOES_ON
        rows = usage.note(message_id, model or self.model) if over or (found and usage.noted) else []
        if reason in CUT_SHORT and not told:
            rows.append(note("notice", CUT_SHORT[reason], {"gen_ai.response.finish_reasons": [reason]}))
        return rows

    def _block(self, message_id: str, part: Part, namespace: str, *, person: bool = False) -> ContentBlock:
        key = f"{message_id}/{part}"
        block = self._blocks.get(key)
        if block is None:
            about = {RESPONSE_ID: message_id, MODEL: self.model, **_where(namespace)}
            block = blocks.prompt(key, _where(namespace)) if person else blocks.answer(key, part, about)
            self._blocks[key] = block
        return block


def _split(wire: Frame) -> tuple[str, str]:
    """What the model thinks and what it says: content is a string or a list of parts."""
    content, extra = wire.get("content"), mapping(wire.get("additional_kwargs"))
    thoughts, said = [text(extra.get("reasoning_content"))], []
    for part in content if isinstance(content, list) else [content]:
        shape = mapping(part)
        kind = text(shape.get("type"))
        if kind in _THOUGHTS:
            summary = "".join(text(mapping(piece).get("text")) for piece in items(shape.get("summary")))
            thoughts.append(
                text(shape.get("thinking")) or text(shape.get("reasoning")) or text(shape.get("text")) or summary
            )
        elif kind not in _CALLS:
            said.append(parts_text(part))
    return "".join(thoughts), "".join(said)


def _counts(usage: Frame) -> dict[str, int]:
    """LangChain's counts; its input includes the cache, its output the reasoning."""
    into, out = mapping(usage.get("input_token_details")), mapping(usage.get("output_token_details"))
    return present(
        {
            INPUT_TOKENS: count(usage.get("input_tokens")),
            OUTPUT_TOKENS: count(usage.get("output_tokens")),
            CACHE_READ_TOKENS: count(into.get("cache_read")),
            CACHE_WRITE_TOKENS: count(into.get("cache_creation")),
            REASONING_TOKENS: count(out.get("reasoning")),
        }
    )


def _where(namespace: str) -> dict[str, Any]:
    return {"nbstream.subgraph": namespace} if namespace else {}
