"""Parsers by the name of their wire format: ours, and those of the entry-point group `nbstream.parsers`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

from nbstream.errors import UnknownSource
from nbstream.parsers.sniff import FORMATS, AutoParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.parsers._protocol import MessageParser

PARSERS: Final[dict[str, Callable[[], MessageParser]]] = {**FORMATS, "auto": AutoParser}
"""Wire formats by name, and `auto`, which finds out: what `AgentRecord.type` holds."""
ENTRY_POINTS: Final = "nbstream.parsers"
"""Where a package offers a parser of its own; it cannot take one of our names."""


def parser_named(name: str) -> MessageParser:
    """A fresh parser for one stream of the named format.

    Raises:
        UnknownSource: no parser has that name.
    """
    made = PARSERS.get(name)
    if made is not None:
        return made()
    others = entry_points(group=ENTRY_POINTS)
    if name in others.names:
        parser: MessageParser = others[name].load()()
        return parser
    known = ", ".join(sorted({*PARSERS, *others.names}))
    raise UnknownSource(f"expected the name of a wire format ({known}), got {name!r}: choose one of these")
