"""A view that is opened at a place: the block is in sight, unfolded, marked and told, and the end is not followed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import Locator

from nbstream.messages import AgentMessage
from nbstream.wire import batch_json, split, status_json
from widget.page_kit import ViewPage
from widget.rows import AGENT, Log, record

pytestmark = pytest.mark.browser

CURRENT = "[...(CSS.highlights.get('nbstream-current') ?? [])].map(String)"
TOLD = """() => { const place = nbstream.root.shadowRoot.querySelector('.unseen[aria-live]'); window.told = [];
  new MutationObserver(() => window.told.push(place.textContent)).observe(place, { childList: true, characterData: true, subtree: true }) }"""
IN_SIGHT = """element => { const own = element.getBoundingClientRect();
  const box = element.closest('.scroller').getBoundingClientRect();
  return own.bottom > box.top && own.top < box.bottom }"""


class PlacePage(ViewPage):
    """A view of one agent at a place."""

    def open_at(self, at: int, *words: str) -> None:
        traits = {"agent_id": str(AGENT), "at": at, "words": words}
        self.page.evaluate("traits => nbstream.renderModel(traits)", traits)
        self.page.evaluate(TOLD)

    def run_of(self, rows: Sequence[AgentMessage], status: str = "completed") -> None:
        head = rows[-1].sequence_number or 0
        self.deliver(status_json(record(status), head=head))
        after = 0
        for part in split(list(rows)):
            self.deliver(batch_json(AGENT, part, head=head, after=after))
            after = part[-1].sequence_number or 0
        self.wait_head(head)

    def find(self, selector: str) -> Locator:
        return self.page.locator(f".nbstream-root {selector}")

    @property
    def here(self) -> Locator:
        return self.find(".here")

    def line(self) -> str:
        return self.find(".placebar > span").inner_text()

    def assert_here(self, text: str) -> None:
        """One block is marked; it says that, and it is in sight."""
        self.here.wait_for()
        assert self.here.count() == 1
        assert text in self.here.inner_text()
        self.page.wait_for_function(f"element => ({IN_SIGHT})(element)", arg=self.here.element_handle())


@pytest.fixture
def place(browser) -> Iterator[PlacePage]:
    page = PlacePage(browser)
    yield page
    assert page.complaints == []
    page.close()


def long_log(count: int = 10_000) -> Log:
    """Answers, folded thoughts and calls in turn, of different heights."""
    log = Log()
    while len(log.rows) < count:
        n = len(log.rows) + 1
        log.add(f"Answer {n} says " + "a few words and more of them. " * (n % 11), block=f"t{n}", op="set")
        log.add(f"Thought {n + 1} hides **some** words.", block=f"r{n}", op="set", part="reasoning")
        log.call(f"c{n}", "Bash", json.dumps({"command": f"echo {n}", "description": f"needle {n}"}))
        log.result(f"c{n}", "\n".join(f"line {k} of {n}" for k in range(40)))
    return log


@pytest.fixture(scope="module")
def rows() -> list[AgentMessage]:
    return long_log().rows


def test_a_thought_in_the_middle_of_ten_thousand_messages(place, rows) -> None:
    place.open_at(5002, "some words", "hides")
    place.run_of(rows)
    place.assert_here("Thought 5002 hides some words.")
    assert place.here.locator("details").evaluate("d => d.open")
    assert place.line() == "Opened at message 5,002"
    # Words go on where the bold ends.
    assert place.page.evaluate(CURRENT) == ["hides"]
    assert place.page.evaluate("[...CSS.highlights.get('nbstream-found')].map(String)") == ["some words"]
    assert place.find(".jump").is_visible(), "the end is not followed"
    assert place.find(".slot").count() <= 120
    assert "Opened at message 5,002" in ". ".join(place.page.evaluate("window.told"))
    assert place.here.get_attribute("aria-current") == "location"
    assert place.page.evaluate("nbstream.root.shadowRoot.activeElement") is None, "nobody's focus is taken"


def test_the_mark_is_there_when_the_reader_comes_back_and_goes_when_asked(place, rows) -> None:
    place.open_at(5002)
    place.run_of(rows)
    place.assert_here("Thought 5002")
    place.find(".scroller").evaluate("s => { s.scrollTop = s.scrollHeight }")
    place.here.wait_for(state="detached")
    place.find(".kindsbutton").click()
    place.find(".kinds").get_by_label("reasoning").uncheck()
    place.find(".placebar").get_by_role("button", name="show").click()
    place.assert_here("Thought 5002")
    assert place.here.evaluate("e => e.getRootNode().activeElement === e"), "who asked for it has the focus there"
    assert place.find(".kinds").get_by_label("reasoning").is_checked()
    place.find(".placebar").get_by_role("button", name="Take the mark away").click()
    assert place.here.count() == 0
    assert place.find(".placebar").is_hidden()


def test_the_result_of_a_call_is_shown_whole_and_the_words_are_in_sight(place, rows) -> None:
    place.open_at(7004, "line 39 of 7001")
    place.run_of(rows)
    place.assert_here("line 39 of 7001")
    assert place.page.evaluate(CURRENT) == ["line 39 of 7001"]
    inside = """() => { const [range] = CSS.highlights.get('nbstream-current'), own = range.getBoundingClientRect();
      const box = nbstream.root.shadowRoot.querySelector('.scroller').getBoundingClientRect();
      return own.top >= box.top && own.bottom <= box.bottom }"""
    place.page.wait_for_function(inside)


def test_the_input_of_a_call_opens_where_the_words_are_in_it(place, rows) -> None:
    place.open_at(7003, "needle 7001")
    place.run_of(rows)
    place.assert_here("needle 7001")
    assert place.page.evaluate(CURRENT) == ["needle 7001"]


def test_a_row_of_a_subagent_that_its_lane_had_left_out(place) -> None:
    log = Log()
    log.call("a", "Task", '{"description": "look"}')
    for n in range(40):
        log.call(f"s{n}", "Read", json.dumps({"file_path": f"{n}.py"}), parent="a")
        log.result(f"s{n}", f"contents of {n}", parent="a")
    log.result("a", "Looked.")
    place.open_at(7, "contents")
    place.run_of(log.rows)
    place.assert_here("contents of 2")
    assert place.page.evaluate(CURRENT) == ["contents"]


def test_the_prompt_is_the_top(place, rows) -> None:
    place.open_at(0, "slow")
    place.run_of(rows)
    place.assert_here("Why is the import test slow?")
    assert place.line() == "Opened at the prompt"
    assert place.find(".scroller").evaluate("s => s.scrollTop") == 0
    assert place.page.evaluate(CURRENT) == ["slow"]


def test_a_message_that_is_not_there_opens_the_nearest_and_says_so(place, rows) -> None:
    place.open_at(20_000)
    place.run_of(rows)
    place.assert_here("line 39 of 9997")
    assert place.line() == "Message 20,000 is not in this transcript; the nearest block is marked"


def test_a_message_that_was_withdrawn_opens_the_nearest_and_says_so(place) -> None:
    log = Log()
    log.add("First.", block="a", op="set")
    log.add("Withdrawn.", block="b", op="set")
    log.add("", block="b", op="drop")
    log.add("After all.", block="c", op="set")
    place.open_at(2)
    place.run_of(log.rows)
    place.assert_here("First.")
    assert "is not in this transcript" in place.line()


def test_a_running_agent_grows_and_the_place_stays(place, rows) -> None:
    place.open_at(2002)
    place.run_of(rows[:4000], "running")
    place.assert_here("Thought 2002")
    top = place.here.evaluate("e => Math.round(e.getBoundingClientRect().top)")
    for start in range(4000, 4400, 100):
        place.rows(rows[start : start + 100])
        place.wait_head(start + 100)
    assert place.here.evaluate("e => Math.round(e.getBoundingClientRect().top)") == top
    assert place.find(".jump").is_visible()


def test_the_last_message_of_a_running_agent_is_not_followed_either(place, rows) -> None:
    place.open_at(401)
    place.run_of(rows[:401], "running")
    place.assert_here("Answer 401")
    for start in range(401, 801, 50):
        place.rows(rows[start : start + 50])
        place.wait_head(start + 50)
    place.assert_here("Answer 401")


def test_a_message_to_come_is_waited_for(place, rows) -> None:
    place.open_at(602)
    place.run_of(rows[:400], "running")
    place.page.wait_for_function(
        "nbstream.root.shadowRoot.querySelector('.placebar').textContent.includes('has not come yet')"
    )
    place.rows(rows[400:800])
    place.wait_head(800)
    place.assert_here("Thought 602")


def test_it_opens_there_too_when_the_page_shows_it_late(place, rows) -> None:
    """A notebook lays its cells out when they come near."""
    place.page.evaluate("document.getElementById('cell').style.display = 'none'")
    place.open_at(5002)
    place.deliver(status_json(record("completed"), head=len(rows)))
    for part in split(rows):
        place.deliver(batch_json(AGENT, part, head=len(rows), after=(part[0].sequence_number or 1) - 1))
    place.page.wait_for_function("nbstream.root.dataset.head === '10000'")
    place.page.evaluate("document.getElementById('cell').style.display = ''")
    place.assert_here("Thought 5002")


def test_traits_that_name_no_place_show_the_end(place, rows) -> None:
    traits: dict[str, Any] = {"agent_id": str(AGENT), "at": None, "words": []}
    place.page.evaluate("traits => nbstream.renderModel(traits)", traits)
    place.run_of(rows[:400])
    assert place.find(".placebar").count() == 0
    assert place.find(".jump").is_hidden()
