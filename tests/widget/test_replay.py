"""A replay in a real page, over a scripted model: it plays, seeks both ways at once, and shows the moment's figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from nbstream.messages import COST_USD, INPUT_TOKENS, KIND, OUTPUT_TOKENS, RESPONSE_ID
from nbstream.wire import batch_json, split, status_json
from widget.page_kit import ViewPage
from widget.rows import AGENT, START, Log, record, story

pytestmark = pytest.mark.browser

ROWS = 10_000
INSTANT = 400
"""Milliseconds within which a seek is on the page, on a machine that does other things too."""


class ReplayPage(ViewPage):
    def begin(self, log: Log, speed: float) -> None:
        self.log = log
        self.page.evaluate("traits => nbstream.renderModel(traits)", {"agent_id": str(AGENT), "replay_speed": speed})
        head = len(log.rows)
        self.deliver(status_json(record("completed", completed_at=log.now), head=head))
        for rows in split(log.rows):
            self.deliver(batch_json(AGENT, rows, head=head))
        self.page.wait_for_selector(f'.nbstream-replay[data-rows="{head}"]')

    def bar(self, selector: str):
        return self.page.locator(f".nbstream-replay .replaybar {selector}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.bar(".scrubber").press(key)

    def wait_row(self, row: int) -> None:
        self.page.wait_for_selector(f'.nbstream-replay[data-row="{row}"][data-shown="{row}"]')
        self.wait_head(row)

    def seek(self, row: int) -> float:
        """Types a row; milliseconds until a view with just those rows is what is seen."""
        return float(
            self.page.evaluate(
                """async (row) => {
                  const host = document.querySelector(".nbstream-replay");
                  const input = host.shadowRoot.querySelector(".replaybar .row");
                  const seen = () => host.dataset.shown === String(row) &&
                    host.shadowRoot.querySelector(".scene:not(.coming) .nbstream-root").dataset.head === String(row);
                  const start = performance.now();
                  input.value = row;
                  input.dispatchEvent(new Event("change"));
                  while (!seen()) await new Promise((done) => requestAnimationFrame(done));
                  return performance.now() - start;
                }""",
                row,
            )
        )

    def shown(self) -> str:
        return str(self.page.evaluate(
            "document.querySelector('.nbstream-replay').shadowRoot"
            ".querySelector('.scene:not(.coming) .nbstream-root').shadowRoot.querySelector('.column').innerText"
        ))  # fmt: skip


@pytest.fixture
def replay(browser) -> Iterator[ReplayPage]:
    page = ReplayPage(browser)
    yield page
    assert page.complaints == []
    page.close()


def spoken() -> Log:
    """Four answers, ten seconds apart, each with its tokens; the cost comes at the end."""
    log = Log()
    for n in range(1, 5):
        log.add(f"Answer {n}.", block=f"a{n}", after=10)
        figures = {KIND: "usage", INPUT_TOKENS: 100, OUTPUT_TOKENS: 10, RESPONSE_ID: f"r{n}"}
        log.add("", type="system", role="system", part=None, op="note", after=0.1, metadata=figures)
    log.response(**{INPUT_TOKENS: 400, OUTPUT_TOKENS: 40, COST_USD: 0.25})
    return log


def test_it_plays_at_the_runs_own_pace_times_its_speed_and_then_rests(replay) -> None:
    begun = replay.page.evaluate("performance.now()")
    replay.begin(spoken(), 20)
    assert replay.page.get_attribute(".nbstream-replay", "data-playing") == "true", "it begins by itself"
    assert replay.bar(".speed").input_value() == "20"
    replay.page.wait_for_selector('.nbstream-replay[data-row="9"][data-playing="false"]')
    took = replay.page.evaluate("performance.now()") - begun
    # 40.5 seconds of the run are 2 of the reader's; frames that are late make it longer, never shorter.
    assert took > 2_000
    replay.wait_head(9)
    assert "Answer 4." in replay.shown()
    replay.page.wait_for_selector('.nbstream-root[data-state="finished"]')


def test_every_moment_has_its_rows_its_figures_and_its_clock_forward_and_back(replay) -> None:
    replay.begin(spoken(), 1)
    replay.press("k")
    replay.page.wait_for_selector('.nbstream-replay[data-playing="false"]')
    for row, figures, answers in (
        (4, "200 in · 20 out", 2),
        (9, "400 in · 40 out · $0.25", 4),
        (2, "100 in · 10 out", 1),
    ):
        replay.seek(row)
        replay.page.wait_for_function(
            "text => document.querySelector('.nbstream-replay').shadowRoot.querySelector('.figures').textContent === text",
            arg=figures,
        )
        shown = replay.shown()
        assert [n for n in range(1, 5) if f"Answer {n}." in shown] == list(range(1, answers + 1))
    elapsed = replay.page.locator(".nbstream-replay .scene:not(.coming) .elapsed")
    assert elapsed.inner_text() == "0:10", "the time of the run, not of today, as soon as the view is seen"
    assert replay.page.locator(".nbstream-replay .scene button.stop").is_hidden()
    assert replay.page.get_attribute(".nbstream-root", "data-state") == "replay"


def test_the_keyboard_goes_by_time_by_row_and_to_either_end(replay) -> None:
    replay.begin(spoken(), 1)
    replay.press("k", "Home")
    replay.wait_row(0)
    replay.press("ArrowRight", "ArrowRight", "ArrowRight")
    replay.wait_row(2)
    replay.press(".")
    replay.wait_row(3)
    replay.press(",", ",")
    replay.wait_row(1)
    replay.press("End")
    replay.wait_row(9)
    replay.press("ArrowLeft")
    replay.wait_row(6)
    replay.press(" ")
    replay.page.wait_for_selector('.nbstream-replay[data-playing="true"]')
    replay.press("k")
    replay.bar(".axis").click()
    expect(replay.bar(".axis")).to_have_text("by row")
    assert replay.bar(".scrubber").get_attribute("max") == "9"
    replay.bar(".scrubber").fill("4")
    replay.wait_row(4)


def test_ten_thousand_rows_seek_both_ways_at_once(replay) -> None:
    log = Log()
    for n in range(ROWS // 20):
        log.call(f"c{n}", "Bash", '{"command": "make"}', after=0.1)
        log.result(f"c{n}", f"output {n}", after=0.1)
        log.text(f"a{n}", f"Said {n:05d}. " * 18, size=12, after=0.01)
    del log.rows[ROWS:]
    replay.begin(log, 1)
    replay.press("k")
    sent = len(replay.page.evaluate("nbstream.sent"))
    times = {row: replay.seek(row) for row in (ROWS, 9_000, 1, 5_000, 4_999, 7_500, 20)}
    assert max(times.values()) < INSTANT * 5, times
    assert sorted(times.values())[len(times) // 2] < INSTANT, times
    assert "Said 00000" in replay.shown()
    assert len(replay.page.evaluate("nbstream.sent")) == sent, "nobody is asked for what is here"


def test_a_missing_page_of_the_log_is_asked_for_again_before_it_plays(replay) -> None:
    log = story()
    replay.page.evaluate("traits => nbstream.renderModel(traits)", {"agent_id": str(AGENT), "replay_speed": 64})
    head = len(log.rows)
    replay.deliver(status_json(record("completed", completed_at=START + timedelta(seconds=58)), head=head))
    replay.rows(log.rows[:10], head=head)
    replay.page.wait_for_selector('.nbstream-replay[data-rows="10"][data-playing="false"]')
    replay.page.wait_for_function("nbstream.sent.some(({type, since}) => type === 'subscribe' && since === 10)")
    replay.rows(log.rows[10:])
    replay.wait_row(head)


def test_what_is_saved_with_a_row_is_still_there_to_be_asked_for(replay) -> None:
    replay.begin(spoken(), 64)
    replay.wait_row(9)
    replay.page.locator(".nbstream-replay .scene .rawtoggle").click()
    replay.page.locator(".nbstream-replay .scene .rawbutton").first.click()
    assert replay.sent("raw")[0]["agent_id"] == str(AGENT)
