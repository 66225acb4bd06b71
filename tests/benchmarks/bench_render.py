"""What drawing a streamed answer costs the page's main thread, layout and paint included: the renderer alone.

    python tests/benchmarks/bench_render.py [--runs N] [--quick] [--json FILE]

Deltas of 20 characters, one in each animation frame, and each in a task of its own as fast as the page takes them; beside
a view that reads everything again for each delta. Times are the thread's own, from the browser's trace: a machine that is
busy with other things adds little to them. A frame in which nothing is drawn costs too, and is counted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.chromium import LONG_MS, Task, answer, browser, say, traced
from benchmarks.figures import OURS, Figure, figure, hand_in, options
from widget.render_kit import built

DELTA = 20
AGAIN = "all read again each time"
PACES = {"frame": "a delta a frame", "turn": "full speed"}

RUN = """async ({ text, size, pace, again }) => {
  const view = new draw.RichText("prose"); document.body.replaceChildren(view.element);
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  const turn = () => new Promise((done) => { const c = new MessageChannel(); c.port1.onmessage = () => done(); c.port2.postMessage(0) });
  for (let at = 0; at < text.length; at += size) {
    if (again) { const all = new draw.RichText("prose"); all.append(text.slice(0, at + size)); all.flush(); view.element.replaceChildren(all.element); }
    else view.append(text.slice(at, at + size));
    await (pace === "frame" ? frame() : turn());
  }
  view.settle();
  const end = text.trimEnd().slice(-5);
  while (!view.element.textContent.trimEnd().endsWith(end)) await frame();
  await frame(); }"""


def tasks(browser: Browser, text: str, pace: str, who: str) -> list[Task]:
    """The main thread's tasks while the text is streamed, until its end is on the page."""
    page = browser.new_page()
    page.set_content("<!doctype html><body></body>")
    page.add_script_tag(content=built().script)
    run = json.dumps({"text": text, "size": DELTA, "pace": pace, "again": who == AGAIN})
    _, spent = traced(browser, page, lambda: page.evaluate(f"text => ({RUN})(JSON.parse(text))", run))
    page.close()
    return spent


def measured(browser: Browser, size: float, pace: str, who: str, runs: int) -> Iterator[Figure]:
    """The figures of one case."""
    case = f"{size:g} kB in deltas of {DELTA}, {PACES[pace]}"
    say(f"{case}: {who}")
    text = answer(size).rstrip() + "\n\nthe end"
    spent = [tasks(browser, text, pace, who) for _ in range(runs)]
    yield figure("render", f"{case}: main thread", who, "ms", [sum(each.own for each in one) for one in spent])
    yield figure("render", f"{case}: worst task", who, "ms", [max(each.own for each in one) for one in spent])
    slow = [float(sum(each.own > LONG_MS for each in one)) for one in spent]
    yield figure("render", f"{case}: tasks over {LONG_MS} ms", who, "tasks", slow)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each case at full speed; those by frames run once (3)")
    given = parser.parse_args()
    small, large = (4.0, 12.0) if given.quick else (20.0, 60.0)
    runs = 1 if given.quick else given.runs
    figures: list[Figure] = []
    with browser() as chromium:
        for pace in PACES:
            for size in (small, large) if pace == "frame" else (small, large, 2 * large):
                figures += measured(chromium, size, pace, OURS, 1 if pace == "frame" else runs)
            # Reading all again costs the square: a third of the text is enough to see it.
            figures += measured(chromium, small, pace, AGAIN, 1)
    by_case = {row.case: row.value for row in figures if row.who == OURS}
    case = f"kB in deltas of {DELTA}, full speed: main thread"
    ratio = by_case[f"{2 * large:g} {case}"] / by_case[f"{large:g} {case}"]
    figures.append(figure("render", f"{2 * large:g} {case}, over {large:g} kB", OURS, "x", [ratio]))
    hand_in(figures, given.json)


if __name__ == "__main__":
    main()
