"""A transcript as Markdown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nbstream.commands.text import title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from nbstream.messages import AgentRecord


def markdown(record: AgentRecord, blocks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the document, a section a block.

    Args:
        record: the agent.
        blocks: rows of the transcript, in order.
    """
    yield f"# {record.source} · {record.status}\n\n"
    facts = {"agent": record.id, "model": record.model, "session": record.session_id, "started": record.started_at}
    yield "".join(f"- {name}: `{value}`\n" for name, value in facts.items() if value) + "\n"
    if record.prompt:
        yield f"{_quoted(record.prompt)}\n\n"
    for block in blocks:
        yield _section(block)


def _section(block: Mapping[str, Any]) -> str:
    part, content = block["part"], block["content"]
    if part is None:
        return f"*{' '.join(content.split())}*\n\n" if content.strip() else ""
    heading = f"**{title(part, block['role'], _metadata(block))}**\n\n"
    if part == "reasoning":
        return f"{heading}{_quoted(content)}\n\n"
    if part in {"tool_call", "tool_call_response"}:
        return f"{heading}{_fenced(content, 'json' if part == 'tool_call' else '')}\n\n"
    return f"{heading}{content}\n\n"


def _metadata(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """The block's metadata; a JSON column arrives as text."""
    value = block["metadata"]
    return json.loads(value) if isinstance(value, str) else value or {}


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks inside, so that the text cannot close it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
