"""Twenty agents at 50 messages a second for half an hour, the widget open in a real JupyterLab: memory flat, nothing lost.

    python tests/benchmarks/soak.py [--agents 20] [--rate 50] [--minutes 30] [--json FILE] [--samples FILE] [--shot FILE.png]

A server in a process of its own streams Claude-like events (answers of 40 words in small deltas, a tool call and its result
after every third) over real HTTP; a kernel of a real Jupyter server reads them all and shows them with `nbs.grid` in Chromium.
Memory is the private and shared pages of each process (RSS), and of the page what its JavaScript holds after a collection.
The kernel's is a saw: rows are in memory until 16 MB of log are moved into the file. The page's grows with what was said
until its views hold 16 MB together; then each lets go of its beginning as the run goes on.
At the end every agent's transcript is compared with what the server sent, `verify()` is asked, and so are the truth lines.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.figures import OURS, Figure, figure, hand_in
from browser.conftest import Desk, Lab, Notebook, chromium_path
from support import until

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WORDS = 40
"""Deltas of one answer."""
TICK = 0.02
AROUND = 75.0
"""Seconds before and after a minute whose samples are taken together: a saw's tooth is two minutes long."""
MEMORY = ("kernel", "server", "page", "page heap")
PATIENCE = 120.0
"""Seconds after the last event in which everything has to be saved and shown."""

CELL = """
import os, nbstream as nbs
store = nbs.connect("soak.duckdb")
open("kernel.pid", "w").write(str(os.getpid()))
agents = [nbs.launch(f"Agent {{n}}", source="http", base_url={url!r} + str(n), parser="claude", method="GET", store=store)
          for n in range({agents})]
open("agents.txt", "w").write("\\n".join(str(agent.id) for agent in agents))
nbs.grid(agents, columns=4)
"""
HELD = """
import json
said = store.query("SELECT tag, memory_usage_bytes / 1048576 AS mb FROM duckdb_memory()").to_pylist()
print(json.dumps({row["tag"]: row["mb"] for row in said}))
"""
"""What DuckDB holds in the kernel's memory, by kind, in MB."""
VIEWS = """() => [...document.querySelectorAll('.nbstream-grid')]
  .flatMap(grid => [...grid.shadowRoot.querySelectorAll('.nbstream-root')])
  .map(({dataset: d, shadowRoot}) => ({status: d.status, state: d.state, head: Number(d.head), holes: Number(d.holes),
    left: !shadowRoot.querySelector('.jump').hidden}))"""
FRAMES = """() => new Promise(done => { let frames = 0; const start = performance.now();
  const next = now => { frames += 1; now - start < 2000 ? requestAnimationFrame(next) : done(frames / (now - start) * 1000); };
  requestAnimationFrame(next); })"""


class Script:
    """The events of one agent, without end, and the hash of all that a reader should see of its answers."""

    def __init__(self, number: int) -> None:
        self.number, self.answer, self.rows, self.seen = number, 0, 0, hashlib.sha256()
        self._lines = self._forever()

    def next(self) -> bytes:
        """One line that makes a row, after those that make none."""
        return next(self._lines)

    def last(self) -> bytes:
        """Goes on to the end of the answer, then the result."""
        lines = []
        while not self._whole:
            lines.append(next(self._lines))
        end = {"type": "result", "subtype": "success", "is_error": False, "result": "Done.", "session_id": "s"}
        return b"".join(lines) + _event(end)

    def _forever(self):
        self._whole = False
        yield _event({"type": "system", "subtype": "init", "session_id": "s", "tools": [], "model": "soak"})
        while True:
            self.answer += 1
            pieces = [*self._answer(), *(self._tool() if self.answer % 3 == 0 else ())]
            for number, piece in enumerate(pieces, 1):
                self._whole = number == len(pieces)
                yield piece

    def _answer(self):
        message = {"id": f"msg_{self.number}_{self.answer}", "type": "message", "role": "assistant", "model": "soak"}
        start = _stream(type="message_start", message={**message, "content": []})
        start += _stream(type="content_block_start", index=0, content_block={"type": "text", "text": ""})
        words = [f"**{self.answer}**: "] + [f"word{self.answer}.{n} " for n in range(WORDS - 2)] + ["`end`.\n"]
        for word in words:
            yield start + _stream(type="content_block_delta", index=0, delta={"type": "text_delta", "text": word})
            start = b""
        text = "".join(words)
        self.seen.update(text.encode())
        yield _event(_whole(message, {"type": "text", "text": text}))
        yield _stream(type="content_block_stop", index=0) + _stream(type="message_stop") + b": \n\n"

    def _tool(self):
        call = {"id": f"tool_{self.number}_{self.answer}", "type": "tool_use", "name": "Bash"}
        message = {"id": f"msg_{self.number}_{self.answer}_t", "type": "message", "role": "assistant", "model": "soak"}
        yield _event(_whole(message, {**call, "input": {"command": f"echo {self.answer}"}}))
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": f"{self.answer}\n" * 5}
        yield _event({"type": "user", "message": {"role": "user", "content": [result]}, "session_id": "s"})


def _event(line: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(line)}\n\n".encode()


def _stream(**event: Any) -> bytes:
    return _event({"type": "stream_event", "event": event, "session_id": "s", "parent_tool_use_id": None})


def _whole(message: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    message = {**message, "content": [part]}
    return {"type": "assistant", "message": message, "parent_tool_use_id": None, "session_id": "s"}


def serve(agents: int, rate: float, minutes: float, pipe: Any) -> None:
    """The server's process: tells its port, and at the end what each agent was sent."""
    asyncio.run(_serve(agents, rate, minutes, pipe))


async def _serve(agents: int, rate: float, minutes: float, pipe: Any) -> None:
    scripts = [Script(number) for number in range(agents)]
    writers: dict[int, asyncio.StreamWriter] = {}
    everybody = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        number = int(head.split(b" ", 2)[1].rsplit(b"/", 1)[1])
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        writers[number] = writer
        if len(writers) == agents:
            everybody.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    await everybody.wait()
    start, sent = time.monotonic(), 0
    while (elapsed := time.monotonic() - start) < minutes * 60:
        due = int(elapsed * rate)
        for number, script in enumerate(scripts):
            for _ in range(due - sent):
                writers[number].write(script.next())
        sent = due
        await asyncio.gather(*(writer.drain() for writer in writers.values()))
        await asyncio.sleep(TICK)
    for number, script in enumerate(scripts):
        writers[number].write(script.last())
        await writers[number].drain()
        writers[number].close()
    pipe.send([script.seen.hexdigest() for script in scripts])
    server.close()


class Watch:
    """Samples of memory, and of how far the views are."""

    def __init__(self, page: Page, browser_pid: int, kernel_pid: int, server_pid: int) -> None:
        self._page, self._cdp = page, _session(page)
        self._browser = psutil.Process(browser_pid)
        self._kernel, self._server = psutil.Process(kernel_pid), psutil.Process(server_pid)
        self.samples: list[dict[str, float]] = []

    def sample(self, seconds: float, file: Path) -> dict[str, float]:
        """What each holds now, in MB, and the frames a second of the page."""
        self._cdp.send("HeapProfiler.collectGarbage")
        metrics = {one["name"]: one["value"] for one in self._cdp.send("Performance.getMetrics")["metrics"]}
        views = self._page.evaluate(VIEWS)
        renderers = [child for child in self._browser.children(recursive=True) if "--type=renderer" in child.cmdline()]
        sample = {
            "seconds": round(seconds, 1),
            "kernel": self._kernel.memory_info().rss / 2**20,
            "server": self._server.memory_info().rss / 2**20,
            "page heap": metrics["JSHeapUsedSize"] / 2**20,
            "page": max((child.memory_info().rss for child in renderers), default=0) / 2**20,
            "elements": metrics["Nodes"],
            "rows": sum(view["head"] for view in views),
            "holes": sum(view["holes"] for view in views),
            "left": sum(view["left"] for view in views),
            "fps": self._page.evaluate(FRAMES),
            "file": sum(one.stat().st_size for one in file.parent.glob(file.name + "*")) / 2**20,
        }
        self.samples.append(sample)
        return sample


def _session(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("HeapProfiler.enable")
    return session


def _line(sample: dict[str, float]) -> str:
    return (
        f"{sample['seconds']:6.0f} s  kernel {sample['kernel']:6.1f}  server {sample['server']:6.1f}  page heap "
        f"{sample['page heap']:6.1f}  page {sample['page']:6.1f} MB  {sample['elements']:6.0f} nodes  "
        f"{sample['rows']:9,.0f} rows shown  {sample['holes']:.0f} holes  {sample['fps']:4.1f} fps  file {sample['file']:6.1f} MB"
    )


def soak(options: argparse.Namespace, browser: Browser, browser_pid: int, folder: Path) -> dict[str, Any]:
    root, home = folder / "root", folder / "home"
    root.mkdir()
    home.mkdir()
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    streams = context.Process(target=serve, args=(options.agents, options.rate, options.minutes, theirs), daemon=True)
    streams.start()
    lab, desk = Lab(root, home), Desk(browser, "soak")
    lab.start()
    try:
        url = f"http://127.0.0.1:{ours.recv()}/"
        book = desk.open(lab, CELL.format(url=url, agents=options.agents), HELD)
        book.page.set_default_timeout(120_000)
        book.run(0, wait=False)
        book.page.wait_for_function(f"() => ({VIEWS})().length >= {options.agents}", timeout=120_000)
        watch = Watch(book.page, browser_pid, int((root / "kernel.pid").read_text()), lab.process.pid)
        result = follow(options, book, watch, root, ours)
    finally:
        desk.close(failed=False)
        lab.stop()
        streams.kill()
        streams.join()
    # The kernel owned the file; it is gone.
    return {**result, **proof(root, result.pop("expected"))}


def follow(options: argparse.Namespace, book: Notebook, watch: Watch, root: Path, ours: Any) -> dict[str, Any]:
    start, file = time.monotonic(), root / "soak.duckdb"
    every = max(5.0, options.minutes * 60 / 60)
    while not ours.poll(every):
        print(_line(watch.sample(time.monotonic() - start, file)), file=sys.stderr, flush=True)
    expected = ours.recv()
    ended = time.monotonic()
    while not all(view["status"] == "completed" and view["state"] == "finished" for view in book.page.evaluate(VIEWS)):
        if time.monotonic() - ended > PATIENCE:
            raise SystemExit(f"not everything was shown {PATIENCE:.0f} s after the end: {book.page.evaluate(VIEWS)}")
        book.page.wait_for_timeout(100)
    behind = time.monotonic() - ended
    print(_line(watch.sample(time.monotonic() - start, file)), file=sys.stderr, flush=True)
    if options.shot:
        book.page.screenshot(path=options.shot)
    book.run(1)
    held = json.loads(str(until(lambda: book.text(1), timeout=120, what="what DuckDB holds")))
    return {"expected": expected, "seconds behind at the end": behind, "samples": watch.samples, "held": held}


def proof(root: Path, expected: list[str]) -> dict[str, Any]:
    """Compares what is stored with what was sent."""
    import nbstream as nbs

    with nbs.Store.open(root / "soak.duckdb") as store:
        ids = (root / "agents.txt").read_text().split()
        same = 0
        for one, hexdigest in zip(ids, expected, strict=True):
            query = (
                "SELECT content FROM transcript WHERE agent_id = $id::UUID AND part = 'text' ORDER BY sequence_number"
            )
            texts = store.sql(query, {"id": one}, to="arrow").column("content").to_pylist()
            same += hashlib.sha256("".join(text for text in texts if text != "Done.").encode()).hexdigest() == hexdigest
        rows = store.sql("SELECT count(*) AS n FROM agent_messages", to="arrow").column("n")[0].as_py()
        report = store.verify()
    return {
        "rows": rows,
        "agents": len(ids),
        "transcripts as sent": same,
        "verify": bool(report),
        "report": str(report),
    }


def growth(samples: list[dict[str, float]], key: str) -> float:
    """MB an hour over the second half, by the median of all slopes (Theil and Sen), which an outlier does not move."""
    half = samples[len(samples) // 2 :]
    slopes = [
        (b[key] - a[key]) / (b["seconds"] - a["seconds"]) * 3600
        for i, a in enumerate(half)
        for b in half[i + 1 :]
        if b["seconds"] > a["seconds"]
    ]
    return statistics.median(slopes) if slopes else 0.0


def figures_of(result: dict[str, Any]) -> list[Figure]:
    """The verdict, the growth, the highest, and memory every five minutes, the median of the samples around."""
    samples = result["samples"]

    def row(case: str, unit: str, value: float, note: str = "") -> Figure:
        return figure("soak", case, OURS, unit, [value], note)

    found = [
        row("minutes of streaming", "min", samples[-1]["seconds"] / 60),
        row("messages saved and shown", "", result["rows"]),
        row("transcripts that differ from what was sent", "", result["agents"] - result["transcripts as sent"]),
        row("holes", "", samples[-1]["holes"]),
        row("rules that verify() finds broken", "", 0 if result["verify"] else 1),
        row("views that do not follow the end", "", max(one["left"] for one in samples)),
        row("behind at the end", "s", result["seconds behind at the end"]),
    ]
    held = result["held"]
    found += [
        row("kernel: held by DuckDB for indexes at the end", "MB", held["ART_INDEX"]),
        row("kernel: held by DuckDB for tables at the end", "MB", held["BASE_TABLE"] + held["IN_MEMORY_TABLE"]),
    ]
    found += [row(f"{name}: growth over the second half", "MB/hour", growth(samples, name)) for name in MEMORY]
    found += [row(f"{name}: highest of all samples", "MB", max(one[name] for one in samples)) for name in MEMORY]
    for minutes in range(5, int(samples[-1]["seconds"] / 60) + 1, 5):
        near = [one for one in samples if abs(one["seconds"] - minutes * 60) <= AROUND] or samples[-1:]
        found += [
            row(f"about minute {minutes}: {name}", "MB", statistics.median(one[name] for one in near))
            for name in (*MEMORY, "file")
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second of each agent")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--samples", type=Path, help="where everything that was seen goes")
    parser.add_argument("--shot", type=Path, help="a screenshot at the end, .png")
    parser.add_argument("--quick", action="store_true", help="half a minute of four agents")
    options = parser.parse_args()
    if options.quick:
        options.agents, options.minutes = 4, 0.5
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        known = {child.pid for child in psutil.Process().children(recursive=True)}
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        started = [child for child in psutil.Process().children(recursive=True) if child.pid not in known]
        browser_pid = next(child.pid for child in started if "--type=" not in " ".join(child.cmdline()))
        result = soak(options, browser, browser_pid, Path(folder))
        browser.close()
    if options.samples:
        options.samples.write_text(json.dumps(result, indent=1))
    hand_in(figures_of(result), options.json)
    if not result["verify"] or result["transcripts as sent"] != result["agents"] or result["samples"][-1]["holes"]:
        raise SystemExit("something is missing or doubled")


if __name__ == "__main__":
    main()
