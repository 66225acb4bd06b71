"""A blank page with the bundle in it, driven over a scripted model."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from nbstream.messages import AgentMessage, AgentRecord
from nbstream.wire import batch_json, status_json
from widget.rows import AGENT

BUNDLE = Path(__file__).parents[2] / "src" / "nbstream" / "widget" / "static" / "widget.js"
HARNESS = Path(__file__).with_name("harness.js")
PAGE = """<!doctype html><meta charset="utf-8"><title>page</title>
<body style="margin:0;padding:{padding}px;background:{background}"><div id="cell" style="max-width:760px"></div></body>"""


class ViewPage:
    """One view of one agent in one page. Everything the page requests or complains of is kept."""

    def __init__(self, browser: Browser, *, dark: bool = False, width: int = 800, height: int = 700) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", device_scale_factor=2
        )
        self.page: Page = self.context.new_page()
        self._browser = browser
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda message: self.complaints.append(message.text) if message.type == "error" else None
        )
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.set_content(PAGE.format(padding=18, background="#111113" if dark else "#ffffff"))
        self.page.add_script_tag(path=HARNESS)
        self.page.evaluate("source => nbstream.load(source)", BUNDLE.read_text())

    def render(self) -> None:
        self.page.evaluate("id => nbstream.render(id)", str(AGENT))

    def deliver(self, *contents: Mapping[str, Any]) -> None:
        # As text: the driver's own encoding of large values costs seconds.
        self.page.evaluate("text => nbstream.deliver(...JSON.parse(text))", json.dumps(contents))

    def pace(self, batches: Sequence[Mapping[str, Any]]) -> list[float]:
        """Delivers one batch a frame. Returns the milliseconds that each task of the main thread computed.

        The thread's own time, from the browser's trace: a machine that is busy with other things does not count.
        """
        text = self.page.evaluate_handle("text => JSON.parse(text)", json.dumps(batches))
        self._browser.start_tracing(page=self.page, categories=["toplevel"])
        self.page.evaluate("batches => nbstream.pace(batches)", text)
        events = json.loads(self._browser.stop_tracing())["traceEvents"]
        names = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
        tasks = [
            event
            for event in events
            if "RunTask" in event["name"] and "tdur" in event and names[event["tid"]] == "CrRendererMain"
        ]
        return [task["tdur"] / 1000 for task in sorted(tasks, key=lambda task: task["ts"])]

    def status(self, record: AgentRecord, *, head: int = 0, **fields: Any) -> None:
        self.deliver(status_json(record, head=head, **fields))

    def rows(self, rows: Sequence[AgentMessage], *, head: int | None = None) -> None:
        last = rows[-1].sequence_number or 0
        self.deliver(batch_json(AGENT, rows, head=last if head is None else head))

    def sent(self, kind: str) -> list[dict[str, Any]]:
        sent: Iterable[dict[str, Any]] = self.page.evaluate("nbstream.sent")
        return [message for message in sent if message["type"] == kind]

    def wait_head(self, head: int) -> None:
        self.page.wait_for_selector(f'.nbstream-root[data-head="{head}"]')

    def wait_state(self, state: str) -> None:
        self.page.wait_for_selector(f'.nbstream-root[data-state="{state}"]')

    def text(self) -> str:
        return str(self.page.evaluate("nbstream.text()"))

    def close(self) -> None:
        self.context.close()


def find(view: ViewPage, selector: str) -> Locator:
    """What is in the view."""
    return view.page.locator(f".nbstream-root {selector}")
