"""A transcript's blocks as a reader sees them: results with their calls, subagents under the call that started them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from nbstream.messages import DURATION_MS, IS_ERROR, PARENT, TOOL_CALL_ID, TOOL_NAME

Look = Literal["user", "text", "thought", "call", "result", "note", "error", "summary"]

TELLING: Final = (
    "command", "file_path", "notebook_path", "pattern", "query", "path", "url", "description", "prompt", "code",
)  # fmt: skip
"""The field of a tool's input that says most, best first; the same as in `frontend/format.ts`."""

HEADLINE: Final = 200
"""Characters of a headline; what is longer is a field."""


@dataclass(kw_only=True)
class Node:
    """One block, with what belongs to it.

    Args:
        look: what kind of thing a reader sees.
        content: its text; a tool call's input.
        metadata: of its rows.
        result: of a tool call, once it came.
        children: what its subagent said and did.
        started: when its first row came.
        ended: when its last row came.
        first: the sequence number of its first row, 0 for the prompt; None for what is no part of the log.
        last: of its last row.
    """

    look: Look
    content: str
    metadata: Mapping[str, Any]
    started: datetime | None = None
    ended: datetime | None = None
    first: int | None = None
    last: int | None = None
    result: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether it, or its result, is an error."""
        return self.metadata.get(IS_ERROR) is True or (self.result is not None and self.result.failed)

    @property
    def tool(self) -> str:
        """The tool's name."""
        return str(self.metadata.get(TOOL_NAME) or "tool")

    @property
    def seconds(self) -> float | None:
        """How long it took; of a tool call, from its input to its result."""
        told = (self.result or self).metadata.get(DURATION_MS)
        if isinstance(told, int | float) and not isinstance(told, bool):
            return told / 1000
        end = self.result.started if self.result else self.ended
        start = self.ended if self.result else self.started
        return None if start is None or end is None else max(0.0, (end - start).total_seconds())


def outline(blocks: Iterable[Mapping[str, Any]]) -> list[Node]:
    """The blocks of a transcript as a tree.

    Args:
        blocks: rows of `Store.transcript`, in order: type, role, part, content, metadata (mapping or JSON text),
            created_at, and ended_at or last_created_at.
    """
    top: list[Node] = []
    calls: dict[str, Node] = {}
    for block in blocks:
        node = _node(block)
        call_id = str(node.metadata.get(TOOL_CALL_ID) or "")
        call = calls.get(call_id)
        if node.look == "result" and call is not None and call.result is None:
            call.result = node
            continue
        # Looked up before the call is known, or one that names itself would be nowhere.
        parent = calls.get(str(node.metadata.get(PARENT) or ""))
        if node.look == "call" and call_id:
            calls[call_id] = node
        (top if parent is None else parent.children).append(node)
    return top


def tool_input(content: str) -> tuple[str, list[tuple[str, str]]]:
    """A tool's input for a reader: the one line that says what it does, and the other fields."""
    parsed = _json_object(content)
    if parsed is None:
        whole = content.strip()
        return _one_line(whole), [] if _fits(whole) else [("input", whole)]
    fields = [(name, _shown(value)) for name, value in parsed.items()]
    if not fields:
        return "", []
    telling = next((name for name in TELLING if isinstance(parsed.get(name), str)), fields[0][0])
    main = _shown(parsed[telling])
    return _one_line(main), [each for each in fields if each[0] != telling or not _fits(main)]


def _node(block: Mapping[str, Any]) -> Node:
    metadata = block.get("metadata") or {}
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    return Node(
        look=_look(block),
        content=str(block.get("content") or ""),
        metadata=metadata,
        started=block.get("created_at"),
        ended=block.get("ended_at") or block.get("last_created_at"),
        first=block.get("sequence_number"),
        last=block.get("last_sequence_number"),
    )


def _look(block: Mapping[str, Any]) -> Look:
    """The same choice as `lookOf` in `frontend/blocks.ts`."""
    kind, part = block.get("type"), block.get("part")
    match kind, part:
        case "error", _:
            return "error"
        case "response", _:
            return "summary"
        case _, "tool_call_response":
            return "result"
        case _, "tool_call":
            return "call"
        case "tool", _:
            return "result" if block.get("role") == "tool" else "call"
        case "system", _:
            return "note"
        case "user", _:
            return "user"
        case _:
            return "thought" if part == "reasoning" else "text"


def _json_object(content: str) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _fits(value: str) -> bool:
    return len(value) <= HEADLINE and "\n" not in value.rstrip()


def _one_line(value: str) -> str:
    line = " ".join(value[: HEADLINE * 2].split())
    return f"{line[:HEADLINE]}…" if len(line) > HEADLINE else line
