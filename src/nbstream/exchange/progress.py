"""How far long work is: told to a function of the caller's, or drawn by tqdm where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from nbstream.errors import MissingExtra

Progress = bool | Callable[[int, int | None], object] | None
"""A function of how many messages are done and how many there are (None: not known), True for a bar, or nothing."""


class Told(Protocol):
    """What the work tells."""

    def __call__(self, more: int) -> object:
        """So many messages more are done."""

    def close(self) -> None:
        """The work has ended."""


def _nothing(done: int, total: int | None) -> None:
    pass


class _Counted:
    def __init__(self, tell: Callable[[int, int | None], object], total: int | None) -> None:
        self._tell = tell
        self._total = total
        self._done = 0

    def __call__(self, more: int) -> None:
        self._done += more
        self._tell(self._done, self._total)

    def close(self) -> None:
        """Nothing is open."""


def shown(progress: Progress, total: int | None, doing: str) -> Told:
    """What to tell the work to.

    Raises:
        MissingExtra: a bar is asked for and tqdm is not installed.
    """
    if progress is not True:
        return _Counted(progress or _nothing, total)
    try:
        from tqdm import tqdm
    except ImportError as error:
        raise MissingExtra("a progress bar", "local") from error

    bar = tqdm(total=total, desc=doing, unit=" messages")

    class Bar:
        def __call__(self, more: int) -> None:
            bar.update(more)

        def close(self) -> None:
            bar.close()

    return Bar()
