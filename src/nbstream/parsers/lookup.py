"""Parsers by the name of their wire format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nbstream.errors import UnknownSource
from nbstream.parsers.sniff import FORMATS, AutoParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbstream.parsers._protocol import MessageParser

PARSERS: Final[dict[str, Callable[[], MessageParser]]] = {**FORMATS, "auto": AutoParser}
"""Wire formats by name, and `auto`, which finds out: what `AgentRecord.type` holds."""


def parser_named(name: str) -> MessageParser:
    """A fresh parser for one stream of the named format.

    Raises:
        UnknownSource: no parser has that name.
    """
    try:
        return PARSERS[name]()
    except KeyError:
        known = ", ".join(sorted(PARSERS))
        raise UnknownSource(
            f"expected the name of a wire format ({known}), got {name!r}: choose one of these"
        ) from None
