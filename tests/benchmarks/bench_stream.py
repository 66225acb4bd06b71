"""What a streamed answer costs the page's main thread, the whole view around it, and how that grows with its length.

    python tests/benchmarks/bench_stream.py [--sizes 10,30,60,120,240,480] [--paces 100/s,300/s,frame,full] [--runs N]

Deltas of 20 characters, each a row: in batches every 33 ms as they are sent, at 100 and at 300 a second; one in each animation
frame; and each in a task of its own, as fast as the page takes them, which alone is measured for every size. The time is the
thread's own (`TaskDuration` of the browser's metrics: outermost tasks only), less what the same view spends in as long a time
and as many frames with nothing to do; beside it the shares of script, style and layout. The worst task is from the browser's
trace. The floor adds the same characters at the same pace to text nodes in a box that shows its end. `prose` is paragraphs
alone: an answer of more than 20,000 elements, about 100 kB, goes on as plain text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.chromium import METRICS, answer, browser, metrics, prose, say, traced
from benchmarks.figures import FLOOR, OURS, Figure, figure, hand_in, options
from nbstream.wire import batch_json
from widget.page_kit import ViewPage
from widget.rows import AGENT, Log, record

DELTA = 20
TEXT = f"{FLOOR}text nodes"
MOST_DELTAS = 3000
"""Of a pace that takes as long as it takes: 60 kB, 50 s of frames."""

WAITS = {
    "timer": "new Promise((done) => setTimeout(done, 33))",
    "frame": "new Promise(requestAnimationFrame)",
    "task": "new Promise((done) => { channel.port1.onmessage = done; channel.port2.postMessage(0) })",
}
PACES = {"100/s": (3, "timer"), "300/s": (10, "timer"), "frame": (1, "frame"), "full": (1, "task")}
"""Rows in a delivery, and what is waited for after it. 33 ms are 30.3 deliveries a second."""
TITLES = {"frame": "a delta a frame", "full": "full speed"}
STREAM = """async ([batches, end]) => {
  const channel = new MessageChannel(), start = performance.now();
  for (const each of batches) { nbstream.deliver(each); await WAIT; }
  const last = () => nbstream.root.shadowRoot.querySelector(".said .prose")?.lastElementChild?.textContent ?? "";
  while (!last().includes(end)) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - start }"""
IDLE = (
    "async (turns) => { const channel = new MessageChannel(); for (let turn = 0; turn < turns; turn += 1) await WAIT }"
)
END = "the last words"

BOX = """<!doctype html><meta charset="utf-8">
<div id="box" style="height:520px;width:724px;overflow:auto;font:14px/1.6 sans-serif;white-space:pre-wrap"></div>"""
PLAIN = """async (pieces) => {
  const channel = new MessageChannel(), box = document.getElementById("box"), start = performance.now();
  let node = null;
  for (const piece of pieces) {
    if (node === null || node.length >= 500) {
      const paragraph = document.createElement("p");
      paragraph.append(node = document.createTextNode(""));
      box.append(paragraph);
    }
    node.appendData(piece);
    box.scrollTop = box.scrollHeight;
    await WAIT;
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - start }"""


class Seen(NamedTuple):
    """One run, in milliseconds: by the clock, the worst task, and the main thread's by kind."""

    took: float
    worst: float
    spent: dict[str, float]


def spent_on(browser: Browser, page: Page, work: str, given: object, pace: str, turns: int) -> Seen:
    """What a script costs that streams in so many turns, less what they cost with nothing to do."""
    wait = WAITS[PACES[pace][1]]
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    tried = min(300, turns)
    before = metrics(session)
    page.evaluate(IDLE.replace("WAIT", wait), tried)
    idle = {name: (value - before[name]) / tried for name, value in metrics(session).items()}
    handle = page.evaluate_handle("text => JSON.parse(text)", json.dumps(given))
    before = metrics(session)
    took, tasks = traced(browser, page, lambda: page.evaluate(work.replace("WAIT", wait), handle))
    spent = {name: value - before[name] - idle[name] * turns for name, value in metrics(session).items()}
    return Seen(took, max(task.own for task in tasks), spent)


def run(browser: Browser, text: str, pace: str) -> Seen:
    """One view."""
    log = Log()
    log.text("b", f"{text}\n\n{END}", size=DELTA)
    size = PACES[pace][0]
    parts = [log.rows[at : at + size] for at in range(0, len(log.rows), size)]
    batches = [batch_json(AGENT, part, head=part[-1].sequence_number or 0) for part in parts]
    view = ViewPage(browser)
    view.render()
    view.status(record(), head=0)
    seen = spent_on(browser, view.page, STREAM, [batches, END], pace, len(batches))
    view.close()
    return seen


def least(browser: Browser, text: str, pace: str) -> Seen:
    """The characters alone, and the end in sight: no Markdown, no elements but paragraphs."""
    size = PACES[pace][0] * DELTA
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    page = browser.new_page(viewport={"width": 800, "height": 700}, device_scale_factor=2)
    page.set_content(BOX)
    seen = spent_on(browser, page, PLAIN, pieces, pace, len(pieces))
    page.close()
    return seen


def measured(browser: Browser, kind: str, size: float, pace: str, runs: int) -> Iterator[Figure]:
    """The figures of one case."""
    case = f"{size:g} kB{' of prose' if kind == 'prose' else ''}, {TITLES.get(pace, pace)}"
    say(case)
    text = (prose if kind == "prose" else answer)(size).rstrip()
    seen = [run(browser, text, pace) for _ in range(runs)]
    yield figure("stream", f"{case}: main thread", OURS, "ms", [one.spent["TaskDuration"] for one in seen])
    if pace != "full":
        floor = [least(browser, text, pace) for _ in range(runs)]
        yield figure("stream", f"{case}: main thread", TEXT, "ms", [one.spent["TaskDuration"] for one in floor])
    yield figure("stream", f"{case}: worst task", OURS, "ms", [one.worst for one in seen])
    yield figure("stream", f"{case}: last paint", OURS, "ms", [one.took for one in seen])
    for name in METRICS[1:]:
        share = name.removesuffix("Duration").removeprefix("Recalc").lower()
        yield figure("stream", f"{case}: main thread, {share}", OURS, "ms", [one.spent[name] for one in seen])


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--sizes", default=None, help="kB, of the growth at full speed (10,30,60,120,240,480)")
    parser.add_argument("--paces", default=None, help="of 60 kB (100/s,300/s,frame,full)")
    parser.add_argument("--runs", type=int, default=3, help="of each size at full speed; the others run once (3)")
    given = parser.parse_args()
    sizes = given.sizes or ("6,12" if given.quick else "10,30,60,120,240,480")
    paces = (given.paces or ("300/s,frame,full" if given.quick else ",".join(PACES))).split(",")
    figures: list[Figure] = []
    with browser() as chromium:
        for pace in paces:
            if pace != "full":
                figures += measured(chromium, "answer", 6 if given.quick else MOST_DELTAS * DELTA / 1000, pace, 1)
                continue
            for kind in ("answer", "prose"):
                for size in map(float, sizes.split(",")):
                    figures += measured(chromium, kind, size, pace, 1 if given.quick else given.runs)
    by_case = {row.case: row.value for row in figures}
    if twice := by_case.get("120 kB, full speed: main thread"):
        once = by_case.get("60 kB, full speed: main thread", twice)
        figures.append(figure("stream", "120 kB, full speed: main thread, over 60 kB", OURS, "x", [twice / once]))
    hand_in(figures, given.json)


if __name__ == "__main__":
    main()
