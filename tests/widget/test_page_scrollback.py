"""A run without end: the page keeps what it has room for, says what it has not, and shows it again when asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nbstream.messages import AgentMessage
from nbstream.wire import batch_json, split
from widget.page_kit import ViewPage, find
from widget.rows import AGENT, Log, record

pytestmark = pytest.mark.browser

AT_END = "(() => { const s = nbstream.root.shadowRoot.querySelector('.scroller'); return s.scrollHeight - s.scrollTop - s.clientHeight < 2 })()"
IN_SIGHT = """element => { const own = element.getBoundingClientRect();
  const box = element.closest('.scroller').getBoundingClientRect();
  return own.bottom > box.top && own.top < box.bottom }"""
MB = 2**20


def calls(first: int, last: int, log: Log) -> list[AgentMessage]:
    """Rows of calls whose outputs are 100 kB each."""
    before = len(log.rows)
    for n in range(first, last):
        log.call(f"c{n}", "Bash", f'{{"command": "echo {n}"}}')
        log.result(f"c{n}", f"the output of call {n}\n" + "0123456789abcde\n" * 6_250)
    return log.rows[before:]


def deliver(view: ViewPage, rows: Sequence[AgentMessage], head: int) -> None:
    """As a transport does it, in several batches."""
    after = (rows[0].sequence_number or 1) - 1
    for part in split(list(rows)):
        view.deliver(batch_json(AGENT, part, head=head, after=after))
        after = part[-1].sequence_number or 0


def held_by(view: ViewPage) -> float:
    """MB of JavaScript after a collection."""
    session = view.page.context.new_cdp_session(view.page)
    session.send("Performance.enable")
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / MB


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def endless(view, log) -> ViewPage:
    """A view of 320 calls, 32 MB, of which a page keeps the half."""
    view.status(record())
    for begin in range(0, 320, 40):
        deliver(view, calls(begin, begin + 40, log), len(log.rows))
        view.wait_head(len(log.rows))
    return view


def test_the_page_keeps_its_share_and_says_what_it_does_not(endless, log) -> None:
    earlier = find(endless, ".earlier")
    said = earlier.inner_text()
    gone = int(said.split()[0])
    assert said == f"{gone} earlier blocks only in the store · show all"
    assert 100 < gone < 240
    assert endless.page.evaluate(AT_END), "the end is still followed"
    assert "the output of call 319" in endless.text()
    held = held_by(endless)
    for begin in range(320, 480, 40):
        deliver(endless, calls(begin, begin + 40, log), len(log.rows))
        endless.wait_head(len(log.rows))
    # It is a saw of a quarter of its share.
    assert held_by(endless) < held + 11, "16 MB more have come"
    assert int(earlier.inner_text().split()[0]) > gone + 100
    find(endless, ".scroller").evaluate("s => { s.scrollTop = 0 }")
    find(endless, ".slot").filter(has_text=f"echo {earlier.inner_text().split()[0]}").wait_for()


def test_search_says_what_it_did_not_search(endless) -> None:
    gone = find(endless, ".earlier").inner_text().split()[0]
    find(endless, ".searchbutton").click()
    find(endless, ".searchfield").fill("the output of call 7\n")
    find(endless, ".searchfield").fill("echo 319")
    assert find(endless, ".hits").inner_text() == f"1 of 1 · without {gone} earlier blocks"
    find(endless, ".searchfield").fill('echo 7"')
    assert find(endless, ".hits").inner_text() == f"nothing found · without {gone} earlier blocks"


def test_all_of_it_comes_back_where_the_reader_was(endless, log) -> None:
    earlier = find(endless, ".earlier")
    gone = int(earlier.inner_text().split()[0])
    asked = len(endless.sent("subscribe"))
    height = endless.page.evaluate("nbstream.root.offsetHeight")
    earlier.click()
    questions = endless.sent("subscribe")[asked:]
    assert [question["since"] for question in questions] == [0]
    assert endless.page.locator(".nbstream-root").count() == 1
    endless.page.wait_for_timeout(1_300)  # the view looks at itself once a second
    assert endless.page.evaluate("nbstream.root.offsetHeight") == height, "the page around it does not move"
    endless.status(record(), head=len(log.rows))
    deliver(endless, log.rows, len(log.rows))
    endless.wait_head(len(log.rows))
    here = find(endless, ".here")
    here.wait_for()
    assert f"echo {gone}" in here.inner_text(), "the first that was there"
    endless.page.wait_for_function(f"element => ({IN_SIGHT})(element)", arg=here.element_handle())
    assert find(endless, ".placebar > span").inner_text() == f"Opened at message {2 * gone + 1}"
    find(endless, ".scroller").evaluate("s => { s.scrollTop = 0 }")
    find(endless, ".slot").filter(has_text="the output of call 0").wait_for()
    # Whoever asked for all of it keeps it, at the end too.
    find(endless, ".jump").click()
    deliver(endless, calls(320, 360, log), len(log.rows))
    endless.wait_head(len(log.rows))
    assert earlier.is_hidden()
    assert endless.complaints == []


def test_nothing_goes_while_somebody_reads_or_searches(view, log) -> None:
    view.status(record())
    deliver(view, calls(0, 40, log), len(log.rows))
    view.wait_head(len(log.rows))
    earlier = find(view, ".earlier")
    find(view, ".scroller").evaluate("s => { s.scrollTop = 0 }")
    find(view, ".jump").wait_for()
    deliver(view, calls(40, 280, log), len(log.rows))
    view.wait_head(len(log.rows))
    assert earlier.is_hidden()
    find(view, ".jump").click()
    find(view, ".searchbutton").click()
    deliver(view, calls(280, 290, log), len(log.rows))
    view.wait_head(len(log.rows))
    assert earlier.is_hidden()
    find(view, ".searchfield").press("Escape")
    find(view, ".scroller").evaluate("s => { s.scrollTop = s.scrollHeight }")
    deliver(view, calls(290, 300, log), len(log.rows))
    earlier.wait_for()
