"""The bundle in a real page, over a scripted model: what a reader sees, and what the kernel is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nbstream.wire import error_json, raw_json
from widget.page_kit import find
from widget.rows import AGENT, DONE, START, Log, record, story, texts

pytestmark = pytest.mark.browser


def test_it_asks_for_everything_and_shows_that_it_waits(view) -> None:
    assert view.sent("subscribe")[0] == {"type": "subscribe", "agent_id": str(AGENT), "since": 0}
    view.wait_state("connecting")
    assert view.page.get_attribute(".nbstream-root", "data-status") == "connecting"
    view.page.wait_for_function("nbstream.sent.length >= 2")
    assert {message["since"] for message in view.sent("subscribe")} == {0}


def test_text_grows_in_place(view) -> None:
    rows = texts(["Hel", "lo ", "wor", "ld.\n\n", "Next."])
    view.status(record(), head=5)
    view.rows(rows[:2], head=2)
    view.wait_head(2)
    paragraph = find(view, ".said p").element_handle()
    assert paragraph is not None
    assert paragraph.inner_text() == "Hello"
    view.rows(rows[2:])
    view.wait_head(5)
    assert paragraph.inner_text() == "Hello world.", "the same element, added to"
    assert find(view, ".said p").all_inner_texts() == ["Hello world.", "Next."]
    assert find(view, ".said").get_attribute("aria-busy") == "true"
    view.status(DONE, head=5)
    view.wait_state("finished")
    assert find(view, ".said").get_attribute("aria-busy") is None


def test_a_set_that_corrects_its_deltas_wins(view) -> None:
    log = Log()
    log.add("Helo", block="b")
    log.add("Hello", block="b", op="set")
    log.add("gone", block="c")
    log.add("", block="c", op="drop")
    view.status(record())
    view.rows(log.rows)
    view.wait_head(4)
    assert "Hello" in view.text()
    assert "Helo" not in view.text().replace("Hello", "")
    assert "gone" not in view.text()


def test_the_story_is_all_there(view) -> None:
    view.status(DONE, head=36, duplicates=3)
    view.rows(story().rows)
    view.wait_head(36)
    view.wait_state("finished")
    text = view.text()
    # Only what is near the viewport is on the page: the end first, then the beginning.
    find(view, ".scroller").evaluate("s => { s.scrollTop = 0 }")
    find(view, ".mind").wait_for()
    story_told = text + view.text()
    for part in (
        "Why is the import test slow?",
        "Thought for",
        "318220 | app.loader",
        "attempt 2 of 10",
        "$0.041",
        "18,204",
    ):
        assert part in story_told, part
    assert text.count("Why is the import test slow?") == 1
    assert find(view, "pre code").inner_text().startswith("@cache\ndef plugins()")
    truth = find(view, "footer .truth").inner_text()
    assert truth == "finished · seq 1\N{EN DASH}36 · 0 holes · 3 duplicates refused · saved · comm"


def test_a_call_and_its_result_are_one_card(view) -> None:
    view.status(record())
    log = Log()
    log.call("c1", "Bash", '{"command": "ls -l", "description": "List"}')
    log.call("c2", "Read", '{"file_path": "a.py"}')
    view.rows(log.rows)
    view.wait_head(2)
    cards = find(view, ".card")
    assert cards.count() == 2
    assert cards.nth(0).get_attribute("data-outcome") == "running"
    # Parallel calls are answered in the order in which they end.
    log.result("c2", "no such file", error=True)
    log.result("c1", "total 0")
    view.rows(log.rows[2:])
    view.wait_head(4)
    assert cards.count() == 2
    assert [cards.nth(n).get_attribute("data-outcome") for n in range(2)] == ["ok", "bad"]
    assert "total 0" in cards.nth(0).inner_text()
    assert "no such file" in cards.nth(1).inner_text()
    assert cards.nth(0).locator(".time").inner_text() == "3.1 s"
    find(view, ".row.tool").nth(0).get_by_role("button", name="input").click()
    assert cards.nth(0).locator(".fields").inner_text().split() == ["description", "List"]
    cards.nth(0).locator("summary").click()
    assert not cards.nth(0).locator(".output").is_visible()


def test_a_subagent_speaks_under_its_call(view) -> None:
    view.status(DONE, head=36)
    view.rows(story().rows)
    view.wait_head(36)
    lane = find(view, ".lane")
    assert lane.count() == 1
    assert lane.locator(".lanelabel").inner_text() == "subagent · Explore · 10 s · 2 tools"
    assert lane.locator(".name").all_inner_texts() == ["Read", "Grep"]
    owner = (
        find(
            view,
            ".row.tool",
        )
        .filter(has=view.page.locator(".lane"))
        .locator(".name")
        .first
    )
    assert owner.inner_text() == "Agent"


def test_a_long_output_shows_its_first_lines_until_asked(view) -> None:
    log = Log()
    log.call("c", "Bash", '{"command": "seq 100"}')
    log.result("c", "\n".join(map(str, range(1, 101))))
    view.status(record())
    view.rows(log.rows)
    view.wait_head(2)
    output = find(view, ".output pre")
    assert output.inner_text().split() == [str(n) for n in range(1, 9)]
    find(view, ".more").click()
    assert len(output.inner_text().split()) == 100
    find(view, ".more").click()
    assert len(output.inner_text().split()) == 8


def test_stop_asks_the_kernel_once(view) -> None:
    view.status(record())
    stop = find(view, ".stop")
    stop.click()
    assert view.sent("stop") == [{"type": "stop", "agent_id": str(AGENT)}]
    assert stop.is_disabled()
    assert stop.inner_text() == "Stopping…"
    view.status(record("stopped", completed_at=START))
    view.wait_state("stopped")
    assert stop.is_hidden()


def test_a_hole_is_told_and_asked_for_and_nothing_after_it_is_shown(view) -> None:
    rows = texts(["one ", "two ", "three ", "four "])
    view.status(record(), head=1)
    view.rows(rows[:1])
    view.rows(rows[2:])
    view.wait_head(1)
    view.wait_state("catching-up")
    assert "three" not in view.text()
    assert "1 hole " in find(view, ".truth").inner_text()
    view.page.wait_for_function("nbstream.sent.some(m => m.type === 'subscribe' && m.since === 1)")
    view.rows(rows[1:3], head=4)
    view.wait_head(4)
    view.wait_state("live")
    assert view.text().split()[-4:] == ["one", "two", "three", "four"]
    assert "0 holes" in find(view, ".truth").inner_text()


def test_a_head_beyond_the_last_row_is_a_hole_too(view) -> None:
    view.status(record(), head=2)
    view.rows(texts(["one "]), head=2)
    view.wait_state("catching-up")
    view.page.wait_for_function("nbstream.sent.some(m => m.type === 'subscribe' && m.since === 1)")


def test_doubled_and_shuffled_batches_read_as_one(view) -> None:
    rows = texts([f"{n} " for n in range(1, 41)])
    view.status(record(), head=40)
    for start in (30, 0, 10, 0, 20, 30):
        view.rows(rows[start : start + 10], head=40)
    view.wait_head(40)
    assert view.text().split()[-40:] == [str(n) for n in range(1, 41)]


def test_the_same_id_with_other_content_is_told(view) -> None:
    row = texts(["one"])[0]
    view.status(record())
    view.rows([row])
    view.rows([replace(row, content="two")])
    view.page.wait_for_function("nbstream.root.shadowRoot.querySelector('.truth').textContent.includes('1 conflict')")
    assert "two" not in view.text()


def test_a_kernel_that_is_gone_is_told_with_what_to_do(view) -> None:
    view.status(record(), head=9)
    view.page.evaluate("nbstream.broken = true")
    view.wait_state("kernel-gone")
    assert f'nbs.attach("{AGENT}")' in find(view, ".notice").inner_text()
    assert find(view, ".stop").is_hidden()
    # A kernel that speaks again is not gone.
    view.page.evaluate("nbstream.broken = false")
    view.status(record(), head=0)
    view.page.wait_for_selector('.nbstream-root:not([data-state="kernel-gone"])')


@pytest.mark.parametrize(
    ("live", "state"),
    [("reconnecting", "reconnecting"), ("stalled", "stalled"), ("gone", "source-gone"), ("live", "live")],
)
def test_the_source_s_state_is_told_with_its_reason(view, live, state) -> None:
    view.status(record(), live={"state": live, "detail": "attempt 2 in 1.5 s"})
    view.wait_state(state)
    assert find(view, ".notice").is_visible() == (live != "live")
    if live != "live":
        assert find(view, ".notice").inner_text() == "attempt 2 in 1.5 s"


@pytest.mark.parametrize(
    ("status", "state"),
    [("completed", "finished"), ("stopped", "stopped"), ("failed", "failed"), ("interrupted", "interrupted")],
)
def test_how_it_ended_is_told(view, status, state) -> None:
    view.status(record(status, error="the reason" if status in {"failed", "interrupted"} else None))
    view.wait_state(state)
    assert view.page.get_attribute(".nbstream-root", "data-status") == status
    assert find(view, ".pill").inner_text() == state
    assert find(view, ".notice").is_visible() == (status in {"failed", "interrupted"})


def test_what_cannot_be_read_is_told(view) -> None:
    view.status(record())
    view.deliver({"type": "agent:message", "agent_id": str(AGENT), "messages": [{"content": 1}], "head": 1})
    view.page.wait_for_function("nbstream.root.shadowRoot.querySelector('.truth').textContent.includes('1 malformed')")
    view.deliver(error_json(AGENT, RuntimeError("the store is closed")))
    view.page.wait_for_function(
        "nbstream.root.shadowRoot.querySelector('.notice').textContent.includes('store is closed')"
    )


def test_raw_shows_the_source_of_a_row(view) -> None:
    view.status(record())
    view.rows(texts(["one", " two"]))
    view.wait_head(2)
    button = find(view, ".rawbutton")
    bar = find(view, ".actions")
    opacity = "bar => getComputedStyle(bar).opacity"
    assert bar.evaluate(opacity) == "0"
    find(view, ".rawtoggle").click()
    view.page.wait_for_function("getComputedStyle(nbstream.root.shadowRoot.querySelector('.actions')).opacity === '1'")
    button.click()
    assert view.sent("raw") == [{"type": "raw", "agent_id": str(AGENT), "sequence_number": 2}]
    view.deliver(raw_json(AGENT, 2, '{"delta": " two"}'))
    view.page.wait_for_function("nbstream.root.shadowRoot.querySelector('.rawanswer').textContent.includes('delta')")


def test_it_follows_the_bottom_and_never_moves_a_reader_who_left_it(view) -> None:
    rows = texts([f"line {n}\n\n" for n in range(200)])
    view.status(record(), head=100)
    view.rows(rows[:100])
    view.wait_head(100)
    distance = "(() => { const s = nbstream.root.shadowRoot.querySelector('.scroller'); return s.scrollHeight - s.scrollTop - s.clientHeight })()"
    view.page.wait_for_function(f"{distance} < 2")
    find(view, ".scroller").hover()
    view.page.mouse.wheel(0, -600)
    view.page.wait_for_function(f"{distance} > 300")
    # The wheel scrolls on for some frames; the place counts once it rests.
    place = "nbstream.root.shadowRoot.querySelector('.scroller').scrollTop"
    view.page.wait_for_function(
        f"new Promise(r => {{ const before = {place}; setTimeout(() => r({place} === before), 150) }})"
    )
    top = view.page.evaluate(place)
    view.rows(rows[100:])
    view.wait_head(200)
    assert view.page.evaluate(place) == top
    find(view, ".jump").click()
    view.page.wait_for_function(f"{distance} < 2")


def test_two_views_of_one_agent_each_show_all(view) -> None:
    rows = texts(["one ", "two "])
    view.status(record(), head=1)
    view.rows(rows[:1])
    view.wait_head(1)
    view.render()
    # The second view asks from the start, and the answer goes to both.
    view.status(record(), head=2)
    view.rows(rows)
    view.page.wait_for_function("document.querySelectorAll('.nbstream-root[data-head=\"2\"]').length === 2")
    said = view.page.locator(".nbstream-root .said")
    assert [text.split() for text in said.all_inner_texts()] == [["one", "two"], ["one", "two"]]


def test_the_cleanup_takes_everything_away(view) -> None:
    view.status(record())
    view.page.evaluate("nbstream.cleanups.forEach(clean => clean())")
    assert view.page.locator(".nbstream-root").count() == 0
    assert view.page.evaluate("nbstream.listeners.size") == 0
    before = len(view.sent("subscribe"))
    view.page.wait_for_timeout(700)
    assert len(view.sent("subscribe")) == before
