"""Transcripts for readers: Markdown, one HTML file that runs and fetches nothing, and CSV for spreadsheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.widget.static_copy import page_parts

if TYPE_CHECKING:
    from nbstream.frames import Store

Agents = Sequence[tuple[UUID, str, int]]
Told = Callable[[int], object]

CSV_COLUMNS: Final = (
    "agent_id", "sequence_number", "last_sequence_number", "block", "type", "role", "part", "content", "metadata",
    "created_at", "last_created_at",
)  # fmt: skip

FORMULA: Final = frozenset("=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20")
"""A cell's first character that a spreadsheet calculates by, or skips before; the last four are full-width = + - @."""

_OPENING: Final = (
    '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>nbstream</title>'
    '<meta name="viewport" content="width=device-width">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "</head><body>\n"
)


def csv_rows(store: Store, agents: Agents, told: Told, *, formulas: bool) -> Iterator[Sequence[Any]]:
    """The names, then a row for each block."""
    yield CSV_COLUMNS
    for agent_id, _, rows in agents:
        for block in store.transcript(agent_id, to="arrow").to_pylist():
            values = [_cell(block[name]) for name in CSV_COLUMNS]
            yield values if formulas else [neutral(value) for value in values]
        told(rows)


def neutral(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula: an apostrophe before one that it might."""
    if isinstance(value, str) and value.lstrip(" ")[:1] in FORMULA and value.strip(" "):
        return f"'{value}"
    return value


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def markdown_pieces(store: Store, agents: Agents, told: Told) -> Iterator[str]:
    """One document, a rule between two agents; a text over 20,000 characters is cut, and says so."""
    for number, (agent_id, _, rows) in enumerate(agents):
        yield "\n\n---\n\n" if number else ""
        yield "\n\n".join(_parts(store, agent_id, "text/markdown")) + "\n"
        told(rows)


def html_pieces(store: Store, agents: Agents, told: Told) -> Iterator[str]:
    """One page; its policy forbids scripts and every request, should anything be in it after all."""
    yield _OPENING
    for agent_id, _, rows in agents:
        yield "\n".join(_parts(store, agent_id, "text/html")) + "\n"
        told(rows)
    yield "</body></html>\n"


def _parts(store: Store, agent_id: UUID, kind: str) -> Iterator[str]:
    record, head = store.get_agent(agent_id), store.head(agent_id)
    blocks = store.transcript(agent_id, to="arrow").to_pylist()
    return page_parts(record, blocks, kind, head=head)
