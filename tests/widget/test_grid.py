"""Several agents in one output: requests go to whom they name, the total is honest, twenty fit, the end is the copies."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator

from nbstream.errors import NbstreamError
from nbstream.messages import COST_USD, INPUT_TOKENS, OUTPUT_TOKENS, AgentMessage, AgentRecord
from nbstream.widget.grid import AGENT_LIMIT, AgentGrid, GridWidget, grid
from nbstream.wire import batch_json, read_batch, status_json
from widget.feed import Feed
from widget.page_kit import ViewPage
from widget.rows import START, Log, record


def agent_id(number: int) -> UUID:
    return UUID(int=(7 << 76) | (1 << 127) | number)


def rows_of(number: int) -> list[AgentMessage]:
    log = Log()
    log.add(f"agent {number} speaks", block="b")
    log.call("c", "Bash", '{"command": "ls"}')
    log.result("c", f"output {number}")
    log.response(**{INPUT_TOKENS: 100, OUTPUT_TOKENS: 10, COST_USD: 0.01})
    me = agent_id(number)
    return [replace(row, agent_id=me, id=UUID(int=me.int + (index << 20))) for index, row in enumerate(log.rows)]


@dataclass
class GridFeed(Feed):
    """One of several agents in memory."""

    number: int = 0
    now: AgentRecord = field(default_factory=record)

    def __post_init__(self) -> None:
        self.now = replace(self.now, id=self.id, source=f"agent {self.number}")

    @property
    def id(self) -> UUID:
        return agent_id(self.number)

    def end(self) -> None:
        with self.news:
            self.now = replace(self.now, status="completed", completed_at=START + timedelta(seconds=5))
            self.news.notify_all()


@pytest.fixture
def feeds() -> list[GridFeed]:
    return [GridFeed(rows_of(number), number=number) for number in range(3)]


def test_every_message_is_tagged_and_every_request_goes_to_whom_it_names(feeds) -> None:
    sent: list[dict[str, Any]] = []
    ended = threading.Event()
    widget = GridWidget(feeds, on_end=ended.set)
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._handle_custom_msg({"type": "stop", "agent_id": str(agent_id(1))}, [])
    widget._handle_custom_msg({"type": "stop", "agent_id": str(UUID(int=5))}, [])
    for feed in feeds:
        widget._handle_custom_msg({"type": "subscribe", "agent_id": str(feed.id), "since": 0}, [])
        feed.end()
    assert ended.wait(30), "all have ended and all was sent"
    assert [feed.stops for feed in feeds] == [0, 1, 0]
    for feed in feeds:
        rows = [row for message in sent if message["type"] == "agent:message" for row in read_batch(message)]
        mine = [row.content for row in rows if row.agent_id == feed.id]
        assert mine == [row.content for row in feed.rows]
    assert {message["agent_id"] for message in sent} == {str(feed.id) for feed in feeds}
    widget.close()
    assert all(sender.join(30) for sender in widget._senders.values())


def test_traits_are_the_ids_and_nothing_of_what_was_said(feeds) -> None:
    widget = GridWidget(feeds, columns=2)
    state = {name: value for name, value in widget.get_state().items() if name != "_esm"}
    assert state["agent_ids"] == [str(feed.id) for feed in feeds]
    assert state["columns"] == 2
    assert "speaks" not in repr(state)
    widget.close()


def test_agents_that_have_ended_are_shown_as_their_copies(feeds, monkeypatch) -> None:
    shown: list[tuple[Any, dict[str, Any]]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **how: shown.append((data, how)))
    for feed in feeds:
        feed.end()
    AgentGrid(feeds)._ipython_display_()
    [(data, how)] = shown
    assert how == {"raw": True}
    assert set(data) == {"text/html", "text/markdown", "text/plain"}
    for feed in feeds:
        assert data["text/plain"].count(f"agent {feed.number} speaks") == 1
    assert data["text/html"].count('<div class="nbstream-copy') == 3


def test_a_running_grid_becomes_its_copies_in_place(feeds, monkeypatch) -> None:
    updated = threading.Event()
    bundles: list[dict[str, Any]] = []

    class Handle:
        def update(self, data: dict[str, Any], **how: Any) -> None:
            bundles.append(data)
            updated.set()

    def display(data: dict[str, Any], **how: Any) -> Handle:
        bundles.append(data)
        return Handle()

    monkeypatch.setattr("IPython.display.display", display)
    shown = AgentGrid(feeds)
    shown._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in bundles[0]
    assert repr(shown) == "<AgentGrid of 3 agents, 3 running>"
    for feed in feeds:
        feed.end()
    assert updated.wait(30)
    assert set(bundles[1]) == {"text/html", "text/markdown", "text/plain"}


def test_what_is_no_grid_is_refused() -> None:
    with pytest.raises(NbstreamError, match=f"expected 1 to {AGENT_LIMIT} agents for a grid, got 0"):
        grid([])
    with pytest.raises(NbstreamError, match="got 51"):
        grid([agent_id(number) for number in range(51)])
    with pytest.raises(NbstreamError, match="columns of 1 or more, got 0"):
        grid([agent_id(1)], columns=0)


@pytest.fixture
def page(browser):
    view = ViewPage(browser, width=1200)
    yield view
    assert view.complaints == []
    view.close()


def find(view: ViewPage, selector: str) -> Locator:
    return view.page.locator(f".nbstream-grid {selector}")


def show(view: ViewPage, count: int, **options: Any) -> None:
    view.page.evaluate("document.getElementById('cell').style.maxWidth = 'none'")
    ids = [str(agent_id(number)) for number in range(count)]
    view.page.evaluate("options => nbstream.renderModel(options)", {"agent_ids": ids, "columns": 0, **options})


def deliver(view: ViewPage, number: int, status: str = "running") -> None:
    rows = rows_of(number)
    completed = START + timedelta(seconds=40 + number) if status == "completed" else None
    now = record(status, id=agent_id(number), source=f"agent {number}", completed_at=completed)
    view.deliver(status_json(now, head=len(rows)), batch_json(agent_id(number), rows, head=len(rows)))


@pytest.mark.browser
def test_each_cell_shows_its_own_agent_under_one_clock_and_one_total(page) -> None:
    show(page, 3)
    assert {message["agent_id"] for message in page.sent("subscribe")} == {str(agent_id(n)) for n in range(3)}
    for number in range(3):
        deliver(page, number)
    page.page.wait_for_selector('.nbstream-grid[data-running="3"]')
    for number in range(3):
        cell = find(page, ".cell").nth(number)
        cell.locator(".said").wait_for()
        assert cell.locator(".said").inner_text() == f"agent {number} speaks"
    lefts = {find(page, ".cell").nth(n).bounding_box()["x"] for n in range(3)}  # type: ignore[index]
    assert len(lefts) == 3, "side by side"
    assert find(page, ".gridhead .label").inner_text() == "3 running"
    for number in range(3):
        deliver(page, number, "completed")
    page.page.wait_for_selector('.nbstream-grid[data-over="3"]')
    head = find(page, ".gridhead")
    assert head.locator(".label").inner_text() == "all finished"
    assert head.locator(".elapsed").inner_text() == "0:42"
    page.page.wait_for_function(
        "document.querySelector('.nbstream-grid').shadowRoot.querySelector('.figures').textContent.includes('300 in')"
    )
    assert head.locator(".figures").inner_text() == "300 in · 30 out · $0.030"


@pytest.mark.browser
def test_twenty_agents_fit_and_each_scrolls_by_itself(page) -> None:
    show(page, 20)
    for number in range(20):
        deliver(page, number)
    page.page.wait_for_selector('.nbstream-grid[data-running="20"]')
    page.page.wait_for_function(
        """[...document.querySelector('.nbstream-grid').shadowRoot.querySelectorAll('.nbstream-root')]
        .filter(root => root.dataset.head === '4').length === 20"""
    )
    sizes = page.page.evaluate(
        """() => [...document.querySelector('.nbstream-grid').shadowRoot.querySelectorAll('.cell')]
        .map(cell => [cell.getBoundingClientRect().height, cell.getBoundingClientRect().width])"""
    )
    assert len({round(height) for height, _ in sizes}) == 1, "one height for all"
    assert all(260 <= width <= 420 for _, width in sizes)
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_columns_are_the_most_there_are(page) -> None:
    show(page, 5, columns=2)
    lefts = page.page.evaluate(
        """() => [...document.querySelector('.nbstream-grid').shadowRoot.querySelectorAll('.cell')]
        .map(cell => Math.round(cell.getBoundingClientRect().left))"""
    )
    assert len(set(lefts)) == 2


@pytest.mark.browser
def test_the_cleanup_takes_all_of_it_away(page) -> None:
    show(page, 3)
    page.page.evaluate("nbstream.cleanups.forEach(clean => clean())")
    assert page.page.locator(".nbstream-grid").count() == 0
    assert page.page.evaluate("nbstream.listeners.size") == 0
    assert json.dumps(page.complaints) == "[]"
