"""Follows a growing log: numbered whole lines out of a file, in blocks of 64 KiB.

A half line is held back until its end comes, or until it is known that nothing more will. No `readline`: a line of any
length costs O(n) time, and memory up to the limit only; what is longer is skipped and comes out as `Oversize`, so that
its number is accounted for and the bytes can be found in the log.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 65536  # bytes a read: what one send carries, and below it the calls begin to cost
HEAD = 65536  # bytes of an oversize line that are passed on


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines without their LF.

    Args:
        first: the number of the first, counted from 1.
        lines: at least one.
    """

    first: int
    lines: list[bytes]


@dataclass(frozen=True, slots=True)
class Oversize:
    """A line over the limit.

    Args:
        line: its number.
        size: its bytes without the LF.
        offset: where in the log it begins.
        head: its first bytes, 64 KiB at most.
    """

    line: int
    size: int
    offset: int
    head: bytes


class LineTail:
    """Reads one log from a line boundary on.

    Args:
        path: the log.
        offset: the byte at which line `line + 1` begins.
        line: how many lines are before it.
        max_line_bytes: longest line that is held in memory.
    """

    def __init__(self, path: Path, *, offset: int = 0, line: int = 0, max_line_bytes: int = 16 * 2**20) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._next_read = offset
        self._line_start = offset
        self.line = line
        self._limit = max_line_bytes
        self._held: list[bytes] = []  # the half line so far; only its head once it is over the limit
        self._held_size = 0

    def close(self) -> None:
        """Closes the log; twice is no error."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, *, final: bool = False) -> list[Lines | Oversize] | None:
        """What one block of the log completes.

        Args:
            final: nothing will be written any more: a half line at the end counts as a line.

        Returns:
            Lines in order, [] when the block completed none; None at the end of the log.
        """
        block = os.pread(self._file, BLOCK, self._next_read)
        if not block:
            return [self._finish()] if final and self._held_size else None
        self._next_read += len(block)
        *lines, rest = block.split(b"\n")
        made: list[Lines | Oversize] = []
        if lines and self._held_size:
            self._hold(lines.pop(0))
            made.append(self._finish())
        if lines and max(map(len, lines)) > self._limit:  # only where the limit is below BLOCK
            for line in lines:
                self._hold(line)
                made.append(self._finish())
        elif lines:
            made.append(Lines(self.line + 1, lines))
            self.line += len(lines)
            self._line_start = self._next_read - len(rest)
        self._hold(rest)
        return made

    def _hold(self, part: bytes) -> None:
        """Adds to the half line; over the limit only its head stays in memory."""
        within = self._held_size <= self._limit
        self._held_size += len(part)
        if within and part:
            self._held.append(part)
            if self._held_size > self._limit:
                self._held = [b"".join(self._held)[:HEAD]]

    def _finish(self) -> Lines | Oversize:
        """Makes the half line a whole one."""
        data, size, start = b"".join(self._held), self._held_size, self._line_start
        self.line += 1
        self._line_start += size + 1
        self._held, self._held_size = [], 0
        if size > self._limit:
            return Oversize(self.line, size, start, data)
        return Lines(self.line, [data])
