"""What a streamed answer costs the page's main thread, the whole view around it.

    python tests/benchmarks/bench_stream.py [--sizes 60,120] [--paces 100/s,300/s,frame,full]

Deltas of 20 characters, each a row: in batches every 33 ms as they are sent, at 100 and at 300 a second; one in each animation
frame; and each in a task of its own, as fast as the page takes them. The time is the thread's own (`TaskDuration` of the
browser's metrics: outermost tasks only), less what the same view spends in as long a time and as many frames with nothing to do;
beside it the shares of script, style and layout. The worst task is from the browser's trace.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nbstream.wire import batch_json
from widget.conftest import ARGUMENTS, CHROMIUM
from widget.page_kit import ViewPage
from widget.render_kit import PARTS
from widget.rows import AGENT, Log, record

DELTA = 20
METRICS = ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")

WAITS = {
    "timer": "new Promise((done) => setTimeout(done, 33))",
    "frame": "new Promise(requestAnimationFrame)",
    "task": "new Promise((done) => { channel.port1.onmessage = done; channel.port2.postMessage(0) })",
}
PACES = {"100/s": (3, "timer"), "300/s": (10, "timer"), "frame": (1, "frame"), "full": (1, "task")}
"""Rows in a delivery, and what is waited for after it. 33 ms are 30.3 deliveries a second."""


def answer(kilobytes: int) -> str:
    """An answer as agents give them: headings, prose, lists, tables and code; no definition comes after its use."""
    part = (PARTS / "texts" / "answer.md").read_text(encoding="utf-8") + "\n\n"
    return (part * (kilobytes * 1000 // len(part) + 1))[: kilobytes * 1000]


def metrics(session: CDPSession) -> dict[str, float]:
    found = {one["name"]: one["value"] * 1000 for one in session.send("Performance.getMetrics")["metrics"]}
    return {name: found[name] for name in METRICS}


def worst_task(events: list[dict[str, Any]]) -> float:
    names = {each["tid"]: each["args"]["name"] for each in events if each["name"] == "thread_name"}
    return max(
        each["tdur"] / 1000
        for each in events
        if "RunTask" in each["name"] and "tdur" in each and names[each["tid"]] == "CrRendererMain"
    )


def run(browser: Browser, kilobytes: int, pace: str) -> tuple[float, float, dict[str, float]]:
    """Seconds it took, milliseconds of the worst task, and those of all tasks by kind, an idle view's taken off."""
    size, wait = PACES[pace]
    log = Log()
    log.text("b", answer(kilobytes), size=DELTA)
    parts = [log.rows[at : at + size] for at in range(0, len(log.rows), size)]
    batches = [batch_json(AGENT, part, head=part[-1].sequence_number or 0) for part in parts]
    view = ViewPage(browser)
    view.render()
    view.status(record(), head=0)
    session = view.context.new_cdp_session(view.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    loop = f"async (batches) => {{ const channel = new MessageChannel(); for (const each of batches) {{ WORK; await {WAITS[wait]} }} }}"
    turns = min(300, len(batches))
    before = metrics(session)
    view.page.evaluate(loop.replace("WORK", ""), list(range(turns)))
    idle = {name: (value - before[name]) / turns for name, value in metrics(session).items()}
    handle = view.page.evaluate_handle("text => JSON.parse(text)", json.dumps(batches))
    browser.start_tracing(page=view.page, categories=["toplevel"])
    before, start = metrics(session), time.monotonic()
    view.page.evaluate(loop.replace("WORK", "nbstream.deliver(each)"), handle)
    view.wait_head(len(log.rows))
    took = time.monotonic() - start
    spent = {name: value - before[name] - idle[name] * len(batches) for name, value in metrics(session).items()}
    worst = worst_task(json.loads(browser.stop_tracing())["traceEvents"])
    view.close()
    return took, worst, spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sizes", default="60,120")
    options.add_argument("--paces", default=",".join(PACES))
    chosen = options.parse_args()
    print(
        f"{'pace':6} {'kB':>4} {'took s':>7} {'thread ms':>9} {'script':>7} {'style':>6} {'layout':>7} {'rest':>6} {'worst ms':>9}"
    )
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for pace in chosen.paces.split(","):
            for size in map(int, chosen.sizes.split(",")):
                took, worst, spent = run(browser, size, pace)
                all_of_it, script, style, layout = (spent[name] for name in METRICS)
                rest = all_of_it - script - style - layout
                print(
                    f"{pace:6} {size:4} {took:7.1f} {all_of_it:9.0f} {script:7.0f} {style:6.0f} {layout:7.0f} {rest:6.0f} {worst:9.1f}",
                    flush=True,
                )
        browser.close()


if __name__ == "__main__":
    main()
