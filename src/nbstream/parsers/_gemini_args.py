"""Arguments of a function call that arrive in pieces, each with the JSON path of the value it is part of."""

from __future__ import annotations

import re
from typing import Any, Final

from nbstream.parsers._base import UnknownContent
from nbstream.parsers._values import text

_STEP: Final = re.compile(r"""\.?([^.\[\]'"]+)|\[(\d{1,9})\]|\[['"]([^'"]*)['"]\]""")
_DEEPEST: Final = 64
"""Steps of a path: far more than any schema has, far less than Python's stack."""
_VALUES: Final = ("numberValue", "boolValue", "nullValue")


class StreamedArguments:
    """The arguments so far: strings in pieces, so that every piece costs the same. O(n) in all."""

    def __init__(self) -> None:
        self._root: dict[str | int, Any] = {}

    def add(self, piece: dict[str, Any]) -> None:
        """Takes one of `partialArgs`.

        Raises:
            UnknownContent: its path is not one that names a value inside the arguments.
        """
        steps = _steps(text(piece.get("jsonPath")))
        place: Any = self._root
        for step in steps[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise UnknownContent
        last = steps[-1]
        if "stringValue" in piece:
            pieces = place.setdefault(last, [])
            if not isinstance(pieces, list):
                raise UnknownContent
            pieces.append(text(piece["stringValue"]))
            return
        for name in _VALUES:
            if name in piece:
                place[last] = (None if name == "nullValue" else piece[name],)

    def value(self) -> Any:
        """The arguments as one JSON value."""
        return _joined(self._root)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    end = 1 if path.startswith("$") else 0
    while end < len(path) and len(steps) < _DEEPEST:
        match = _STEP.match(path, end)
        if match is None:
            break
        name, place, quoted = match.groups()
        steps.append(int(place) if place is not None else name if name is not None else quoted)
        end = match.end()
    if not steps or end < len(path):
        raise UnknownContent
    return steps


def _joined(node: Any) -> Any:
    """A list is the pieces of a string, a tuple any other value, a mapping an object or, by number, an array."""
    if isinstance(node, list):
        return "".join(node)
    if isinstance(node, tuple):
        return node[0]
    if node and all(isinstance(key, int) for key in node):
        return [_joined(node[key]) for key in sorted(node)]
    return {str(key): _joined(value) for key, value in node.items()}
