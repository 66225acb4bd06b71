"""What the HTML, the Markdown and the plain text of a copy say in the same words."""

from __future__ import annotations

import re
from typing import Final

from nbstream.messages import KIND, TERMINAL, AgentRecord
from nbstream.widget.outline import Node
from nbstream.widget.static_limits import LINE_LIMIT, blocks_in
from nbstream.widget.words import duration, ending, plural, printable, took

EN_DASH: Final = "\N{EN DASH}"

_FIGURES_IN_WORDS: Final = re.compile(r"(?:Completed|Stopped|Done)\b[^\n]{0,200}")
"""A summary's content that says no more than its figures do."""


def in_line(text: str) -> str:
    """`text` on one line, at most `LINE_LIMIT` characters."""
    line = " ".join(printable(text[: LINE_LIMIT * 2]).split())
    return f"{line[:LINE_LIMIT]}…" if len(line) > LINE_LIMIT else line


def thought_label(node: Node) -> str:
    """What a folded thought is called."""
    return f"Thought for {duration(node.seconds)}" if node.seconds and node.seconds >= 0.1 else "Thought"


def lane_label(node: Node) -> str:
    """What a subagent's lane is called."""
    tools = sum(child.look == "call" for child in node.children)
    return f"subagent · {plural(tools, 'tool')}" if tools else f"subagent · {plural(blocks_in(node.children), 'block')}"


def outcome_mark(node: Node) -> str:
    """How a tool call ended, as one character."""
    if node.failed:
        return "✗"
    return EN_DASH if node.look == "call" and node.result is None else "✓"


def shown_output(node: Node) -> str:
    """What a tool gave."""
    result = node.result if node.look == "call" else node
    return result.content.rstrip() if result else ""


def answer_of(node: Node) -> str:
    """What the end of a run says beside its figures."""
    words = node.content.strip()
    return "" if not node.failed and _FIGURES_IN_WORDS.fullmatch(words) else words


def title(record: AgentRecord) -> list[str]:
    """Who ran, on which model, how it ended and how long it took; each part may be empty."""
    return [in_line(record.source), in_line(record.model or ""), ending(record.status), took(record)]


def foot(record: AgentRecord, head: int, nodes: list[Node], duplicates: int | None) -> str:
    """The line under a copy: what it is a copy of, and how to see it live."""
    holes = sum(node.metadata.get(KIND) == "gap" for node in nodes)
    parts = [f"seq 1{EN_DASH}{head:,}" if head else "no rows yet"]
    parts += [plural(holes, "hole")] if nodes else []
    parts += [] if duplicates is None else [f"{plural(duplicates, 'duplicate')} refused"]
    parts.append(str(record.id))
    if record.status not in TERMINAL:
        parts.append(f'{ending(record.status)} when this was written; live: nbs.attach("{record.id}")')
    return " · ".join(parts)
