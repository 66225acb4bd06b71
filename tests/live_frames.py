"""Takes frames of a store while agents write, and proves of each that no row of it is torn, missing or there twice.

    python tests/live_frames.py STORE FRAMES

As a program it joins the store that another process owns.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

from fold import fold
from nbstream.frames import Store

EVERY = 0.05
"""Seconds between two frames."""

Log = dict[str, list[tuple[Any, ...]]]


def observe(store: Store, frames: int) -> list[int]:
    """Take so many frames, one every 50 ms; how many rows each had."""
    sizes: list[int] = []
    before: Log = {}
    pause, due = threading.Event(), time.monotonic()
    while len(sizes) < frames:
        blocks = store.transcript(to="arrow").to_pylist()
        rows = store.messages(to="arrow").to_pylist()
        now = _checked(rows)
        for agent, log in before.items():
            assert now[agent][: len(log)] == log, f"the log of {agent} is not what it was"
        _compare(blocks, rows)
        before = now
        sizes.append(len(rows))
        due = max(due + EVERY, time.monotonic())
        pause.wait(due - time.monotonic())
    return sizes


def _checked(rows: list[dict[str, Any]]) -> Log:
    """The log by agent: numbers from 1 without a hole, no id twice, each row whole."""
    logs: Log = {}
    for row in rows:
        log = logs.setdefault(row["agent_id"], [])
        log.append(tuple(row.values()))
        assert row["sequence_number"] == len(log), f"{row['agent_id']}: {row['sequence_number']} in place {len(log)}"
        assert row["content"] == f"{row['event_id']} ", "a torn row"
    assert len({row["id"] for row in rows}) == len(rows), "a row is there twice"
    return logs


def _compare(blocks: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    """The transcript is the fold of what the log held at that moment, which is up to its last row."""
    heads: dict[str, int] = {}
    shown: dict[str, list[tuple[Any, ...]]] = {}
    for block in blocks:
        heads[block["agent_id"]] = max(heads.get(block["agent_id"], 0), block["last_sequence_number"])
        entry = (block["sequence_number"], block["last_sequence_number"], block["block"], block["content"])
        shown.setdefault(block["agent_id"], []).append(entry)
    for agent, head in heads.items():
        log = [
            row | {"metadata": json.loads(row["metadata"])}
            for row in rows
            if row["agent_id"] == agent and row["sequence_number"] <= head
        ]
        names = ("sequence_number", "last_sequence_number", "block", "content")
        assert shown[agent] == [tuple(entry[name] for name in names) for entry in fold(log)]


if __name__ == "__main__":
    with Store.open(Path(sys.argv[1])) as joined:
        print("ready", flush=True)
        print(joined.role, *observe(joined, int(sys.argv[2])))
