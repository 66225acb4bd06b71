"""The same stream of Markdown in a real JupyterLab, by each way there is to show it.

    python tests/benchmarks/bench_display.py [--tokens 2000] [--rates 0,100] [--runs N] [--only NAME;NAME] [--quick] [--json FILE]

A rate of 0 is full speed. Each run has a notebook, a kernel and a page of its own. Time is from the cell's start to the frame that
holds the last word; a way that is not there within its limit is a row that says how far it came. Main-thread time is the
page's own (`TaskDuration` of the browser's metrics), less what the same page spends in as long a time with nothing to do. Bytes are
what the page received, before compression: `received` is the stream, `code` what a view needs once, the widget's module. The
peers are the packages of peers.py; without a network they are left out. They alone are on the page before the clock starts.
Figures are written after each row, so a run that is ended keeps what it had.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import peers
from benchmarks.chromium import ANSWER, LONG_MS, METRICS, browser, metrics, say
from benchmarks.figures import OURS, Figure, dumped, figure, hand_in, options
from browser.conftest import Desk, Lab, Notebook

END = "THE-END-OF-IT"
TOKEN = 7
"""Characters of a token: 2,000 are 14 KB."""
FEW = 400
"""Tokens that `append_stdout` is given: it sends all text with each."""
PATIENCE_S = 60
"""Seconds that a way may take beyond those of its stream."""
IDLE_MS = 2000
COMM = "nbstream, comm"
STDOUT = "Output.append_stdout"

SETUP = """
import html, json, time
import anywidget, ipywidgets
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
class Peer(anywidget.AnyWidget):
    _esm = {module!r}
"""

PEER = """
for token in stream({rate}):
    shown.send({{"token": token}})
shown.send({{"over": True}})
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
    OURS: """
agent = nbs.launch("Count", nbs.ReplaySource({recording!r}, interval={interval}, exit_code=0), store=store)
agent
""",
}
CELLS[COMM] = CELLS[OURS]
CELLS |= dict.fromkeys(peers.SOURCES, PEER)

SAMPLE = """([end, patience]) => new Promise((done) => {
  const frames = [], start = performance.now(), watcher = new PerformanceObserver((list) => (long += list.getEntries().length));
  let last = start, turn = 0, long = 0;
  watcher.observe({ type: "longtask" });
  const texts = () => [...document.querySelectorAll(".jp-Notebook .jp-OutputArea-output")].flatMap((place) =>
    [place, ...[...place.querySelectorAll(".nbstream-root")].map((host) => host.shadowRoot)].map((each) => each.textContent));
  const over = (ended) => {
    watcher.disconnect();
    done({ ms: performance.now() - start, frames, long, ended, reached: Math.max(0, ...texts().map((text) => text.length)) });
  };
  const frame = () => requestAnimationFrame(() => {
    const now = performance.now();
    frames.push(now - last);
    last = now;
    turn += 1;
    if (end !== null && turn % 3 === 0 && texts().some((text) => text.includes(end))) return over(true);
    if (now - start > patience) return over(false);
    frame();
  });
  frame();
  window.benchStart?.();
})"""

RAN = "window.jupyterapp.shell.currentWidget.content.widgets[0].model.executionCount === 1"

START = """index => { window.benchStart = () => {
  const app = window.jupyterapp, notebook = app.shell.currentWidget.content;
  notebook.activeCellIndex = index; notebook.deselectAll();
  app.commands.execute("notebook:run-cell");
} }"""


@dataclass
class Run:
    """What one run of one way cost."""

    complete: bool
    reached: int
    paint_ms: float
    thread_ms: float
    long_tasks: int
    frames: list[float]
    data: int
    code: int


@dataclass
class Wire:
    """Counts what a page receives."""

    data: int = 0
    code: int = 0

    def watch(self, page: Any) -> None:
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("requestfinished", self._answer)

    def start(self) -> None:
        self.data = self.code = 0

    def _frame(self, payload: str | bytes) -> None:
        raw = payload.encode() if isinstance(payload, str) else payload
        self._add(len(raw), b'"_esm"' in raw)

    def _add(self, size: int, is_code: bool) -> None:
        if is_code:
            self.code += size
        else:
            self.data += size

    def _answer(self, request: Any) -> None:
        if "/nbstream/" not in request.url:
            return
        try:
            self._add(request.sizes()["responseBodySize"], ".js" in request.url)
        except Error:  # the page was left before the browser knew
            return


@dataclass
class Bench:
    """Runs ways in one JupyterLab."""

    browser: Browser
    lab: Lab
    folder: Path
    modules: dict[str, str] = field(default_factory=dict)

    def measure(self, way: str, rate: int, texts: Sequence[str]) -> Run:
        """One way, in a page and a kernel of its own."""
        desk = Desk(self.browser, "bench")
        stream = self.folder / f"tokens-{len(texts)}.json"
        stream.write_text(json.dumps(texts))
        source = recording(self.folder / f"run-{len(texts)}.jsonl", texts)
        setup = SETUP.format(tokens=str(stream), module=self.modules.get(way, ""))
        cell = CELLS[way].format(rate=rate, recording=str(source), interval=1 / rate if rate else 0)
        cells = [setup, *(["shown = Peer()\ndisplay(shown)"] if way in peers.SOURCES else []), cell]
        try:
            page, wire = desk.page(), Wire()
            wire.watch(page)
            book = desk.show(self.lab, desk.write(self.lab, *cells), page)
            book.run(0, wait=False)
            page.wait_for_function(RAN, timeout=PATIENCE_S * 1000)
            page.wait_for_timeout(1000)
            wire.start()
            if way in peers.SOURCES:
                book.run(1, wait=False)
                page.wait_for_function("window.peerReady === true")
            patience = PATIENCE_S * 1000 + (len(texts) * 1000 // rate if rate else 0)
            return self._sampled(book, wire, len(cells) - 1, patience)
        finally:
            try:
                desk.close(failed=False)
            except (OSError, Error) as error:  # a busy server answers late; what was measured stands
                say(f"closing {way}: {error}")

    def _sampled(self, book: Notebook, wire: Wire, index: int, patience: int) -> Run:
        page = book.page
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        total = METRICS[0]
        start = metrics(session)[total]
        idle = page.evaluate(SAMPLE, [None, IDLE_MS])
        share = (metrics(session)[total] - start) / idle["ms"]
        page.evaluate(START, index)
        start = metrics(session)[total]
        seen = page.evaluate(SAMPLE, [END, patience])
        spent = metrics(session)[total] - start - share * seen["ms"]
        page.wait_for_timeout(300)
        return Run(
            seen["ended"],
            seen["reached"],
            seen["ms"],
            max(0.0, spent),
            seen["long"],
            seen["frames"],
            wire.data,
            wire.code,
        )


def tokens(count: int) -> list[str]:
    """The stream: an answer as agents give them, over and over, and a last word that is nowhere else."""
    part = ANSWER.read_text(encoding="utf-8") + "\n\n"
    text = part * (count * TOKEN // len(part) + 1)
    return [text[at : at + TOKEN] for at in range(0, (count - 1) * TOKEN, TOKEN)] + [f"\n\n{END}"]


def recording(path: Path, texts: Sequence[str]) -> Path:
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


def tried(bench: Bench, way: str, rate: int, texts: Sequence[str], runs: int) -> list[Run]:
    """The runs of one way; one that fails, a page that never opened for instance, is tried once more and then left out."""
    done: list[Run] = []
    for attempt in range(runs + 1):
        if len(done) == runs:
            break
        try:
            done.append(bench.measure(way, rate, texts))
        except (Error, OSError) as error:
            say(f"{way}, {rate or 'full speed'}: attempt {attempt + 1} failed: {str(error).splitlines()[0]}")
        else:
            last = done[-1]
            end = "" if last.complete else ", NOT FINISHED"
            say(f"{way}, {rate or 'full speed'}: {last.paint_ms / 1000:.2f} s{end}")
    return done


def figures_of(way: str, rate: int, count: int, runs: Sequence[Run]) -> Iterator[Figure]:
    """The row of one way at one rate, a figure for each of its columns."""
    if not runs:
        return
    label = f"{rate} tokens/s" if rate else "full speed"
    told = [f"of {count} tokens, not 2,000"] if way == STDOUT else []
    if way in peers.SOURCES:
        told.append("already on the page when the clock starts")
    if not all(run.complete for run in runs):
        reached = min(run.reached for run in runs)
        told.append(
            f"NOT FINISHED after {runs[0].paint_ms / 1000:.0f} s: about {reached:,} characters were on the page"
        )
    note = "; ".join(told)

    def of(case: str, unit: str, values: Sequence[float]) -> Figure:
        return figure("display", f"{label}: {case}", way, unit, [float(value) for value in values], note)

    yield of("last paint", "ms", [run.paint_ms for run in runs])
    yield of("main thread", "ms", [run.thread_ms for run in runs])
    yield of(f"tasks over {LONG_MS} ms", "tasks", [run.long_tasks for run in runs])
    yield of(f"frames over {LONG_MS} ms", "frames", [sum(frame > LONG_MS for frame in run.frames) for run in runs])
    yield of("worst frame", "ms", [max(run.frames) for run in runs])
    yield of("frame, p95", "ms", [sorted(run.frames)[int(len(run.frames) * 0.95)] for run in runs])
    yield of("received", "kB", [run.data / 1000 for run in runs])
    yield of("code", "kB", [run.code / 1000 for run in runs])


def ways_of(given: str | None, quick: bool) -> list[str]:
    """Those asked for, in our order.

    Raises:
        SystemExit: one of them is unknown.
    """
    if given is None:
        return ["update_display(Markdown)", OURS] if quick else list(CELLS)
    asked = [name.strip() for name in given.split(";")]
    if unknown := set(asked) - set(CELLS):
        raise SystemExit(f"no way named {', '.join(sorted(unknown))}: expected some of {'; '.join(CELLS)}")
    return [way for way in CELLS if way in asked]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--rates", default="0,100", help="tokens a second, 0 for full speed (0,100)")
    parser.add_argument("--runs", type=int, default=1, help="of each way at each rate; the figure is their median (1)")
    parser.add_argument("--only", help=f"ways, with a semicolon between: {'; '.join(CELLS)}")
    given = parser.parse_args()
    count = min(given.tokens, 150) if given.quick else given.tokens
    ways = ways_of(given.only, given.quick)
    figures: list[Figure] = []
    with browser() as chromium, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        modules = peers.modules_or_none(say) if any(way in peers.SOURCES for way in ways) else {}
        for off in (False, True):
            mine = [way for way in ways if (way == COMM) is off and (way not in peers.SOURCES or way in modules)]
            if not mine:
                continue
            root, home = Path(scratch) / f"root-{off}", Path(scratch) / f"home-{off}"
            root.mkdir()
            home.mkdir()
            lab = Lab(root, home, off=off)
            lab.start()
            bench = Bench(chromium, lab, Path(scratch), modules)
            try:
                for rate in map(int, given.rates.split(",")):
                    for way in mine:
                        size = min(count, FEW) if way == STDOUT else count
                        runs = tried(bench, way, rate, tokens(size), 1 if given.quick else given.runs)
                        figures += figures_of(way, rate, size, runs)
                        if given.json is not None:
                            given.json.write_text(dumped([asdict(row) for row in figures]), encoding="utf-8")
            finally:
                lab.stop()
                lab.end_proxies()
    hand_in(figures, given.json)


if __name__ == "__main__":
    main()
