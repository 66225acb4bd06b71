"""What a parser remembers of a stream without end: the latest so many, by key."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(dict[K, V]):
    """A dict that forgets the entry that was made first when it has as many as it may have.

    An entry keeps its place when its value changes. Only `recent[key] = value` may add one.

    Args:
        limit: entries, at least 1.
    """

    __slots__ = ("_limit",)

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self._limit and key not in self:
            del self[next(iter(self))]
        super().__setitem__(key, value)
