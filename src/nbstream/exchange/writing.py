"""`export_history`: a store, or some of its agents, as one file that is whole or not there."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from nbstream.exchange.progress import Progress, shown
from nbstream.exchange.shape import COLUMNS, MESSAGE_LINES, agent_lines, pages
from nbstream.exchange.transcripts import csv_rows, html_pieces, markdown_pieces
from nbstream.store.filters import ids_of

if TYPE_CHECKING:
    from nbstream.frames import Store

Format = Literal["parquet", "jsonl", "markdown", "html", "csv"]
SUFFIXES: Final[dict[str, Format]] = {
    ".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl", ".md": "markdown", ".markdown": "markdown",
    ".html": "html", ".htm": "html", ".csv": "csv",
}  # fmt: skip

PAGE: Final = 50_000
"""Rows in memory at a time, and in one row group of Parquet."""

AGENTS_KEY: Final = b"nbstream.agents"
"""Where a Parquet file has its agents: a JSON array of the lines that a JSONL file would have."""

_COLUMNS: Final = "id::VARCHAR AS id, agent_id::VARCHAR AS agent_id, " + ", ".join(COLUMNS[2:])


def export_history(
    store: Store,
    path: str | Path,
    agent_id: Any = None,
    *,
    format: Format | None = None,  # noqa: A002 - what a reader would call it
    formulas: bool = False,
    progress: Progress = None,
) -> int:
    """Write agents to a file; it gets its name when all is written.

    Args:
        store: whose.
        path: the file; one that is there is replaced. Its suffix says the format.
        agent_id: an agent, its id, or several of either; None for all.
        format: `parquet`, `jsonl`, `markdown`, `html` or `csv`, where the suffix does not say.
        formulas: leave in a CSV what a spreadsheet takes for a formula; else an apostrophe makes it text.
        progress: called with how many messages are done, and how many there are; True for a bar on stderr.

    Returns:
        How many agents were written.

    Raises:
        AgentNotFound: one of the agents is not there.
        ValueError: neither format nor suffix is one of these.
        FileNotFoundError: the folder is missing.
    """
    path = Path(path).expanduser()
    chosen = format or SUFFIXES.get(path.suffix.lower())
    if chosen is None or chosen not in get_args(Format):
        known = ", ".join(SUFFIXES)
        raise ValueError(f"expected a file that ends in one of {known}, or format=…; got {path.name!r}, {format!r}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"the folder {path.parent} does not exist: make it, or choose another path")
    ids = ids_of(agent_id)
    agents = agent_lines(store, None if ids is None else [UUID(one) for one in ids])
    told = shown(progress, sum(rows for _, _, rows in agents), "exporting")
    with _written(path) as part, contextlib.closing(told):
        if chosen == "parquet":
            _parquet(store, part, agents, told)
        elif chosen == "csv":
            with part.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(csv_rows(store, agents, told, formulas=formulas))
        else:
            makers: dict[str, Callable[..., Iterable[str]]] = {
                "jsonl": jsonl_lines,
                "markdown": markdown_pieces,
                "html": html_pieces,
            }
            with part.open("w", encoding="utf-8", newline="") as file:
                file.writelines(makers[chosen](store, agents, told))
    return len(agents)


def log_hash(store: Store, agent_id: Any = None) -> str:
    """SHA-256 over the JSON lines of the log: equal for equal logs, whatever carried them here."""
    ids = ids_of(agent_id)
    digest = hashlib.sha256()
    for line in jsonl_lines(store, agent_lines(store, None if ids is None else [UUID(one) for one in ids])):
        digest.update(line.encode())
    return digest.hexdigest()


def jsonl_lines(
    store: Store, agents: Sequence[tuple[UUID, str, int]], told: Callable[[int], object] = lambda _: None
) -> Iterator[str]:
    """The lines of a JSONL export, each with its end."""
    for agent_id, line, _ in agents:
        yield f"{line}\n"
        for page in pages(store, agent_id, MESSAGE_LINES, PAGE):
            lines = page.column("line").to_pylist()
            yield "\n".join([*lines, ""])
            told(len(lines))


def _parquet(store: Store, path: Path, agents: Sequence[tuple[UUID, str, int]], told: Callable[[int], object]) -> None:
    lines = json.dumps([line for _, line, _ in agents])
    kinds = {"sequence_number": pa.int64(), "created_at": pa.timestamp("us", tz="UTC")}
    fields = [pa.field(name, kinds.get(name, pa.string())) for name in COLUMNS]
    schema = pa.schema(fields, metadata={AGENTS_KEY: lines.encode()})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting: list[pa.Table] = []
        for agent_id, _, _ in agents:
            for page in pages(store, agent_id, _COLUMNS, PAGE):
                waiting.append(pa.table([page.column(field.name).cast(field.type) for field in fields], schema=schema))
                told(page.num_rows)
                if sum(table.num_rows for table in waiting) >= PAGE:
                    writer.write_table(pa.concat_tables(waiting))
                    waiting.clear()
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


@contextlib.contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A name beside the file's own, which it gets when the block has ended well."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
