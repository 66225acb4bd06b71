"""A place in a transcript: what a view opens at, and what a static copy shows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from nbstream.messages import KIND
from nbstream.widget.outline import Node
from nbstream.widget.static_limits import OUTPUT_LIMIT, TEXT_LIMIT, blocks_in
from nbstream.widget.words import plural

ROOM: Final = 30_000
"""Characters of what is shown around a place; the plain text of a copy holds 50,000 bytes."""

BEFORE: Final = 12
"""Blocks that are shown before a place, beside each other."""

AFTER: Final = 3
"""Blocks that are shown after it: a copy is opened at its end."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a view opens.

    Args:
        at: a sequence number; 0 for the prompt.
        words: what is highlighted there.
    """

    at: int
    words: tuple[str, ...] = ()

    def fields(self) -> dict[str, Any]:
        """As an output and a model name it."""
        return {"at": self.at, "words": list(self.words)}


def around(nodes: Sequence[Node], at: int) -> list[Node]:
    """The nodes near message `at` with a remark before its own; what is left out on both sides is counted.

    Args:
        nodes: of the whole transcript, in order.
        at: a sequence number; 0 for the prompt.
    """
    found = _nearest(nodes, at)
    if found is None:
        return list(nodes)
    away, link = found
    words = "the prompt" if at == 0 else f"message {at:,}"
    words = words if away < 1 else f"{words} is not in this transcript; the nearest block follows"
    mark = Node(look="note", content=words, metadata={KIND: "opened here"})
    shown = _near(link.siblings, link.index, [mark, link.siblings[link.index]])
    while link.parent is not None:
        link = link.parent
        shown = _near(link.siblings, link.index, [replace(link.siblings[link.index], children=shown)])
    return shown


@dataclass(frozen=True, slots=True)
class _Link:
    """A node by its place among its siblings."""

    siblings: Sequence[Node]
    index: int
    parent: _Link | None


def _nearest(nodes: Sequence[Node], at: int) -> tuple[float, _Link] | None:
    """The node that begins with the message, else the one around it that began last, else the nearest."""
    best: tuple[float, _Link] | None = None
    waiting = [_Link(nodes, index, None) for index in reversed(range(len(nodes)))]
    while waiting:
        link = waiting.pop()
        node = link.siblings[link.index]
        for one in (node, node.result):
            if one is not None and one.first is not None and (best is None or _distance(one, at) < best[0]):
                best = _distance(one, at), link
        waiting += (_Link(node.children, index, link) for index in reversed(range(len(node.children))))
    return best


def _distance(node: Node, at: int) -> float:
    """In messages; below 1 inside of the node, and 0 at its beginning. The same as in `frontend/outline.ts`."""
    first = node.first or 0
    last = max(first, node.last or 0)
    if at < first:
        return first - at
    return at - last if at > last else 1 - 1 / (1 + at - first)


def _near(siblings: Sequence[Node], index: int, middle: list[Node]) -> list[Node]:
    """`middle` between those siblings of one of them that there is room for."""
    room = ROOM
    start, end = index, index + 1
    while start > max(0, index - BEFORE) and (room := room - _weight(siblings[start - 1])) > 0:
        start -= 1
    while end < min(len(siblings), index + 1 + AFTER) and (room := room - _weight(siblings[end])) > 0:
        end += 1
    return [*_left_out(siblings[:start], "earlier"), *siblings[start:index], *middle, *siblings[index + 1 : end],
            *_left_out(siblings[end:], "later")]  # fmt: skip


def _left_out(nodes: Sequence[Node], kind: str) -> list[Node]:
    return (
        [Node(look="note", content=f"{plural(blocks_in(nodes), 'block')} in the store", metadata={KIND: kind})]
        if nodes
        else []
    )


def _weight(node: Node) -> int:
    """Characters that a node shows, about."""
    weight = 0
    waiting = [node]
    while waiting:
        one = waiting.pop()
        weight += 100 + min(len(one.content), TEXT_LIMIT)
        weight += min(len(one.result.content), OUTPUT_LIMIT) if one.result is not None else 0
        waiting += one.children
    return weight
