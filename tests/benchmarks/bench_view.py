"""What the view costs the page: opening a long history, and a stream under it.

    python tests/benchmarks/bench_view.py [--runs N] [--seconds S] [--quick] [--json FILE]

10,000 messages in one delivery, to the frame after the last of them is taken, with the elements that are then in the page;
and 300 tokens a second under that transcript, in batches every 33 ms: the frames of the page meanwhile.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser

from benchmarks.chromium import LONG_MS, Task, browser, say, traced
from benchmarks.figures import OURS, Figure, figure, hand_in, options
from nbstream.messages import AgentMessage
from nbstream.wire import batch_json
from widget.page_kit import ViewPage
from widget.rows import AGENT, Log, record
from widget.test_page_long import NODES, long_run

MESSAGES = 10_000
TOKENS = 300
"""A second, a tenth of it in each batch of 33 ms."""

OPEN = """([batch]) => new Promise(done => {
  const start = performance.now(), root = nbstream.root;
  const look = () => root.dataset.head === String(batch.head) ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  nbstream.deliver(batch); look(); })"""

STREAM = """async (batches) => {
  const frames = []; let last = performance.now(), at = 0; const start = last;
  while (at < batches.length) {
    await new Promise(requestAnimationFrame); const now = performance.now(); frames.push(now - last); last = now;
    const due = Math.min(batches.length, Math.floor((now - start) / 1000 * 30));
    while (at < due) nbstream.deliver(batches[at++]);
  }
  return { seconds: (last - start) / 1000, frames } }"""


def fresh(browser: Browser) -> ViewPage:
    view = ViewPage(browser)
    view.render()
    view.status(record(), head=0)
    return view


def opening(browser: Browser, runs: int) -> Iterator[Figure]:
    """One delivery of all messages, each time in a page of its own."""
    rows = long_run(MESSAGES)
    text = json.dumps(batch_json(AGENT, rows, head=len(rows)))
    took: list[float] = []
    nodes: list[float] = []
    worst: list[float] = []
    for number in range(1, runs + 1):
        say(f"{MESSAGES:,} messages: {number} of {runs}")
        view = fresh(browser)
        handle = view.page.evaluate_handle("text => [JSON.parse(text)]", text)
        done, tasks = traced(browser, view.page, lambda view=view, handle=handle: view.page.evaluate(OPEN, handle))
        took.append(done)
        worst.append(max(task.own for task in tasks))
        nodes.append(view.page.evaluate(NODES))
        view.close()
    case = f"{MESSAGES:,} messages"
    yield figure("view", f"{case}: open", OURS, "ms", took)
    yield figure("view", f"{case}: elements in the page", OURS, "elements", nodes)
    note = "all messages are narrowed in it at once; a server sends them in pages"
    yield figure("view", f"{case}: worst task", OURS, "ms", worst, note)


def streaming(browser: Browser, seconds: float) -> Iterator[Figure]:
    """Tokens under a transcript that is open."""
    case = f"{TOKENS} tokens/s under {MESSAGES:,} messages"
    say(f"{case}: {seconds:g} s")
    rows = long_run(MESSAGES)
    view = fresh(browser)
    view.rows(rows)
    view.wait_head(len(rows))
    log = Log()
    log.rows = list(rows)
    log.now = rows[-1].created_at or log.now
    for number in range(round(TOKENS * seconds)):
        log.add("token " if number % 60 else "\n\n", block="stream", after=1 / TOKENS)
    batches = [
        batch_json(AGENT, part, head=part[-1].sequence_number or 0) for part in chunks(log.rows[len(rows) :], 10)
    ]
    handle = view.page.evaluate_handle("text => JSON.parse(text)", json.dumps(batches))
    seen: dict[str, Any]
    tasks: list[Task]
    seen, tasks = traced(browser, view.page, lambda: view.page.evaluate(STREAM, handle))
    view.close()
    frames = sorted(seen["frames"])
    yield figure("view", f"{case}: frames", OURS, "frames/s", [len(frames) / seen["seconds"]])
    yield figure("view", f"{case}: frame, p50", OURS, "ms", [statistics.median(frames)])
    yield figure("view", f"{case}: frame, p99", OURS, "ms", [frames[int(len(frames) * 0.99)]])
    yield figure("view", f"{case}: worst frame", OURS, "ms", [frames[-1]])
    yield figure("view", f"{case}: frames over {LONG_MS} ms", OURS, "frames", [sum(f > LONG_MS for f in frames)])
    busy = sum(task.own for task in tasks) / seen["seconds"]
    yield figure("view", f"{case}: main thread, a second", OURS, "ms", [busy], "with the frames of an idle page in it")


def chunks(rows: Sequence[AgentMessage], size: int) -> list[Sequence[AgentMessage]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--runs", type=int, default=5, help="openings (5)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of the stream (20)")
    given = parser.parse_args()
    with browser() as chromium:
        figures = list(opening(chromium, 2 if given.quick else given.runs))
        figures += streaming(chromium, min(given.seconds, 4.0) if given.quick else given.seconds)
    hand_in(figures, given.json)


if __name__ == "__main__":
    main()
