"""Items of OpenAI's Responses: what each type is to a reader, as deltas and as a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import IS_ERROR, RESPONSE_ID
from nbstream.parsers import _content_block as blocks
from nbstream.parsers._content import result_text
from nbstream.parsers._rows import note, unknown
from nbstream.parsers._stream import error_words
from nbstream.parsers._values import dump, items, mapping, present, text

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.parsers._content_block import ContentBlock

ITEM_TYPE: Final = "nbstream.item_type"
"""The source's own name of a tool that the provider runs."""

_ENVELOPE: Final = frozenset({"id", "type", "status", "call_id", "name", "created_by", "output", "outputs", "results"})
"""Fields of a call that are not its input."""
_SILENT: Final = frozenset({"mcp_list_tools", "item_reference"})


class Item:
    """One output item: a message, a thought, a tool call or a tool's result.

    Args:
        key: its identity within the agent.
        item_id: as the source gives it, "" where it gives none.
        response: the id of the response it is part of.
        metadata: what else each of its blocks says.
    """

    def __init__(self, key: str, item_id: str, response: str, metadata: dict[str, Any]) -> None:
        self.key = key
        self.id = item_id
        self.response = response
        self.wire = ""
        self._metadata = {RESPONSE_ID: response, **metadata}
        self._named: dict[str, Any] = {}
        self._call_id = ""
        self._name = ""
        self._blocks: dict[tuple[str, int], ContentBlock] = {}

    def of(self, wire_type: str) -> None:
        """Its type, once an event tells it."""
        self.wire = self.wire or wire_type

    def block(self, part: str, index: int = 0) -> ContentBlock:
        """One of its blocks: text, refusal, summary, reasoning, input or output."""
        block = self._blocks.get((part, index))
        if block is None:
            block = self._blocks[part, index] = self._made(part, f"{self.key}/{part}{index or ''}")
        return block

    def start(self, wire: dict[str, Any]) -> list[AgentMessage]:
        """The item has begun: a tool call is shown at once, all else when it has content."""
        self._name_it(wire)
        if not _is_call(self.wire):
            return []
        return self.block("input").open()

    def content(self, index: int, part: dict[str, Any]) -> list[AgentMessage]:
        """A content part, begun or done."""
        kind = text(part.get("type"))
        if kind == "refusal":
            name, content = "refusal", text(part.get("refusal"))
        elif kind == "reasoning_text":
            name, content = "reasoning", text(part.get("text"))
        else:
            name, content = "text", text(part.get("text")) or text(part.get("transcript"))
        return self.block(name, index).set(content) if content else []

    def whole(self, wire: dict[str, Any]) -> list[AgentMessage]:
        """The item as a whole; only what its blocks do not yet say makes rows."""
        self._name_it(wire)
        if self.wire == "message":
            return [row for n, part in _dicts(wire.get("content")) for row in self.content(n, part)]
        if self.wire == "reasoning":
            rows = [
                row
                for n, part in _dicts(wire.get("content"))
                for row in self.content(n, {**part, "type": "reasoning_text"})
            ]
            for n, part in _dicts(wire.get("summary")):
                content = text(part.get("text"))
                rows += self.block("summary", n).set(content) if content else []
            return rows
        if self.wire.endswith("_output"):
            return self.block("output").set(_output(wire.get("output")))
        if _is_call(self.wire):
            return self._whole_call(wire)
        if self.wire in _SILENT:
            return []
        if self.wire == "compaction":
            return [note("notice", "The conversation was compacted.")]
        if self.wire == "mcp_approval_request":
            return [
                note(
                    "notice",
                    f"Approval asked for {text(wire.get('name')) or 'a tool'}: {text(wire.get('arguments'))}",
                )
            ]
        return [unknown(dump(wire))]

    def fail(self) -> list[AgentMessage]:
        """The tool of the provider has failed."""
        block = self.block("output")
        block.describe({IS_ERROR: True})
        return [] if block.shown else block.set("The tool failed.")

    def _whole_call(self, wire: dict[str, Any]) -> list[AgentMessage]:
        block = self.block("input")
        rows = block.set(content) if (content := _input(wire)) or not block.filled else []
        found = next((wire[key] for key in ("output", "outputs", "results", "result") if wire.get(key)), None)
        error, status = wire.get("error"), text(wire.get("status"))
        if found is None and not error and (status in ("", "in_progress") or self.wire in _ANSWERED_ELSEWHERE):
            return rows
        output = self.block("output")
        output.describe({IS_ERROR: bool(error) or status == "failed"})
        if self.wire == "image_generation_call" and isinstance(found, str):
            found = f"[image, {len(found):,} characters of base64]"
        if output.filled and found is None and not error:
            return rows
        return rows + output.set(error_words(error) if error else _output(found))

    def _name_it(self, wire: dict[str, Any]) -> None:
        self.of(text(wire.get("type")))
        stem = self.wire.removesuffix("_output").removesuffix("_call")
        self._name = self._name or text(wire.get("name")) or stem
        self._call_id = self._call_id or text(wire.get("call_id")) or self.id or self.key
        self._named = present({"nbstream.mcp_server": text(wire.get("server_label"))}) | (
            {} if self.wire in _ANSWERED_ELSEWHERE else {ITEM_TYPE: self.wire}
        )
        if ("input", 0) in self._blocks:
            named = blocks.call("", self._name, self._call_id, self._named)
            self._blocks["input", 0].describe(named.metadata)

    def _made(self, part: str, key: str) -> ContentBlock:
        if part == "input":
            return blocks.call(key, self._name, self._call_id or self.id or self.key, {**self._metadata, **self._named})
        if part == "output":
            call_id = self._call_id or self.id or self.key
            return blocks.result(key, self._name, call_id, {**self._metadata, **self._named})
        if part == "refusal":
            return blocks.answer(key, "refusal", self._metadata)
        return blocks.answer(key, "text" if part == "text" else "reasoning", self._metadata)


_ANSWERED_ELSEWHERE: Final = frozenset(
    {
        "function_call",
        "custom_tool_call",
        "computer_call",
        "local_shell_call",
        "shell_call",
        "apply_patch_call",
    }
)
"""Calls whose result is an item of its own, or comes from the program that asked."""


def _is_call(wire: str) -> bool:
    return wire.endswith("_call")


def _dicts(value: Any) -> list[tuple[int, dict[str, Any]]]:
    return [(n, part) for n, part in enumerate(items(value)) if isinstance(part, dict)]


def _input(wire: dict[str, Any]) -> str:
    """A call's input: JSON as the model wrote it, free text of a free-form tool, or what the item says of it."""
    for key in ("arguments", "input", "code"):
        value = wire.get(key)
        if value is not None:
            return value if isinstance(value, str) else dump(value)
    for key in ("action", "operation"):
        if isinstance(wire.get(key), dict):
            return dump(wire[key])
    said = {key: value for key, value in wire.items() if key not in _ENVELOPE and key not in ("result", "error")}
    return dump(present(said))


def _output(value: Any) -> str:
    """A tool's output as text; each entry of a list on a line of its own."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(_entry(entry) for entry in value)
    return result_text(value)


def _entry(entry: Any) -> str:
    shape = mapping(entry)
    if "logs" in shape:
        return text(shape["logs"])
    if "stdout" in shape or "stderr" in shape:
        return text(shape.get("stdout")) + text(shape.get("stderr"))
    return text(shape.get("text")) or text(entry) or dump(entry)
