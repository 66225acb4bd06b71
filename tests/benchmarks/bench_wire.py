"""What one agent's rows cost on the wire, in a real JupyterLab: bytes that the page receives, by channel and kind.

    python tests/benchmarks/bench_wire.py [--rows 2000] [--rates 0,100] [--ways server,comm,markdown] [--open 10000]

`server` is a Lab with nbstream's extension, `comm` one without; `markdown` is `update_display(Markdown(text))` for each
token, the common way. A rate of 0 is full speed. `--open` opens a notebook that shows an ended agent of so many rows, and
tells the time to its last row too. Bytes are WebSocket frames and answers, before compression.
"""

from __future__ import annotations

import argparse
import json
import struct
import sys
import tempfile
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.conftest import Desk, Lab, Notebook, chromium_path
from browser.live import view, watch_from_start
from support import until

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
TOKEN = 7
END = "THE-END"
SETUP = "import json, time\nimport nbstream as nbs\nfrom IPython.display import Markdown, display\nstore = nbs.connect({store!r})"
AGENT = """
agent = nbs.launch("Count", nbs.ReplaySource({path!r}, interval={interval}, exit_code=0), store=store)
agent
"""
MARKDOWN = """
text, shown = "", display(Markdown(""), display_id=True)
start = time.perf_counter()
for number, token in enumerate(json.loads(open({tokens!r}).read())):
    time.sleep(max(0.0, start + number * {interval} - time.perf_counter()))
    text += token
    shown.update(Markdown(text))
"""


class Received:
    """Counts what a page receives, once it is told to."""

    def __init__(self, page: Any) -> None:
        self.bytes: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        page.on("websocket", lambda socket: socket.on("framereceived", lambda data: self._frame(socket.url, data)))
        page.on("requestfinished", self._answer)

    def clear(self) -> None:
        self.bytes.clear()
        self.frames.clear()

    def _frame(self, url: str, data: str | bytes) -> None:
        size = len(data.encode() if isinstance(data, str) else data)
        if "/nbstream/" in url:
            self._add(f"socket {json.loads(data)['type']}", size)
        elif "/api/kernels/" in url:
            self._add(f"kernel {kernel_kind(data)}", size)

    def _answer(self, request: Any) -> None:
        if "nbstream" not in request.url:
            return
        path = request.url.split("?")[0].rsplit("/", 1)[-1]
        try:
            self._add(f"answer {path if path[0] not in '0123456789' else 'agent'}", request.sizes()["responseBodySize"])
        except Error:  # the page was left before the browser knew
            return

    def _add(self, kind: str, size: int) -> None:
        self.bytes[kind] += size
        self.frames[kind] += 1


def kernel_kind(data: str | bytes) -> str:
    """What a frame of the kernel's socket is: Jupyter's binary layout v1, or plain JSON."""
    if isinstance(data, str):
        message = json.loads(data)
        header, content = message["header"], message["content"]
    else:
        (count,) = struct.unpack_from("<Q", data)
        ends = struct.unpack_from(f"<{count}Q", data, 8)
        parts = [data[start:end] for start, end in pairwise(ends)]
        header, content = json.loads(parts[1]), json.loads(parts[4])
    kind = header["msg_type"]
    if kind.startswith("comm_"):
        said = content.get("data", {})
        inner = said.get("content", {}) if said.get("method") == "custom" else {}
        state = "_esm" if len(str(said.get("state", {}).get("_esm", ""))) > 2_000 else ""
        kind = " ".join(filter(None, [kind, said.get("method"), inner.get("type"), state]))
    return str(kind)


def tokens(count: int) -> list[str]:
    return [f"tok{number:03} "[:TOKEN] for number in range(count - 1)] + [END]


def recording(path: Path, texts: list[str]) -> Path:
    """The tokens as Claude Code's JSON lines, a delta each."""
    lines: list[dict[str, Any]] = [{"type": "system", "subtype": "init", "session_id": "s", "tools": [], "model": "m"}]

    def event(**fields: Any) -> None:
        lines.append({"type": "stream_event", "event": fields, "session_id": "s", "parent_tool_use_id": None})

    event(
        type="message_start",
        message={"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []},
    )
    event(type="content_block_start", index=0, content_block={"type": "text", "text": ""})
    for text in texts:
        event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    event(type="content_block_stop", index=0)
    event(type="message_stop")
    lines.append({"type": "result", "subtype": "success", "is_error": False, "result": END, "session_id": "s"})
    path.write_text("".join(json.dumps(line | {"uuid": str(number)}) + "\n" for number, line in enumerate(lines)))
    return path


def ended(book: Notebook) -> bool:
    """The view is at its end, or the static copy has taken its place."""
    seen = view(book)
    return END in book.text(1) if seen is None else seen["state"] == "finished"


def live(browser: Browser, lab: Lab, way: str, rate: int, rows: int, folder: Path) -> Received:
    """One run, watched by one page from its first row to its last."""
    desk = Desk(browser, f"wire-{way}-{rate}")
    interval = 1 / rate if rate else 0.0
    texts = tokens(rows)
    given = folder / "tokens.json"
    given.write_text(json.dumps(texts))
    cell = AGENT.format(path=str(recording(folder / f"run-{rows}.jsonl", texts)), interval=interval)
    if way == "markdown":
        cell = MARKDOWN.format(tokens=str(given), interval=interval)
    page = desk.page()
    received = Received(page)
    book = desk.show(lab, desk.write(lab, SETUP.format(store=f"wire-{way}-{rate}.duckdb"), cell), page)
    book.run(0)
    page.wait_for_timeout(1_500)
    received.clear()
    book.run(1, wait=False)
    patience = 60 + rows * interval
    if way == "markdown":
        until(lambda: END in book.text(1), timeout=patience, what="the last token")
    else:
        until(lambda: ended(book), timeout=patience, what="the end")
    page.wait_for_timeout(500)
    desk.close(failed=False)
    return received


def opened(browser: Browser, lab: Lab, rows: int, folder: Path) -> tuple[Received, float]:
    """A notebook with an ended agent, opened in a new page: what came, and milliseconds from the view to its last row."""
    desk = Desk(browser, "wire-open")
    path = recording(folder / "run-open.jsonl", tokens(rows))
    cell = AGENT.format(path=str(path), interval=0).replace("\nagent\n", "\nagent.wait(120)\nagent\n")
    book = desk.open(lab, SETUP.format(store="wire-open.duckdb"), cell)
    book.run(0)
    book.run(1)
    head = until(
        lambda: (seen := view(book)) and seen["state"] == "finished" and seen["head"], timeout=120, what="the end"
    )
    book.save()
    book.page.wait_for_timeout(1_000)
    page = desk.page()
    watch_from_start(page, head)
    received = Received(page)
    again = Notebook(lab, page, book.name)
    again.open()
    seen = until(
        lambda: (found := page.evaluate("window.nbstreamSeen")) and found.get("caughtUp") and found, timeout=60
    )
    page.wait_for_timeout(500)
    desk.close(failed=False)
    return received, seen["caughtUp"] - seen["mounted"]


def told(title: str, received: Received) -> None:
    print(
        f"\n{title}: {sum(received.bytes.values()) / 1000:,.1f} kB in {sum(received.frames.values())} frames and answers"
    )
    for kind, size in received.bytes.most_common():
        print(f"  {kind:44} {size:>10,} bytes {received.frames[kind]:>6}", flush=True)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=2_000)
    options.add_argument("--rates", default="0,100", help="tokens a second; 0 is full speed")
    options.add_argument("--ways", default="server,comm,markdown")
    options.add_argument("--open", type=int, default=0, help="rows of an ended agent to open")
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    ways = [way for way in chosen.ways.split(",") if way]
    found: dict[str, dict[str, int]] = {}
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for off in (False, True):
            mine = [way for way in ways if (way == "comm") is off]
            if not mine and (off or not chosen.open):
                continue
            folder = Path(scratch) / f"off-{off}"
            root, home = folder / "root", folder / "home"
            root.mkdir(parents=True)
            home.mkdir()
            lab = Lab(root, home, off=off)
            lab.start()
            try:
                for rate in map(int, chosen.rates.split(",")):
                    for way in mine:
                        title = f"{way}, {rate or 'full'}/s, {chosen.rows} rows"
                        received = live(browser, lab, way, rate, chosen.rows, folder)
                        found[title] = dict(received.bytes)
                        told(title, received)
                if chosen.open and not off:
                    received, ms = opened(browser, lab, chosen.open, folder)
                    title = f"open, {chosen.open} rows"
                    found[title] = dict(received.bytes)
                    told(f"{title}, {ms:.0f} ms from the view to its last row", received)
            finally:
                lab.stop()
                lab.end_proxies()
        browser.close()
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
