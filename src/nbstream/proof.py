"""The store against what the programs really printed: each run's rows and the proxy's log of it, line for line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from nbstream.messages import KIND, TERMINAL, AgentRecord
from nbstream.parsers.raw import events_in
from nbstream.proxy.folders import find_log
from nbstream.secrets import LABEL
from nbstream.store import MessageStore


def against_logs(store: MessageStore) -> tuple[int, list[str]]:
    """Compares every agent whose log is still on this machine. O(n) over the logs, one line at a time in memory.

    Returns:
        how many were compared, and one sentence for each that differs.
    """
    compared, wrong = 0, []
    for record in store.list_agents():
        log = _log_of(record)
        if log is not None:
            compared += 1
            wrong += _differences(store, record, log)
    return compared, wrong


def _log_of(record: AgentRecord) -> Path | None:
    """The log of the run that these rows came from; one that was made anew has another epoch and proves nothing."""
    options = record.metadata.get("source", {}).get("options", {})
    directory, cursor = options.get("directory"), record.last_event_id
    if not directory or not cursor or "redacted" in record.metadata:  # a person took out what the log still has
        return None
    found = find_log(record.id, Path(directory))
    return found.path if found is not None and found.epoch == cursor.rpartition(".")[0] else None


def _differences(store: MessageStore, record: AgentRecord, log: Path) -> list[str]:
    written = _log_lines(log, _missing(store, record))
    kept = (line for raw in store.raw(record.id) for event in events_in(raw) for line in event.data.split("\n"))
    masked = record.metadata.get("mask_secrets") is not False
    for number, (line, (place, original)) in enumerate(zip_longest(kept, written, fillvalue=(0, None)), 1):
        if line == (0, None):
            ended = record.status in TERMINAL and record.status != "interrupted"
            return [f"{record.id}: line {place} of {log} is not in the store"] if ended else []
        if original is None:
            return [f"{record.id}: the store has {number} lines or more, its log {log} has {number - 1}"]
        if line != original and not (masked and isinstance(line, str) and _is_masked(line, original)):
            return [f"{record.id}: line {place} of {log} is not what the store has"]
    return []


def _is_masked(line: str, original: str) -> bool:
    """Whether a stored line is its original with secrets taken out: it adds nothing but what says so."""
    if "[masked " not in line and len(line) >= len(original):
        return False
    rest = iter(original)
    return all(letter in rest for letter in LABEL.sub("", line))


def _missing(store: MessageStore, record: AgentRecord) -> set[int]:
    """The lines that gap rows say are not in the store."""
    sql = """
        SELECT metadata FROM agent_messages
        WHERE agent_id = $agent AND op = 'note' AND (metadata ->> $key) = 'gap'
    """
    rows = store.query(sql, {"agent": str(record.id), "key": f'$."{KIND}"'}).to_pylist()
    gaps: list[Mapping[str, Any]] = [json.loads(row["metadata"]) for row in rows]
    return {line for gap in gaps for line in range(gap["from"], gap["to"] + 1)}


def _log_lines(log: Path, missing: set[int]) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, as the wire carries them: invalid UTF-8 replaced, a CR as a line end."""
    with log.open("rb") as file:
        for number, line in enumerate(file, 1):
            if number in missing:
                continue
            text = line.removesuffix(b"\n").decode("utf-8", "replace")
            for piece in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
                yield number, piece
