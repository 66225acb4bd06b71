"""Hostile output in a real page: as an output of a trusted notebook, and in what nbconvert makes of it.

Nothing runs, nothing is requested, nothing is there but the listed elements and attributes; the same payloads as raw
HTML, in the same page, run and request, or the instrument is broken.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter, MarkdownExporter
from playwright.sync_api import Browser, Page, Route

from nbstream.widget.static_copy import static_copy
from support import until
from widget.rows import record
from widget.static_kit import ATTRIBUTES, PAYLOADS, TAGS, hostile_blocks

LISTS = {"tags": sorted(TAGS), "attributes": {tag: sorted(names) for tag, names in ATTRIBUTES.items()}}
HOME = "http://notebook.test/lab/tree/x.ipynb"
PAGE = '<!doctype html><meta charset="utf-8"><div id="cell"></div>'


class Offline:
    """A page of a server that is not there: each request is written down and refused."""

    def __init__(self, browser: Browser, body: str) -> None:
        self.context = browser.new_context()
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self._body = body
        self.page.route("**/*", self._answer)
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        self.page.goto(HOME, wait_until="domcontentloaded")

    def _answer(self, route: Route) -> None:
        if route.request.url == HOME and not self.requests:
            route.fulfill(body=self._body, content_type="text/html; charset=utf-8")
            return
        self.requests.append(route.request.url)
        route.abort()


@pytest.fixture
def notebook(browser: Browser) -> Iterator[Offline]:
    opened = Offline(browser, PAGE)
    opened.page.add_script_tag(path=Path(__file__).with_name("static_page.js"))
    yield opened
    opened.context.close()


def copies(payloads: list[str]) -> list[dict[str, str]]:
    return [
        static_copy(
            record("failed", source=payload, model=payload, prompt=payload, error=payload),
            hostile_blocks(payload),
            head=9,
        )
        for payload in payloads
    ]


@pytest.fixture(scope="module")
def bundles() -> list[dict[str, str]]:
    assert len(PAYLOADS) >= 200
    return copies(PAYLOADS)


def shown(notebook: Offline, pages: list[str]) -> list[dict[str, Any]]:
    # As text: the driver's own encoding of large values costs seconds.
    call = "([pages, lists]) => showAll(JSON.parse(pages), lists)"
    found: list[dict[str, Any]] = notebook.page.evaluate(call, [json.dumps(pages), LISTS])
    return found


def test_nothing_runs_nothing_is_requested_and_nothing_is_off_the_list(notebook: Offline, bundles: Any) -> None:
    found = shown(notebook, [bundle["text/html"] for bundle in bundles])
    assert [(PAYLOADS[place], each) for place, each in enumerate(found) if each["ran"] or each["off"]] == []
    assert notebook.requests == []
    assert notebook.dialogs == []


def test_control_the_same_payloads_as_raw_html_run_and_request(notebook: Offline) -> None:
    # What leaves the page would end the run.
    raw = [payload for payload in PAYLOADS if "http-equiv" not in payload]
    found = shown(notebook, raw)
    assert sum(each["ran"] > 0 for each in found) >= 40
    assert sum(bool(each["off"]) for each in found) >= 150
    # The browser asks in its own time.
    until(lambda: notebook.page.evaluate("1") and len(notebook.requests) >= 40, what="40 requests")


def exported(outputs: list[dict[str, str]], exporter: Any) -> str:
    book = nbformat.v4.new_notebook()
    book.cells = [
        nbformat.v4.new_code_cell(
            "agent", outputs=[nbformat.v4.new_output("display_data", data=data)], execution_count=1
        )
        for data in outputs
    ]
    return str(exporter.from_notebook_node(book)[0])


@pytest.mark.parametrize("kind", ["text/html", "text/markdown"])
def test_an_exported_notebook_asks_for_nothing_on_our_account(browser: Browser, bundles: Any, kind: str) -> None:
    # Some; the whole list is the page's test above.
    some = bundles[::12]
    pages = {
        "ours": exported([{kind: bundle[kind]} for bundle in some], HTMLExporter()),
        "empty": exported([], HTMLExporter()),
        "raw": exported([{"text/html": p} for p in PAYLOADS[::5] if "http-equiv" not in p], HTMLExporter()),
    }
    requests, ran = {}, {}
    watch = "window.ran = []; for (const n of ['alert','confirm','prompt','print','open']) window[n] = v => window.ran.push(n)"
    for name, html in pages.items():
        opened = Offline(browser, html.replace("<head>", f"<head><script>{watch}</script>", 1))
        opened.page.wait_for_load_state("load")
        requests[name] = set(opened.requests)
        ran[name] = opened.page.evaluate("window.ran")
        opened.context.close()
    assert requests["ours"] - requests["empty"] == set()
    assert ran["ours"] == []
    assert len(requests["raw"] - requests["empty"]) >= 5, "the instrument sees requests"
    assert len(ran["raw"]) >= 5, "the instrument sees scripts"


def test_markdown_export_holds_the_copy(bundles: Any) -> None:
    text = exported([bundles[0]], MarkdownExporter())
    assert "<details>" in text or "nbstream-copy" in text
    assert "<script" not in text


GITHUB = frozenset(
    [
        "h1", "h2", "h3", "h4", "h5", "h6", "br", "b", "i", "strong", "em", "a", "pre", "code", "img", "tt", "div", "ins", "del",
        "sup", "sub", "p", "ol", "ul", "table", "thead", "tbody", "tfoot", "blockquote", "dl", "dt", "dd", "kbd", "q", "samp",
        "var", "hr", "ruby", "rt", "rp", "li", "tr", "td", "th", "s", "strike", "summary", "details", "caption", "figure",
        "figcaption", "abbr", "bdo", "cite", "dfn", "mark", "small", "span", "time", "wbr",
    ]
)  # fmt: skip
"""The elements that GitHub's sanitizer keeps (its public allow-list); of attributes of ours it keeps href, align, start."""


def test_github_keeps_every_element_but_the_style() -> None:
    assert {"style"} == TAGS - GITHUB
    kept = {"href", "align", "start"}
    assert {name for names in ATTRIBUTES.values() for name in names} - kept == {"rel", "target", "referrerpolicy"}


def test_the_style_is_the_last_thing_so_that_leaked_as_text_it_is_under_the_story() -> None:
    html = copies(["x"])[0]["text/html"]
    assert html.endswith("</style></div>")
    assert html.count("<style>") == 1
