"""What drawing a streamed answer costs the page's main thread, layout and paint included.

    python tests/benchmarks/bench_render.py [--sizes 60,120]

Deltas of 20 characters, one a frame and at full speed, beside a view that reads everything again for each delta. Times
are the thread's own, from the browser's trace: a machine that is busy with other things does not count.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from widget.conftest import ARGUMENTS, CHROMIUM
from widget.render_kit import PARTS, built

DELTA = 20
FRAME_MS = 50

RUN = """async ({ text, size, pace, again }) => {
  const view = new draw.RichText("prose"); document.body.replaceChildren(view.element);
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  const turn = () => new Promise((done) => { const c = new MessageChannel(); c.port1.onmessage = () => done(); c.port2.postMessage(0) });
  for (let at = 0; at < text.length; at += size) {
    if (again) { const all = new draw.RichText("prose"); all.append(text.slice(0, at + size)); all.flush(); view.element.replaceChildren(all.element); }
    else view.append(text.slice(at, at + size));
    await (pace === "frame" ? frame() : turn());
  }
  view.flush(); await frame(); }"""


def answer(kilobytes: int) -> str:
    """An answer as agents give them: headings, prose, lists, tables and code, about 700 characters a round."""
    part = (PARTS / "texts" / "answer.md").read_text(encoding="utf-8") + "\n\n"
    text = part * (kilobytes * 1000 // len(part) + 1)
    return text[: kilobytes * 1000]


def tasks(browser: Browser, page: Page, **run: object) -> list[float]:
    """Milliseconds of each task of the main thread."""
    browser.start_tracing(page=page, categories=["toplevel"])
    page.evaluate(f"text => ({RUN})(JSON.parse(text))", json.dumps(run))
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    return [
        event["tdur"] / 1000
        for event in events
        if "RunTask" in event["name"] and "tdur" in event and names[event["tid"]] == "CrRendererMain"
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="60,120")
    sizes = [int(size) for size in options.parse_args().sizes.split(",")]
    print(f"{'view':18} {'pace':10} {'kB':>5} {'all, ms':>9} {'worst, ms':>10} {'tasks > 50 ms':>14}")
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for again in (False, True):
            for pace in ("frame", "full speed"):
                for size in sizes[:1] if again else sizes:
                    # Reading all again costs the square: a third of the text is enough to see it.
                    text = answer(size // 3 if again else size)
                    page = browser.new_page()
                    page.set_content("<!doctype html><body></body>")
                    page.add_script_tag(content=built().script)
                    spent = tasks(browser, page, text=text, size=DELTA, pace=pace, again=again)
                    name = "all again" if again else "nbstream"
                    slow = sum(task > FRAME_MS for task in spent)
                    print(
                        f"{name:18} {pace:10} {len(text) / 1000:5.0f} {sum(spent):9.0f} {max(spent):10.1f} {slow:14}",
                        flush=True,
                    )
                    page.close()
        browser.close()


if __name__ == "__main__":
    main()
