"""The same stream of Markdown in a real JupyterLab, by each way there is to show it.

    python tests/benchmarks/bench_display.py [--tokens 2000] [--rates 0,100] [--only NAME,NAME] [--json FILE]

A rate of 0 is full speed. Time is from the cell's start to the frame that holds the last word. Main-thread time is the
page's own, outermost tasks of the browser's trace, less what the same page spends in as long a time with nothing to do. Bytes
are what the page received: WebSocket frames and answers, before compression. `append_stdout` is given 400 tokens: it sends all
text with each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.conftest import Desk, Lab, Notebook, chromium_path

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
ANSWER = Path(__file__).resolve().parents[1] / "widget" / "render" / "texts" / "answer.md"
END = "THE-END-OF-IT"
TOKEN = 7
"""Characters of a token: 2,000 are 14 KB."""
LONG_MS = 50
PATIENCE_MS = 90_000
IDLE_MS = 3000

SETUP = """
import html, json, time
import ipywidgets
from IPython.display import Markdown, display
import nbstream as nbs
store = nbs.connect("bench.duckdb")
TOKENS = json.loads(open({tokens!r}).read())
def stream(rate):
    start = time.perf_counter()
    for number, token in enumerate(TOKENS):
        if rate:
            time.sleep(max(0.0, start + number / rate - time.perf_counter()))
        yield token
"""

CELLS = {
    "update_display(Markdown)": """
text, shown = "", display(Markdown(""), display_id=True)
for token in stream({rate}):
    text += token
    shown.update(Markdown(text))
""",
    "ipywidgets.HTML": """
text, shown = "", ipywidgets.HTML()
display(shown)
for token in stream({rate}):
    text += token
    shown.value = "<pre>" + html.escape(text) + "</pre>"
""",
    "Output.append_stdout": """
shown = ipywidgets.Output()
display(shown)
for token in stream({rate}):
    shown.append_stdout(token)
""",
    "print": """
for token in stream({rate}):
    print(token, end="", flush=True)
""",
    "nbstream, server": """
agent = nbs.launch("Count", nbs.ReplaySource({recording!r}, interval={interval}, exit_code=0), store=store)
agent
""",
}
CELLS["nbstream, comm"] = CELLS["nbstream, server"]

SAMPLE = """([end, patience]) => new Promise((done, failed) => {
  const frames = [], start = performance.now();
  let last = start, turn = 0;
  const ended = () => {
    for (const place of document.querySelectorAll(".jp-Notebook .jp-Cell:nth-of-type(n) .jp-OutputArea-output")) {
      if (place.textContent.includes(end)) return true;
      for (const host of place.querySelectorAll(".nbstream-root")) if (host.shadowRoot.textContent.includes(end)) return true;
    }
    return false;
  };
  const frame = () => requestAnimationFrame(() => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    turn += 1;
    if (end !== null && turn % 3 === 0 && ended()) return done({ ms: now - start, frames, ended: true });
    if (now - start > patience) return done({ ms: now - start, frames, ended: false });
    frame();
  });
  frame();
  window.benchStart?.();
})"""

START = """index => { window.benchStart = () => {
  const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
  notebook.activeCellIndex = index; notebook.deselectAll();
  app.commands.execute("notebook:run-cell");
} }"""


@dataclass
class Row:
    """What one way of showing the stream cost."""

    way: str
    rate: int
    tokens: int
    complete: bool
    last_paint_ms: float
    main_thread_ms: float
    long_tasks: int
    slow_frames: int
    worst_frame_ms: float
    received_bytes: int
    received_by: dict[str, int]
    frames_received: int


class Wire:
    """Counts what a page receives."""

    def __init__(self, page: Any) -> None:
        self.frames = 0
        self.by_way: dict[str, int] = {}
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda payload: self._frame(socket.url, payload))
        )
        page.on("requestfinished", self._answer)

    def start(self) -> None:
        self.frames = 0
        self.by_way.clear()

    def _frame(self, url: str, payload: str | bytes) -> None:
        self.frames += 1
        self._add("socket of nbstream" if "/nbstream/" in url else "socket of the kernel", payload)

    def _add(self, way: str, payload: str | bytes | int) -> None:
        size = (
            len(payload.encode()) if isinstance(payload, str) else payload if isinstance(payload, int) else len(payload)
        )
        self.by_way[way] = self.by_way.get(way, 0) + size

    def _answer(self, request: Any) -> None:
        if "/nbstream/" not in request.url:
            return
        try:
            self._add("REST", request.sizes()["responseBodySize"])
        except Error:  # the page was left before the browser knew
            return


def tokens(count: int) -> list[str]:
    """The stream: an answer as agents give them, over and over, and a last word that is nowhere else."""
    part = ANSWER.read_text(encoding="utf-8") + "\n\n"
    text = part * (count * TOKEN // len(part) + 1)
    return [text[at : at + TOKEN] for at in range(0, (count - 1) * TOKEN, TOKEN)] + [f"\n\n{END}"]


def recording(path: Path, texts: list[str]) -> Path:
    """The stream as Claude Code's JSON lines, a delta each."""
    lines: list[dict[str, Any]] = [
        {"type": "system", "subtype": "init", "session_id": "s", "tools": [], "model": "m", "uuid": "u"}
    ]

    def event(**fields: Any) -> None:
        lines.append({"type": "stream_event", "event": fields, "session_id": "s", "parent_tool_use_id": None})

    event(
        type="message_start", message={"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": []}
    )
    event(type="content_block_start", index=0, content_block={"type": "text", "text": ""})
    for text in texts:
        event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    event(type="content_block_stop", index=0)
    event(type="message_stop")
    path.write_text("".join(json.dumps(line | {"uuid": str(number)}) + "\n" for number, line in enumerate(lines)))
    return path


def outermost(events: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """(thread's own ms, wall ms) of each task of the page's main thread; a task within a task is not counted again."""
    names = {(each["pid"], each["tid"]): each["args"]["name"] for each in events if each["name"] == "thread_name"}
    tasks = [
        each
        for each in events
        if "RunTask" in each["name"] and "tdur" in each and names.get((each["pid"], each["tid"])) == "CrRendererMain"
    ]
    found, ends = [], dict[int, float]()
    for task in sorted(tasks, key=lambda each: (each["ts"], -each["dur"])):
        if task["ts"] >= ends.get(task["pid"], 0):
            ends[task["pid"]] = task["ts"] + task["dur"]
            found.append((task["tdur"] / 1000, task["dur"] / 1000))
    return found


def traced(
    browser: Browser, book: Notebook, end: str | None, patience: int
) -> tuple[dict[str, Any], list[tuple[float, float]]]:
    """Samples the page's frames until the last word is seen; returns them with the main thread's tasks."""
    browser.start_tracing(page=book.page, categories=["toplevel"])
    try:
        seen: dict[str, Any] = book.page.evaluate(SAMPLE, [end, patience])
    finally:
        raw = browser.stop_tracing()
    return seen, outermost(json.loads(raw)["traceEvents"])


def measure(browser: Browser, lab: Lab, way: str, rate: int, texts: list[str], folder: Path) -> Row:
    """One way, in a page and a kernel of its own."""
    desk = Desk(browser, f"bench-{len(list(lab.root.glob('*.ipynb')))}")
    stream = folder / f"tokens-{len(texts)}.json"
    stream.write_text(json.dumps(texts))
    source = recording(folder / f"run-{len(texts)}.jsonl", texts)
    cell = CELLS[way].format(rate=rate, recording=str(source), interval=1 / rate if rate else 0)
    page = desk.page()
    wire = Wire(page)
    book = desk.show(lab, desk.write(lab, SETUP.format(tokens=str(stream)), cell), page)
    book.run(0)
    page.wait_for_timeout(1500)
    idle, idle_tasks = traced(browser, book, None, IDLE_MS)
    idle_share = sum(own for own, _ in idle_tasks) / idle["ms"]
    page.evaluate(START, 1)
    wire.start()
    seen, tasks = traced(browser, book, END, PATIENCE_MS)
    page.wait_for_timeout(300)
    row = Row(
        way=way,
        rate=rate,
        tokens=len(texts),
        complete=seen["ended"],
        last_paint_ms=seen["ms"],
        main_thread_ms=max(0.0, sum(own for own, _ in tasks) - idle_share * seen["ms"]),
        long_tasks=sum(wall > LONG_MS for _, wall in tasks),
        slow_frames=sum(frame > LONG_MS for frame in seen["frames"]),
        worst_frame_ms=max(seen["frames"]),
        received_bytes=sum(wire.by_way.values()),
        received_by=dict(wire.by_way),
        frames_received=wire.frames,
    )
    desk.close(failed=False)
    return row


def told(row: Row) -> str:
    done = f"{row.last_paint_ms / 1000:8.2f}" if row.complete else "   never"
    return (
        f"{row.way:25} {row.rate or 'full':>5} {row.tokens:6} {done} {row.main_thread_ms:9.0f} {row.long_tasks:6}"
        f" {row.slow_frames:8} {row.worst_frame_ms:9.0f} {row.received_bytes / 1000:11.1f} {row.frames_received:7}"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tokens", type=int, default=2000)
    options.add_argument("--rates", default="0,100")
    options.add_argument("--only", default=",".join(CELLS).replace("nbstream, ", "nbstream; "))
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    ways = [way.replace("nbstream; ", "nbstream, ") for way in chosen.only.split(",")]
    print(
        f"{'way':25} {'/s':>5} {'tokens':>6} {'paint s':>8} {'thread ms':>9} {'> 50ms':>6} {'frames>50':>8} {'worst ms':>9}"
        f" {'received kB':>11} {'frames':>7}"
    )
    rows: list[Row] = []
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for off in (False, True):
            mine = [way for way in ways if (way == "nbstream, comm") is off]
            if not mine:
                continue
            root, home = folder / f"root-{off}", folder / f"home-{off}"
            root.mkdir()
            home.mkdir()
            lab = Lab(root, home, off=off)
            lab.start()
            for rate in map(int, chosen.rates.split(",")):
                for way in mine:
                    count = min(chosen.tokens, 400) if way == "Output.append_stdout" else chosen.tokens
                    rows.append(measure(browser, lab, way, rate, tokens(count), folder))
                    print(told(rows[-1]), flush=True)
            lab.stop()
            lab.end_proxies()
        browser.close()
    if chosen.json is not None:
        chosen.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
