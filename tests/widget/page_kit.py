"""A blank page with the bundle in it, driven over a scripted model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from nbstream.messages import AgentMessage, AgentRecord
from nbstream.widget.wire import batch_json, status_json
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

    def deliver(self, *contents: dict[str, Any]) -> None:
        self.page.evaluate("contents => nbstream.deliver(...contents)", list(contents))

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
