"""From a byte on the wire to a pixel: server-sent events of 1, 10 and 50 agents, through a kernel, into a JupyterLab.

    python tests/benchmarks/bench_pixel.py [--agents 1,10,50] [--rate 20] [--seconds 20] [--quick] [--json FILE]

A server in a process of its own writes events whose text holds the time of the write; agents read them over HTTP in a kernel, and
the page shows them, one alone as a view, several as a grid. An event is there when its text was in the document of a frame that
was drawn. The floor is the same events in the same browser, one stream, each put into an element's `textContent`: 10 ms or so of
it are the wait for the next frame. Same machine, so one clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import Browser, Error, Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.chromium import browser, say
from benchmarks.figures import FLOOR, OURS, Figure, dumped, figure, hand_in, options
from browser.conftest import Desk, Lab

LEAD_S = 3.0
"""Seconds between the last agent's request and the first event: the views are on the page then."""
GRACE_S = 10.0
"""Seconds that the last events have after they are due."""
PLAIN = f"{FLOOR}EventSource, textContent"

CELL = """
import nbstream as nbs
from nbstream.sources.agents import HttpSource
store = nbs.connect("pixel-{agents}.duckdb")
agents = [nbs.launch("go", HttpSource("http://127.0.0.1:{port}/agent/%d/{path}" % number, method="GET",
                     parser="openai-chat"), store=store) for number in range({agents})]
"""
SHOWN = "nbs.grid(agents)"
ALONE = "agents[0]"

WATCH = """() => {
  const state = (window.pixel = { delays: [], seen: new Set() }), pending = [], channel = new MessageChannel(), watched = new WeakSet();
  const before = Date.now(); let tick = before;
  while (tick === before) tick = Date.now();
  const offset = tick - performance.now();
  const read = (text) => { for (const [all, at] of text.matchAll(/@\\d+\\.\\d+\\.(\\d+)@/g)) if (!state.seen.has(all)) { state.seen.add(all); pending.push(Number(at) / 1000); } };
  const watcher = new MutationObserver((records) => { for (const { target, addedNodes } of records) {
    if (target.nodeType === 3) read(target.data); else for (const node of addedNodes) read(node.textContent ?? ""); } });
  const watch = (root) => {
    if (!watched.has(root)) { watched.add(root); watcher.observe(root, { subtree: true, childList: true, characterData: true }); }
    for (const host of root.querySelectorAll(".nbstream-root, .nbstream-grid, .jp-OutputArea-output *")) if (host.shadowRoot) watch(host.shadowRoot);
    if (root !== document) for (const host of root.querySelectorAll("*")) if (host.shadowRoot) watch(host.shadowRoot);
  };
  setInterval(() => watch(document), 200);
  // A message that is posted in a frame's callbacks is handled when that frame is drawn.
  channel.port1.onmessage = () => { const now = performance.now() + offset; for (const at of pending.splice(0)) state.delays.push(now - at); };
  const frame = () => { channel.port2.postMessage(0); requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""

PAGE = """<!doctype html><meta charset="utf-8"><title>floor</title><body></body>"""
LISTEN = """(address) => { const places = new Map();
  new EventSource(address).onmessage = ({ data }) => {
    const { content } = JSON.parse(data).choices[0].delta, number = content.slice(1).split(".")[0];
    if (!places.has(number)) places.set(number, document.body.appendChild(document.createElement("p")));
    places.get(number).textContent = content;
  } }"""


class Server:
    """Writes the events. All streams of one name begin when the last of them was asked for."""

    def __init__(self) -> None:
        self._waiting: dict[str, int] = {}
        self._begun: dict[str, asyncio.Event] = {}

    async def run(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            kind, *asked = request.split(" ", 2)[1].strip("/").split("/")
            if kind not in ("agent", "all"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE.encode())
            else:
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
                )
                await self._stream(writer, *asked, every=kind == "all")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # the reader has left
            pass
        finally:
            writer.close()

    async def _stream(
        self, writer: asyncio.StreamWriter, number: str, name: str, many: str, pace: str, seconds: str, *, every: bool
    ) -> None:
        agents, rate = int(many), float(pace)
        begun = self._begun.setdefault(name, asyncio.Event())
        self._waiting[name] = self._waiting.get(name, 0) + 1
        if every or self._waiting[name] == agents:
            begun.set()
        await begun.wait()
        start = time.monotonic() + LEAD_S
        mine = range(agents) if every else [int(number)]
        for turn in range(round(float(seconds) * rate)):
            for agent in mine:
                # Agents do not speak in chorus: each has its own place in the interval.
                due = start + (turn + agent / agents) / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                end = "\n\n" if turn % 20 == 19 else " "
                writer.write(chunk(f"@{agent}.{turn}.{time.time_ns() // 1000}@{end}"))
                await writer.drain()
        if not every:
            writer.write(chunk("", "stop") + b"data: [DONE]\n\n")


def chunk(text: str, reason: str | None = None) -> bytes:
    """One event as OpenAI's chat completions have it."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    data = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return f"data: {json.dumps(data)}\n\n".encode()


def collected(page: Page, expected: int, seconds: float) -> list[float]:
    """The delays of all events, or of those that were seen in time."""
    limit = time.monotonic() + LEAD_S + seconds + GRACE_S
    while time.monotonic() < limit:
        page.wait_for_timeout(250)
        if page.evaluate("pixel.delays.length") >= expected:
            break
    found: list[float] = page.evaluate("pixel.delays")
    return found


def figures_of(who: str, agents: int, rate: float, delays: list[float], expected: int) -> Iterator[Figure]:
    """Median and tail of one run."""
    case = f"{agents} agent{'s' if agents > 1 else ''}, {rate:g} events/s each"
    missing = expected - len(delays)
    note = f"{missing:,} of {expected:,} events were not seen in time" if missing else ""
    say(f"{case}, {who}: {len(delays):,} of {expected:,} events")
    if not delays:
        return
    ordered = sorted(delays)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        value = ordered[min(len(ordered) - 1, int(len(ordered) * share))]
        yield figure("pixel", f"{case}: {name}", who, "ms", [value], note)


def floor(chromium: Browser, port: int, path: str, seconds: float, expected: int) -> list[float]:
    """The same events without anything between."""
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.evaluate(WATCH)
    page.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    page.evaluate(LISTEN, f"/all/0/{path}")
    delays = collected(page, expected, seconds)
    page.close()
    return delays


def shown(chromium: Browser, lab: Lab, port: int, agents: int, path: str, seconds: float, expected: int) -> list[float]:
    """The events as agents of a notebook."""
    desk = Desk(chromium, "pixel")
    try:
        page = desk.page()
        cell = CELL.format(agents=agents, port=port, path=path)
        book = desk.show(lab, desk.write(lab, cell + (ALONE if agents == 1 else SHOWN)), page)
        page.evaluate(WATCH)
        book.run(0, wait=False)
        delays = collected(page, expected, seconds + agents * 0.5)
        if not delays:
            say(f"nothing was shown; the cell says: {book.text(0)[-400:]}")
        return delays
    finally:
        try:
            desk.close(failed=False)
        except (OSError, Error) as error:  # a busy server answers late; what was measured stands
            say(f"closing: {error}")


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--agents", default=None, help="how many, one run each (1,10,50)")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second of each agent (20)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each run (20)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(Server().run())
        return
    many = [int(each) for each in (given.agents or ("1,10" if given.quick else "1,10,50")).split(",")]
    seconds = min(given.seconds, 3.0) if given.quick else given.seconds
    argv = [sys.executable, str(Path(__file__).resolve()), "--serve"]
    figures: list[Figure] = []
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdout is not None
        port = int(server.stdout.readline())
        root, home = Path(scratch) / "root", Path(scratch) / "home"
        root.mkdir()
        home.mkdir()
        lab = Lab(root, home)
        try:
            lab.start()
            with browser() as chromium:
                for agents in many:
                    path = f"{agents}/{given.rate}/{seconds}"
                    expected = agents * round(seconds * given.rate)
                    plain = floor(chromium, port, f"floor{agents}/{path}", seconds, expected)
                    figures += figures_of(PLAIN, agents, given.rate, plain, expected)
                    ours = shown(chromium, lab, port, agents, f"agents{agents}/{path}", seconds, expected)
                    figures += figures_of(OURS, agents, given.rate, ours, expected)
                    if given.json is not None:
                        given.json.write_text(dumped([asdict(row) for row in figures]), encoding="utf-8")
        finally:
            server.terminate()
            if hasattr(lab, "process"):
                lab.stop()
            lab.end_proxies()
    hand_in(figures, given.json)


if __name__ == "__main__":
    main()
