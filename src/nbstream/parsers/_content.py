"""Anthropic content blocks, complete or just begun, as a reader sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nbstream.messages import IS_ERROR, TOOL_CALL_ID, TOOL_NAME
from nbstream.parsers._values import dump, items, mapping, present, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nbstream.messages import MessageType, Part, Role

BLOCK_TYPE: Final = "nbstream.block_type"
"""The source's own name of a block that is not plain text, thinking or a tool of ours."""

SILENT_BLOCKS: Final = frozenset({"mcp_tool_listing"})
"""Blocks with nothing to show."""


@dataclass(frozen=True, slots=True)
class View:
    """What to show of a content block.

    Args:
        wire: the source's own name of the block's type.
        content: its whole content so far; "" for a tool call whose input is empty or yet to come.
        metadata: what this kind of block adds to its rows.
    """

    wire: str
    type: MessageType
    role: Role | None
    part: Part
    content: str
    metadata: dict[str, Any] = field(default_factory=dict)


def view(block: Mapping[str, Any]) -> View | None:
    """The view of a block; None for a type this version does not know."""
    wire = text(block.get("type"))
    if wire == "text":
        return View(wire, "assistant", "assistant", "text", text(block.get("text")))
    if wire == "thinking":
        return View(wire, "assistant", "assistant", "reasoning", text(block.get("thinking")))
    if wire == "redacted_thinking":
        kind = {BLOCK_TYPE: wire}
        return View(wire, "assistant", "assistant", "reasoning", "[redacted by the provider]", kind)
    if wire.endswith("tool_use"):
        return View(wire, "tool", "assistant", "tool_call", tool_input(block.get("input")), _call(wire, block))
    if wire.endswith("tool_result"):
        return _result(wire, block)
    if wire == "compaction":
        return View(wire, "assistant", "assistant", "text", text(block.get("content")), {BLOCK_TYPE: wire})
    if wire in ("container_upload", "image", "document"):
        return View(wire, "assistant", "assistant", "text", _marker(block), {BLOCK_TYPE: wire})
    return None


def tool_input(value: Any) -> str:
    """A tool's input as JSON text; "" where there is none, so that it never overwrites one that came before."""
    return "" if value is None or value in ({}, [], "") else dump(value)


def result_text(content: Any) -> str:
    """What a tool answered, as text; what is not text becomes a short marker (`raw` has it whole)."""
    if isinstance(content, list):
        return "\n".join(_part_text(part) for part in content)
    if isinstance(content, dict):
        streams = [text(content.get(name)) for name in ("stdout", "stderr", "error_code")]
        return "\n".join(piece for piece in streams if piece) or dump(content)
    return text(content)


def call_name(block: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that names a tool call."""
    return present({TOOL_NAME: text(block.get("name")), TOOL_CALL_ID: text(block.get("id"))})


def _call(wire: str, block: Mapping[str, Any]) -> dict[str, Any]:
    kind = None if wire == "tool_use" else wire
    server = text(block.get("server_name"))
    return call_name(block) | present({BLOCK_TYPE: kind, "nbstream.mcp_server": server})


def _result(wire: str, block: Mapping[str, Any]) -> View:
    content = block.get("content")
    failed = block.get("is_error") is True or text(mapping(content).get("type")).endswith("_error")
    metadata = {TOOL_CALL_ID: text(block.get("tool_use_id")), IS_ERROR: failed}
    if wire != "tool_result":
        metadata[BLOCK_TYPE] = wire
    return View(wire, "tool", "tool", "tool_call_response", result_text(content), metadata)


def _part_text(part: Any) -> str:
    if not isinstance(part, dict):
        return text(part)
    if isinstance(part.get("text"), str):
        return str(part["text"])
    if isinstance(part.get("url"), str):
        return f"{text(part.get('title'))} {part['url']}".strip()
    return _marker(part)


def _marker(block: Mapping[str, Any]) -> str:
    wire = text(block.get("type")) or "content"
    media = text(mapping(block.get("source")).get("media_type"))
    name = text(block.get("title")) or text(block.get("file_id")) or text(block.get("tool_name"))
    return "[" + " ".join(word for word in (wire, media, name) if word) + "]"


def blocks_of(content: Any) -> list[dict[str, Any]]:
    """The blocks of a message's content, which may also be one string; what is no block is left out."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    strings = ({"type": "text", "text": item} if isinstance(item, str) else item for item in items(content))
    return [block for block in strings if isinstance(block, dict)]
