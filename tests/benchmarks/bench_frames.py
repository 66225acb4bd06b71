"""How quick the history is as data: `python tests/benchmarks/bench_frames.py --rows 1000000`.

Makes a store of that many rows (agents that answer, think and call tools, word by word), then times each question as
the median of several runs. `messages()` cold is a process of its own, with its peak of memory; so is the first search.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from nbstream.frames import Store
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import message_id, new_id, search

START = datetime(2026, 1, 2, tzinfo=UTC)
ROWS_PER_AGENT = 10_000
ROWS_PER_BLOCK = 100
WORDS = [f"{one}{two}{three}" for one in "bdfklmnprst" for two in ("a", "e", "io", "u") for three in ("n", "lor", "st")]
RARE = "quartzite"
"""A word of few blocks, and over the border of two deltas."""


def rows_of(agent_id: UUID, count: int, seed: int) -> Iterator[AgentMessage]:
    """The log of one agent: blocks of text, reasoning and tool calls, a delta of three words a row."""
    chosen = random.Random(seed)
    for n in range(count):
        block, place = divmod(n, ROWS_PER_BLOCK)
        part = ("text", "reasoning", "tool_call")[block % 3]
        words = " ".join(chosen.choices(WORDS, k=3)) + " "
        if block % 50 == 7 and place in (40, 41):
            words = RARE[:5] if place == 40 else RARE[5:] + " "
        yield AgentMessage(
            id=message_id(agent_id, f"1.{n + 1}", 0),
            event_id=f"1.{n + 1}",
            type="tool" if part == "tool_call" else "assistant",
            role="assistant",
            part=part,
            op="append",
            block=f"/msg_{block}/0",
            content=words,
            raw=json.dumps({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}}),
            created_at=START + timedelta(hours=seed, milliseconds=20 * n),
        )


def build(path: Path, rows: int) -> float:
    """Make the store; returns rows per second."""
    began = time.perf_counter()
    with Store.open(path) as store:
        for number in range(max(1, rows // ROWS_PER_AGENT)):
            record = AgentRecord(
                id=new_id(), type="claude", status="running", source="replay", prompt=f"Question {number}"
            )
            agent_id = store.create_agent(record).id
            log = list(rows_of(agent_id, min(rows, ROWS_PER_AGENT), number))
            for first in range(0, len(log), 5_000):
                saved = store.save(agent_id, log[first : first + 5_000])
            saved.result()
            store.update_agent(agent_id, status="completed").result()
    return rows / (time.perf_counter() - began)


COLD = """
import json, resource, sys, time
from nbstream.frames import Store
with Store.open(sys.argv[1]) as store:
    began = time.perf_counter()
    frame = {call}
    seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([seconds, len(frame), peak]))
"""


def cold(path: Path, call: str, runs: int) -> tuple[float, int, float]:
    """Median seconds, rows, and the highest peak of memory in bytes, each in a process of its own."""
    found = []
    for _ in range(runs):
        argv = [sys.executable, "-c", COLD.replace("{call}", call), str(path)]
        found.append(json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout))
    return statistics.median(one[0] for one in found), found[0][1], max(one[2] for one in found)


def warm(call: Callable[[], Any], runs: int) -> tuple[float, int]:
    """Median seconds, and rows."""
    seconds, frame = [], None
    for _ in range(runs + 1):
        began = time.perf_counter()
        frame = call()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:]), len(frame)


def indexed(path: Path) -> float:
    """Bring the search's tables up to date, as the writer does when nothing waits; seconds."""
    began = time.perf_counter()
    with duckdb.connect(str(path)) as connection:
        while search.advance(connection):
            pass
        connection.execute("CHECKPOINT")
    return time.perf_counter() - began


def questions(store: Store) -> dict[str, Callable[[], Any]]:
    """What is timed on an open store."""
    agent = store.list_agents()[-1].id
    head = store.head(agent)
    return {
        "messages(agent, since) of 100 rows": lambda: store.messages(agent, since=head - 100),
        "transcript(agent)": lambda: store.transcript(agent),
        "transcript()": store.transcript,
        f"search({RARE!r}), of few blocks": lambda: store.search(RARE),
        f"search({WORDS[0]!r}), of most blocks": lambda: store.search(WORDS[0]),
        "search of two words": lambda: store.search(f"{WORDS[0]} {WORDS[1]}"),
        "search of nothing there": lambda: store.search("nowhere"),
    }


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--store", type=Path, help="one that this script made before")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = given.store or Path(scratch) / "history.duckdb"
        if not path.exists():
            print(f"{given.rows:,} rows written at {build(path, given.rows):,.0f} a second")
            before = path.stat().st_size
            print(f"{before / given.rows:.0f} bytes a row; the search's tables took {indexed(path):.1f} s")
            print(
                f"and {(path.stat().st_size - before) / given.rows:.0f} bytes a row more; load {os.getloadavg()[0]:.1f}"
            )
        for call in ("store.messages()", f"store.search({RARE!r})"):
            seconds, rows, peak = cold(path, call, min(3, given.runs))
            print(f"{call + ', cold':44} {1000 * seconds:9,.1f} ms {rows:11,} rows, peak {peak / 1e6:,.0f} MB")
        with Store.open(path) as store:
            for name, call in questions(store).items():
                seconds, rows = warm(call, given.runs)
                print(f"{name:44} {1000 * seconds:9,.1f} ms {rows:11,} rows")


if __name__ == "__main__":
    main()
