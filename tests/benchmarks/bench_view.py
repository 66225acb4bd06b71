"""What the view costs the page: `python tests/benchmarks/bench_view.py [60k] [open] [stream]`.

Prints figures and asserts nothing: a busy machine changes times, never structure, which the suite asserts. Main-thread
time is the thread's own time from the browser's trace, every task of the renderer counted, the page's own frames too.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import Browser, sync_playwright

from nbstream.messages import AgentMessage
from nbstream.wire import batch_json
from widget.conftest import ARGUMENTS, CHROMIUM
from widget.page_kit import ViewPage
from widget.rows import AGENT, Log, record
from widget.test_page_long import NODES, long_run

EMPTY = """frames => new Promise(async done => { for (let i = 0; i < frames; i++) await new Promise(requestAnimationFrame); done() })"""

OPEN = """text => new Promise(done => {
  const batch = JSON.parse(text), start = performance.now(), root = nbstream.root;
  const look = () => root.dataset.head === String(batch.head) ? requestAnimationFrame(() => done(performance.now() - start)) : requestAnimationFrame(look);
  nbstream.deliver(batch); look(); })"""

STREAM = """async ({ batches, seconds }) => {
  const frames = []; let last = performance.now(), at = 0; const start = last;
  while (last - start < seconds * 1000) {
    await new Promise(requestAnimationFrame); const now = performance.now(); frames.push(now - last); last = now;
    const due = Math.min(batches.length, Math.floor((now - start) / 1000 * 30));
    while (at < due) nbstream.deliver(batches[at++]);
  }
  frames.sort((a, b) => a - b);
  return { fps: frames.length / seconds, p50: frames[frames.length >> 1], p99: frames[Math.floor(frames.length * 0.99)],
    over50: frames.filter(f => f > 50).length, delivered: at } }"""


def main_thread(browser: Browser, view: ViewPage, work: Callable[[], object]) -> list[float]:
    """Milliseconds of each task of the main thread while `work` runs."""
    browser.start_tracing(page=view.page, categories=["toplevel"])
    work()
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    return [
        event["tdur"] / 1000
        for event in events
        if "RunTask" in event["name"] and "tdur" in event and names[event["tid"]] == "CrRendererMain"
    ]


def fresh(browser: Browser) -> ViewPage:
    view = ViewPage(browser)
    view.render()
    view.status(record(), head=0)
    return view


def sixty_kilobytes(browser: Browser) -> None:
    """60 KB in 20-character deltas, one a frame, beside as many frames of the page with nothing in them."""
    sentence = "Sentence number {} of a long answer, with some words in it. "
    answer = "".join(sentence.format(n) + ("\n\n" if n % 9 == 8 else "") for n in range(1100))[:60_000]
    log = Log()
    log.text("b", answer, size=20)
    view = fresh(browser)
    idle = main_thread(browser, view, lambda: view.page.evaluate(EMPTY, 3000))
    batches = [batch_json(AGENT, [row], head=number) for number, row in enumerate(log.rows, start=1)]
    handle = view.page.evaluate_handle("text => JSON.parse(text)", json.dumps(batches))
    tasks = main_thread(browser, view, lambda: view.page.evaluate("batches => nbstream.pace(batches)", handle))
    print(f"60 KB, 3,000 deltas, one a frame: {sum(tasks):.0f} ms of main thread, worst task {max(tasks):.1f} ms")
    print(f"  of that the 3,000 frames of a view to which nothing comes: {sum(idle):.0f} ms")
    view.close()


def opening(browser: Browser) -> None:
    """10,000 messages in one delivery, to the frame after the last of them is taken."""
    rows = long_run()
    text = json.dumps(batch_json(AGENT, rows, head=len(rows)))
    took = []
    for _ in range(5):
        view = fresh(browser)
        took.append(view.page.evaluate(OPEN, text))
        nodes = view.page.evaluate(NODES)
        view.close()
    print(f"10,000 messages open in {', '.join(f'{ms:.0f}' for ms in sorted(took))} ms; {nodes} elements in the page")


def streaming(browser: Browser) -> None:
    """300 tokens a second for 20 s, in batches every 33 ms, under a transcript of 10,000 messages."""
    rows = long_run()
    view = fresh(browser)
    view.rows(rows)
    view.wait_head(len(rows))
    log = Log()
    log.rows = list(rows)
    log.now = rows[-1].created_at or log.now
    for number in range(6000):
        log.add("token " if number % 60 else "\n\n", block="stream", after=1 / 300)
    new = log.rows[len(rows) :]
    batches = [batch_json(AGENT, part, head=part[-1].sequence_number or 0) for part in chunks(new, 10)]
    handle = view.page.evaluate_handle("text => JSON.parse(text)", json.dumps(batches))
    result = view.page.evaluate(STREAM.replace("async ({ batches, seconds })", "async (batches, seconds = 20)"), handle)
    print(
        f"300 tokens/s for 20 s under 10,000 messages: {result['fps']:.1f} frames/s, p50 {result['p50']:.1f} ms, "
        f"p99 {result['p99']:.1f} ms, {result['over50']} frames over 50 ms"
    )
    view.close()


def chunks(rows: Sequence[AgentMessage], size: int) -> list[Sequence[AgentMessage]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


BENCHES = {"60k": sixty_kilobytes, "open": opening, "stream": streaming}


def main() -> None:
    """Runs all of them, or those that are named."""
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for name in sys.argv[1:] or BENCHES:
            BENCHES[name](browser)
        browser.close()


if __name__ == "__main__":
    main()
