"""How much of a transcript a copy holds: limits with their units, and the choice of what fits.

A notebook is opened, sent and compared as text, so a copy is bounded; whatever a limit leaves out is named in the copy,
and all of it is in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nbstream.widget.outline import Node
from nbstream.widget.words import plural

HTML_LIMIT: Final = 200_000
"""UTF-8 bytes of `text/html`, its style included."""

MARKDOWN_LIMIT: Final = 100_000
"""UTF-8 bytes of `text/markdown`."""

PLAIN_LIMIT: Final = 50_000
"""UTF-8 bytes of `text/plain`."""

TEXT_LIMIT: Final = 20_000
"""Characters of one text, thought, prompt or error. 20,000 of Markdown are parsed in about 0.15 s."""

OUTPUT_LIMIT: Final = 6_000
"""Characters of a tool's output, of one field of its input, or of one difference."""

LINE_LIMIT: Final = 200
"""Characters of a name in a line: the source, the model, a tool, a field."""

FIELD_LIMIT: Final = 40
"""Fields of one tool's input."""

DEPTH: Final = 6
"""Subagents inside of subagents; deeper ones are shown on the last level."""

REMARK_SIZE: Final = 400
"""Bytes kept for the line that says what was left out."""

Write = Callable[[Node, int, int], str]
"""One node within a number of bytes, at a depth; longer than that when it cannot be made to fit."""


def size(text: str) -> int:
    """Bytes of `text` in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def fitted(
    nodes: Sequence[Node], write: Write, remark: Callable[[int], str], *, room: int, separator: str, depth: int = 0
) -> list[str]:
    """The nodes that fit, from both ends; in place of those between them a line that counts them.

    The end gets up to a third, because it says how the run ended.

    Args:
        nodes: in order.
        write: makes one node's text.
        remark: the line in place of so many blocks.
        room: bytes for all of it.
        separator: what will stand between them.
        depth: of the nodes.
    """
    gap = size(separator)

    def until_full(some: Sequence[Node], room: int) -> tuple[list[str], int]:
        parts: list[str] = []
        for node in some:
            part = write(node, room - gap, depth)
            if size(part) + gap > room:
                break
            room -= size(part) + gap
            parts.append(part)
        return parts, room

    first, _ = until_full(nodes, room)
    if len(first) == len(nodes):
        return first
    room -= REMARK_SIZE
    last, left = until_full(nodes[::-1], room // 3)
    first, _ = until_full(nodes[: len(nodes) - len(last)], room - room // 3 + left)
    missing = nodes[len(first) : len(nodes) - len(last)]
    return [*first, *([remark(blocks_in(missing))] if missing else []), *reversed(last)]


def branch(node: Node, depth: int) -> Sequence[Node]:
    """What is shown under a node at a depth: its children, or on the last level all that is below it."""
    if depth < DEPTH - 1:
        return node.children
    return [replace(each, children=[]) for each in _below(node.children)]


def blocks_in(nodes: Sequence[Node]) -> int:
    """How many blocks of the transcript these are, with all that is under them."""
    return sum(1 if node.result is None else 2 for node in _below(nodes))


def shortened(text: str, limit: int) -> tuple[str, str]:
    """`text` up to `limit` characters, and a remark about the rest, or nothing."""
    left = len(text) - limit
    return (text[:limit], more(left)) if left > 0 else (text, "")


def more(characters: int) -> str:
    """What is said of characters that were left out."""
    return f"… {plural(characters, 'more character')} in the store"


def _below(nodes: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += reversed(node.children)
    return found
