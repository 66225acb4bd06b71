"""The bundle in a real page with a run of ten thousand rows: what is on the page, where the reader is, what is found."""

from __future__ import annotations

import json
import re

import pytest

from nbstream.messages import AgentMessage
from nbstream.wire import batch_json
from support import until
from widget.page_kit import ViewPage, find
from widget.rows import AGENT, Log, record, story

pytestmark = pytest.mark.browser

NODES = "nbstream.root.shadowRoot.querySelectorAll('*').length"
TOP = "nbstream.root.shadowRoot.querySelector('.scroller').scrollTop"
FIRST = """(() => { const scroller = nbstream.root.shadowRoot.querySelector('.scroller'), top = scroller.getBoundingClientRect().top;
  const slot = [...scroller.querySelectorAll('.slot')].find(s => s.getBoundingClientRect().bottom > top + 1);
  return [slot.innerText.slice(0, 40), Math.round(slot.getBoundingClientRect().top - top)] })()"""


def long_run(count: int = 10_000) -> list[AgentMessage]:
    """Every kind of row in turn, of very different heights."""
    log = Log()
    while len(log.rows) < count:
        n = len(log.rows)
        log.add(f"Row {n} says " + "a few words and more of them. " * (n % 11), block=f"t{n}", op="set")
        log.add(f"thinking {n}", block=f"r{n}", op="set", part="reasoning")
        log.call(f"c{n}", "Bash", json.dumps({"command": f"echo {n}"}))
        log.result(f"c{n}", "\n".join(f"line {k} of {n}" for k in range(n % 17)), error=n % 25 == 0)
        log.note("notice", f"note {n}")
    return log.rows[:count]


@pytest.fixture(scope="module")
def rows() -> list[AgentMessage]:
    return long_run()


@pytest.fixture
def long(view, rows) -> ViewPage:
    view.status(record(), head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    return view


def rest(view: ViewPage) -> None:
    """Waits until nothing scrolls any more."""
    view.page.wait_for_function(f"new Promise(r => {{ const a = {TOP}; setTimeout(() => r({TOP} === a), 120) }})")


def test_ten_thousand_messages_are_a_few_hundred_elements(long) -> None:
    assert long.page.evaluate(NODES) < 3000
    assert "note 9995" in long.text()
    slots = find(long, ".slot").count()
    assert 10 < slots <= 120
    for place in (0.5, 0.0, 1.0):
        find(long, ".scroller").evaluate("(s, place) => { s.scrollTop = s.scrollHeight * place }", place)
        rest(long)
        assert long.page.evaluate(NODES) < 3000
        assert find(long, ".slot").count() > 10, "what is in sight is on the page"
    find(long, ".scroller").evaluate("s => { s.scrollTop = 0 }")
    rest(long)
    assert "Row 0 says" in long.text()
    assert "Why is the import test slow?" in long.text(), "the prompt scrolls with the rows"


def test_what_is_read_stays_where_it_is_while_more_comes(long, rows) -> None:
    find(long, ".scroller").evaluate("s => { s.scrollTop = s.scrollHeight * 0.4 }")
    rest(long)
    before = long.page.evaluate(FIRST)
    more = long_run(10_400)[10_000:]
    for start in range(0, 400, 100):
        long.rows(more[start : start + 100])
        long.wait_head(10_100 + start)
    assert long.page.evaluate(FIRST) == before
    assert find(long, ".jump").is_visible()
    find(long, ".jump").click()
    long.page.wait_for_function(
        "(() => { const s = nbstream.root.shadowRoot.querySelector('.scroller'); return s.scrollHeight - s.scrollTop - s.clientHeight < 2 })()"
    )
    assert "note 10395" in long.text()


def test_scrolling_up_through_rows_never_seen_does_not_jump(long) -> None:
    """Heights that were guessed become measures above the reader: each wheel step moves by itself and no more."""
    find(long, ".scroller").evaluate("s => { s.scrollTop = s.scrollHeight * 0.5 }")
    rest(long)
    seen = []
    for _ in range(12):
        moved = find(long, ".scroller").evaluate(
            """async s => { const rows = () => new Map([...s.querySelectorAll('.slot')].map(e => [e, e.getBoundingClientRect().top]));
            const before = rows(); s.scrollTop -= 300;
            await new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)));
            const after = rows(); return [...after].filter(([e]) => before.has(e)).map(([e, top]) => Math.round(top - before.get(e))) }"""
        )
        seen.append(moved)
    assert all(len(moved) > 0 for moved in seen)
    assert {pixels for moved in seen for pixels in moved} <= set(range(297, 304))


def test_what_a_reader_opened_is_open_when_it_comes_back(long) -> None:
    find(long, ".scroller").evaluate("s => { s.scrollTop = 0 }")
    rest(long)
    find(long, ".thought summary").first.click()
    assert find(long, ".thought").first.evaluate("d => d.open")
    for place in ("s.scrollHeight", "0"):
        find(long, ".scroller").evaluate(f"s => {{ s.scrollTop = {place} }}")
        rest(long)
    assert find(long, ".thought").first.evaluate("d => d.open")
    assert not find(long, ".thought").nth(1).evaluate("d => d.open")


def test_search_finds_what_is_not_on_the_page_and_goes_there(long) -> None:
    find(long, ".searchbutton").click()
    field = find(long, ".searchfield")
    assert field.evaluate("f => f.getRootNode().activeElement === f")
    field.fill("row 5000 says")
    hits = find(long, ".hits")
    assert hits.inner_text() == "1 of 1"
    found = find(long, ".slot").filter(has_text="Row 5000 says")
    found.wait_for()
    box, frame = found.bounding_box(), find(long, ".scroller").bounding_box()
    assert box is not None
    assert frame is not None
    assert frame["y"] <= box["y"] <= frame["y"] + frame["height"], "in sight"
    assert long.page.evaluate("[...CSS.highlights.get('nbstream-current')].map(String)") == ["Row 5000 says"]
    field.fill("line 3 of 1004")
    assert hits.inner_text() == "nothing found"
    assert long.page.evaluate("CSS.highlights.get('nbstream-current').size") == 0
    field.fill("echo 1")
    assert (match := re.fullmatch(r"1 of ([\d,]+)", hits.inner_text()))
    field.press("Enter")
    assert hits.inner_text() == f"2 of {match[1]}"
    field.press("Shift+Enter")
    field.press("Shift+Enter")
    assert hits.inner_text() == f"{match[1]} of {match[1]}"
    field.press("Escape")
    assert field.is_hidden()
    assert long.page.evaluate("CSS.highlights.get('nbstream-found').size") == 0


def test_search_opens_what_hides_the_words(view) -> None:
    log = Log()
    log.text("t", "A secret thought.", part="reasoning")
    log.call("c", "Bash", '{"command": "seq 60"}')
    log.result("c", "\n".join(f"number {n}" for n in range(60)))
    view.status(record("completed"), head=len(log.rows))
    view.rows(log.rows)
    view.wait_head(len(log.rows))
    assert not find(view, ".thought").evaluate("d => d.open")
    find(view, ".scroller").focus()
    view.page.keyboard.press("Control+f")
    find(view, ".searchfield").fill("secret thought")
    assert find(view, ".thought").evaluate("d => d.open")
    find(view, ".searchfield").fill("number 59")
    find(view, ".output").get_by_text("number 59").wait_for()


def test_ctrl_f_is_the_page_s_own_while_the_focus_is_elsewhere(view) -> None:
    view.status(record())
    view.page.evaluate("addEventListener('keydown', (event) => { window.taken = event.defaultPrevented })")
    view.page.keyboard.press("Control+f")
    assert view.page.evaluate("window.taken") is False
    assert find(view, ".searchbar").is_hidden()


def test_kinds_are_left_out_and_come_back(view) -> None:
    rows = story().rows
    view.status(record("completed"), head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    before = view.text()
    find(view, ".kindsbutton").click()
    find(view, ".kinds").get_by_label("tools").uncheck()
    find(view, ".slot > .tool").first.wait_for(state="detached")
    assert "I will measure first" in view.text()
    find(view, ".kinds").get_by_label("messages").uncheck()
    find(view, ".said").first.wait_for(state="detached")
    assert find(view, ".mind").count() == 1
    for kind in ("tools", "messages"):
        find(view, ".kinds").get_by_label(kind).check()
    find(view, ".said").first.wait_for()
    until(lambda: set(before.splitlines()) <= set(view.text().splitlines()), what="all that was there")


def test_everything_folds_and_unfolds_what_comes_too(view) -> None:
    log = Log()
    log.call("c1", "Bash", '{"command": "ls"}')
    log.result("c1", "one")
    view.status(record())
    view.rows(log.rows)
    view.wait_head(2)
    button = find(view, ".foldbutton")
    button.click()
    assert button.inner_text() == "unfold"
    log.call("c2", "Bash", '{"command": "ls"}')
    log.result("c2", "two")
    view.rows(log.rows[2:])
    view.wait_head(4)
    assert find(view, ".card").evaluate_all("cards => cards.map(c => c.open)") == [False, False]
    button.click()
    assert find(view, ".card").evaluate_all("cards => cards.map(c => c.open)") == [True, True]


def test_a_row_is_copied_as_the_text_it_came_as(view) -> None:
    # A page without a secure address has no clipboard of its own.
    view.page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text } } })"
    )
    log = Log()
    log.add("Some **bold** words.\n\n- one", block="b", op="set")
    view.status(record())
    view.rows(log.rows)
    view.wait_head(1)
    copy = find(view, ".slot .copybutton")
    copy.focus()
    view.page.keyboard.press("Enter")
    view.page.wait_for_function("window.copied !== undefined")
    assert view.page.evaluate("window.copied") == "Some **bold** words.\n\n- one"
    assert copy.get_attribute("aria-label") == "copied"


def test_parallel_subagents_stand_side_by_side_where_there_is_room(browser) -> None:
    log = Log()
    for agent in ("a", "b"):
        log.call(agent, "Task", json.dumps({"description": f"look at {agent}", "subagent_type": "Explore"}))
    for n in range(30):
        for agent in ("a", "b"):
            log.call(f"{agent}{n}", "Read", json.dumps({"file_path": f"{agent}/{n}.py"}), parent=agent)
            log.result(f"{agent}{n}", "ok", parent=agent)
    for width, columns in ((1000, 2), (420, 1)):
        view = ViewPage(browser, width=width)
        view.page.evaluate("document.getElementById('cell').style.maxWidth = 'none'")
        view.render()
        view.status(record(), head=len(log.rows))
        view.rows(log.rows)
        view.wait_head(len(log.rows))
        lefts = {round(box["x"]) for box in (each.bounding_box() for each in find(view, ".lane").all()) if box}
        assert len(lefts) == columns
        lane = find(view, ".lane").first
        assert lane.locator(".row").count() == 8, "the last rows of a lane"
        assert lane.locator(".earlier").inner_text() == "22 earlier rows"
        lane.locator(".earlier").click()
        assert lane.locator(".row").count() == 30
        view.close()


def test_nothing_jumps_while_it_streams(view) -> None:
    """Layout shift as browsers count it: below 0.1 is good, and this is sixty rows."""
    rows = long_run(160)
    view.status(record(), head=100)
    view.rows(rows[:100])
    view.wait_head(100)
    rest(view)
    view.page.evaluate(
        """() => { window.shift = 0;
        new PerformanceObserver(list => { for (const e of list.getEntries()) window.shift += e.value }).observe({ type: "layout-shift" }) }"""
    )
    for number, row in enumerate(rows[100:], start=101):
        view.deliver(batch_json(AGENT, [row], head=number))
        view.wait_head(number)
    assert view.page.evaluate("window.shift") < 0.05


def test_what_has_scrolled_away_is_let_go_of(view) -> None:
    """Cards open by themselves when their results come, and a card that a reader opened is the only one to keep."""
    session = view.page.context.new_cdp_session(view.page)
    session.send("Performance.enable")
    session.send("HeapProfiler.enable")

    def nodes() -> float:
        """All that the page holds, on it or not."""
        session.send("HeapProfiler.collectGarbage")
        return {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}["Nodes"]

    rows = long_run(1_500)
    view.status(record())
    seen = []
    for begin in range(0, len(rows), 500):
        for at in range(begin, begin + 500, 20):
            view.rows(rows[at : at + 20])
            view.wait_head(at + 20)
        seen.append(nodes())
    # A hundred calls and more in each third; kept, their cards would be thousands of nodes.
    assert seen[2] < seen[0] + 600, seen
