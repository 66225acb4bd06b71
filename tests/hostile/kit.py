"""Hostile strings through a real store into the view: saved, delivered live, and read again after a reload."""

from __future__ import annotations

import contextlib
import itertools
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Browser, Error, Page

from nbstream.messages import IS_ERROR, KIND, TOOL_CALL_ID, TOOL_NAME, AgentMessage, AgentRecord
from nbstream.store import MessageStore, new_id
from nbstream.wire import batch_json
from widget.conftest import ARGUMENTS, CHROMIUM
from widget.page_kit import ViewPage
from widget.rows import AGENT, START, record

WATCH = Path(__file__).with_name("watch.js")
KINDS = ("text", "code", "call", "result", "error", "note", "thought", "prompt")
PER_TURN = 24
STRICT = "require-trusted-types-for 'script'; trusted-types 'none'"


@dataclass
class Verdict:
    """What a run has seen. Everything but the first two must stay empty."""

    payloads: int = 0
    deliveries: int = 0
    executed: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    off_list: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.executed or self.requests or self.off_list or self.complaints or self.lost)


def pieces(text: str, mode: str, rng: random.Random) -> list[str]:
    """The text as the rows of one block: `whole`, `characters`, or `cuts`."""
    if mode == "whole":
        return [text]
    if mode == "characters":
        return list(text)
    cuts = sorted({0, len(text), *(rng.randrange(len(text) + 1) for _ in range(1 + len(text) // 12))})
    return [text[a:b] for a, b in itertools.pairwise(cuts)] or [text]


def rows(payload: str, kind: str, mode: str, name: str, rng: random.Random) -> Iterator[AgentMessage]:
    """One payload as the rows of one kind of block."""
    base: dict[str, Any] = {"type": "assistant", "role": "assistant", "part": "text", "block": name}
    if kind == "code":
        payload = f"`````````text\n{payload}\n`````````"
    shapes: dict[str, dict[str, Any]] = {
        "thought": {"part": "reasoning"},
        "prompt": {"type": "user", "role": "user"},
        "error": {"type": "error", "role": None, "part": None},
        "note": {"type": "system", "role": "system", "part": None, "metadata": {KIND: payload}},
        "call": {"type": "tool", "part": "tool_call", "metadata": {TOOL_NAME: payload, TOOL_CALL_ID: name}},
        "result": {
            "type": "tool",
            "role": "tool",
            "part": "tool_call_response",
            "metadata": {TOOL_CALL_ID: name.replace("result", "call"), IS_ERROR: rng.random() < 0.5},
        },
    }
    if kind == "call":
        payload = json.dumps({"command": payload, payload[:200] or "x": payload})
    shape = base | shapes.get(kind, {})
    for piece in pieces(payload, mode, rng):
        yield AgentMessage(content=piece, id=new_id(), created_at=START, op="append", **shape)


class Bench:
    """A store, and views of what is in it."""

    def __init__(self, browser: Browser, store: MessageStore, seed: int = 0) -> None:
        self.browser = browser
        self.store = store
        self.rng = random.Random(seed)
        self.verdict = Verdict()
        self._view: ViewPage | None = None
        self._requests = 0

    def turn(self, payloads: Sequence[str], kinds: Sequence[str], mode: str, *, strict: bool = False) -> None:
        """Shows these payloads as these kinds of block, live from the store, and again from the store in a new view."""
        agent = self.store.create_agent(self._record(payloads))
        messages = [
            message
            for number, payload in enumerate(payloads)
            for kind in kinds
            for message in rows(payload, kind, mode, f"{kind} {number}", self.rng)
        ]
        view = self._open(strict)
        view.status(replace(agent, id=AGENT), head=0)
        head = 0
        for start in range(0, len(messages), 2000):
            self.store.save(agent.id, messages[start : start + 2000]).result()
            head = self._deliver(view, agent.id, since=head)
        self._judge(view, payloads)
        view = self._open(strict)
        view.status(replace(agent, id=AGENT, status="completed"), head=head)
        self._deliver(view, agent.id, since=0)
        self._judge(view, payloads)
        self.verdict.payloads += len(payloads)
        self.verdict.deliveries += len(payloads) * len(kinds) * 2

    def close(self) -> None:
        if self._view is not None:
            self._view.close()

    def _record(self, payloads: Sequence[str]) -> AgentRecord:
        a, b, c, d = (self.rng.choice(payloads) for _ in range(4))
        return replace(record("running"), id=new_id(), prompt=a, model=b, source=c, error=d)

    def _deliver(self, view: ViewPage, agent: UUID, since: int) -> int:
        saved = [replace(message, agent_id=AGENT) for message in self.store.read(agent, since=since)]
        head = self.store.head(agent)
        view.deliver(batch_json(AGENT, saved, head=head))
        view.wait_head(head)
        return head

    def _open(self, strict: bool) -> ViewPage:
        if self._view is None:
            self._view = _view_page(self.browser, strict)
            self._requests = len(self._view.requests)
        page = self._view.page
        # A view of its own for each: what was there before is taken away as a notebook does it.
        page.evaluate("nbstream.cleanups.splice(0).forEach(clean => clean())")
        self._view.render()
        # Everything is on the page at once, however far down: nothing may hide by not being drawn.
        page.evaluate(
            """() => { const style = document.createElement("style");
            style.textContent = ".scroller { max-height: none !important; height: 60000px }";
            nbstream.root.shadowRoot.append(style) }"""
        )
        return self._view

    def _judge(self, view: ViewPage, payloads: Sequence[str]) -> None:
        found = view.page.evaluate(
            """async () => { await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 5)));
            const root = document.getElementById("cell");
            for (const fold of nbstream.root.shadowRoot.querySelectorAll("details")) fold.open = true;
            await new Promise((done) => setTimeout(done, 5));
            return { off: offList(root), executed: watch.executed.length, globals: watch.newGlobals(),
              outside: [...document.body.children].map((e) => e.id || e.localName),
              drawn: nbstream.root.shadowRoot.querySelectorAll(".prose, .terminal").length } }"""
        )
        name = repr(payloads[0])[:80]
        self.verdict.executed += [name] * found["executed"] + [f"global {key}" for key in found["globals"]]
        self.verdict.off_list |= dict.fromkeys(found["off"], name)
        if found["outside"] != ["cell"]:
            self.verdict.off_list[str(found["outside"])] = name
        if found["drawn"] < len(payloads):
            self.verdict.lost.append(f"{name}: {found['drawn']} drawn")
        self.verdict.requests += view.requests[self._requests :]
        self.verdict.complaints += view.complaints
        self._requests = len(view.requests)
        view.complaints.clear()


def _view_page(browser: Browser, strict: bool) -> ViewPage:
    view = ViewPage(browser)
    view.context.route("**/*", lambda route: route.abort())
    view.page.on("dialog", lambda dialog: dialog.dismiss())
    view.page.on("popup", lambda popup: view.requests.append(f"popup {popup.url}"))
    view.page.on("framenavigated", lambda frame: view.requests.append(f"navigation {frame.url}"))
    script = WATCH.read_text()
    view.page.add_script_tag(content=script)
    view.page.evaluate("watch.start(); document.querySelectorAll('script').forEach((s, i) => i && s.remove())")
    if strict:
        view.page.evaluate(
            """policy => { const meta = document.createElement("meta"); meta.httpEquiv = "Content-Security-Policy";
            meta.content = policy; document.head.append(meta) }""",
            STRICT,
        )
    return view


def control(browser: Browser, payloads: Iterable[str]) -> tuple[int, int]:
    """The same strings by innerHTML: how many were executed, and how many asked the network. Neither may be small."""
    path = CHROMIUM if Path(CHROMIUM).exists() else None
    asked: set[str] = set()
    executed: set[int] = set()
    texts = list(payloads)
    # A browser of their own: some of the strings end it, and what was seen until then counts.
    other = browser.browser_type.launch(executable_path=path, args=ARGUMENTS)
    for start in range(0, len(texts), 30):
        if not other.is_connected():
            other = browser.browser_type.launch(executable_path=path, args=ARGUMENTS)
        with contextlib.suppress(Error):
            _provoke(other, texts[start : start + 30], start, executed, asked)
    other.close()
    return len(executed), len(asked)


def _provoke(browser: Browser, texts: Sequence[str], first: int, executed: set[int], asked: set[str]) -> None:
    context = browser.new_context(offline=True)
    context.on("request", lambda request: asked.update(re.findall(r"\bp\d+\.", request.url)))
    page: Page = context.new_page()
    page.on("dialog", lambda dialog: dialog.dismiss())
    # As they happen: a payload that takes the page away must not take along what others have done.
    page.on("console", lambda message: executed.update(map(int, re.findall(r"^executed (\d+)$", message.text))))
    page.set_content('<!doctype html><base href="https://evil.test/"><body></body>')
    page.add_script_tag(content=WATCH.read_text())
    page.evaluate("watch.start()")
    page.evaluate("([texts, first]) => watch.control(texts, first)", [list(texts), first])
    before = -1
    while before < (before := len(executed) + len(asked)):
        page.wait_for_timeout(100)
    context.close()
