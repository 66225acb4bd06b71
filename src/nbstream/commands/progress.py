"""How far long work is, on a terminal and nowhere else: one line of stderr, gone when the work is done."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

T = TypeVar("T")
PATIENCE: Final = 0.4  # seconds of work of which nobody needs to be told
PACE: Final = 0.2  # seconds between two looks
WIDTH: Final = 24  # characters of a bar


class Progress:
    """What is known of the work; whoever does it counts.

    Args:
        doing: what is done, in a word or two.
        total: how many of `noun` there are; None where that is not known.
        noun: what is counted; None where nothing is.
    """

    def __init__(self, doing: str, total: int | None = None, noun: str | None = None) -> None:
        self.doing = doing
        self.total = total
        self.noun = noun
        self.done = 0

    def line(self, seconds: float) -> str:
        """The line after so many seconds."""
        parts = [self.doing]
        if self.total:
            share = min(1.0, self.done / self.total)
            parts.append(f"[{'#' * int(share * WIDTH):<{WIDTH}}] {share:4.0%}")
        if self.noun:
            parts.append(f"{self.done:,}" + (f" of {self.total:,}" if self.total else "") + f" {self.noun}")
        return " ".join([*parts, f"{seconds:.0f} s"])

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items as they come, counted."""
        for item in items:
            yield item
            self.done += 1


@contextlib.contextmanager
def working(doing: str, total: int | None = None, noun: str | None = None) -> Iterator[Progress]:
    """Tells how far it is while the block runs, where stderr is a terminal."""
    progress = Progress(doing, total, noun)
    if not sys.stderr.isatty():
        yield progress
        return
    over = threading.Event()
    teller = threading.Thread(target=_tell, args=(progress, over), name="nbstream-progress", daemon=True)
    teller.start()
    try:
        yield progress
    finally:
        over.set()
        teller.join()


def _tell(progress: Progress, over: threading.Event) -> None:
    begun, wait, told = time.monotonic(), PATIENCE, False
    while not over.wait(wait):
        wait, told = PACE, True
        # Carriage return, the line, then "erase to the end of the line".
        sys.stderr.write(f"\r{progress.line(time.monotonic() - begun)}\x1b[K")
        sys.stderr.flush()
    if told:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
