"""`nbstream export`: one agent, out of its store.

JSON lines and Markdown go to standard output too; a file may be of every format that `nbstream.exchange` writes.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nbstream.commands.history import find_agent, open_store, rows_of
from nbstream.commands.markdown import markdown
from nbstream.commands.progress import working
from nbstream.errors import NbstreamError
from nbstream.exchange import export_history

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from uuid import UUID

    from nbstream.frames import Store


def export(options: argparse.Namespace) -> int:
    """Write an agent: its log, raw bytes included, or its transcript."""
    with open_store(options.store) as store:
        agent_id = find_agent(store, options.agent)
        if options.format not in {"jsonl", "markdown"}:
            _into_a_file(store, agent_id, options)
            return 0
        with _written(options.output) as file, working("exporting", store.head(agent_id), "messages") as progress:
            pieces = _lines(store, agent_id) if options.format == "jsonl" else _markdown(store, agent_id)
            for piece in progress.each(pieces):
                file.write(piece)
    return 0


def _into_a_file(store: Store, agent_id: UUID, options: argparse.Namespace) -> None:
    if options.output is None:
        raise NbstreamError(f"expected --output FILE: {options.format} is not written to standard output")
    with working("exporting", store.head(agent_id), "messages") as progress:

        def tell(done: int, _total: int | None) -> None:
            progress.done = done

        export_history(store, options.output, agent_id, format=options.format, progress=tell)


def _lines(store: Store, agent_id: UUID) -> Iterator[str]:
    for message in rows_of(store, agent_id, raw=True):
        yield json.dumps(message.to_json(raw=True)) + "\n"


def _markdown(store: Store, agent_id: UUID) -> Iterator[str]:
    yield from markdown(store.get_agent(agent_id), store.transcript(agent_id, to="arrow").to_pylist())


@contextlib.contextmanager
def _written(path: Path | None) -> Iterator[IO[str]]:
    """A file that is whole or not there: it gets its name when all is written. Standard output without a path."""
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
