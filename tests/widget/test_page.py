"""The bundle in a real page, over a scripted model: what a reader sees, and what the kernel is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Locator, sync_playwright

from nbstream.messages import AgentMessage
from nbstream.widget.static_copy import static_copy
from nbstream.widget.wire import batch_json, error_json, raw_json, status_json
from widget.page_kit import ViewPage
from widget.rows import AGENT, START, Log, record, story

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
DONE = record("completed", completed_at=START + timedelta(seconds=58))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = CHROMIUM if Path(CHROMIUM).exists() else None
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def view(browser) -> Iterator[ViewPage]:
    view = ViewPage(browser)
    view.render()
    yield view
    assert view.complaints == []
    view.close()


def find(view: ViewPage, selector: str) -> Locator:
    return view.page.locator(f".nbstream-root {selector}")


def texts(rows: list[str]) -> list[AgentMessage]:
    log = Log()
    for content in rows:
        log.add(content, block="b")
    return log.rows


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
    assert paragraph.inner_text() == "Hello "
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
    for part in (
        "Why is the import test slow?",
        "Thought for",
        "318220 | app.loader",
        "attempt 2 of 10",
        "$0.041",
        "18,204",
    ):
        assert part in text, part
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
    cards.nth(0).locator("summary").click()
    assert cards.nth(0).locator(".fields").inner_text().split() == ["description", "List"]


def test_a_subagent_speaks_under_its_call(view) -> None:
    view.status(DONE, head=36)
    view.rows(story().rows)
    view.wait_head(36)
    lane = find(view, ".lane")
    assert lane.count() == 1
    assert lane.locator(".lanelabel").inner_text() == "subagent · 2 tools"
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
    view.deliver({"type": "agent:message", "agent_id": str(AGENT), "messages": [{"id": 1}], "head": 1})
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
    assert button.is_hidden()
    find(view, ".rawtoggle").click()
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


def test_long_lines_and_long_blocks_are_cut_with_a_word(view) -> None:
    view.status(record())
    view.rows(texts(["x" * 12_000, "y" * 500, "\nnext line"]))
    view.wait_head(3)
    assert "2,500 more characters on this line" in view.text()
    assert view.text().endswith("next line")
    log = Log()
    log.add("word\n" * 210_000, block="big")
    view.rows([replace(log.rows[0], sequence_number=4, id=UUID(int=4))])
    view.wait_head(4)
    assert "50,000 more characters are not shown here" in view.text()


def test_sixty_kilobytes_in_small_deltas_stay_fast(view) -> None:
    sentence = "Sentence number {} of a long answer, with some words in it. "
    answer = "".join(sentence.format(n) + ("\n\n" if n % 9 == 8 else "") for n in range(1100))[:60_000]
    log = Log()
    log.text("b", answer, size=20)
    batches = [batch_json(AGENT, log.rows[i : i + 6], head=i + 6) for i in range(0, len(log.rows), 6)]
    view.status(record(), head=0)
    tasks = view.pace(batches)
    view.wait_head(3000)
    assert find(view, ".said").inner_text().split() == answer.split()
    assert sum(tasks) < 3000, f"{sum(tasks):.0f} ms in all"
    assert max(tasks) < 50, f"the worst task took {max(tasks):.1f} ms"
    fifth = len(tasks) // 5
    first, last = sum(tasks[:fifth]), sum(tasks[-fifth:])
    assert last < 2 * max(first, 50), f"{first:.0f} ms at the start, {last:.0f} ms at the end"


def test_ten_thousand_messages_open_within_a_second(view) -> None:
    log = Log()
    for block in range(100):
        log.text(f"b{block}", "A few words of text. " * 100, size=21)
    view.status(DONE, head=10_000)
    took = view.page.evaluate(
        """text => new Promise(done => {
            const batch = JSON.parse(text), start = performance.now(), root = nbstream.root;
            const look = () => root.dataset.head === "10000" ? done(performance.now() - start) : requestAnimationFrame(look);
            nbstream.deliver(batch); look(); })""",
        json.dumps(batch_json(AGENT, log.rows, head=10_000)),
    )
    assert took < 1000, f"{took:.0f} ms"


def test_no_script_no_request_no_way_out_of_its_box(view) -> None:
    payloads = [
        "<img src='https://evil.test/x.png' onerror='window.hit=1'>",
        "<script>window.hit=1</script>",
        "```html\n<iframe srcdoc='<script>parent.hit=1</script>'>\n```",
        "<div style='position:fixed;inset:0;z-index:99999'>x</div>",
    ]
    log = Log()
    for number, payload in enumerate(payloads):
        log.add(payload, block=f"t{number}")
        log.call(f"c{number}", payload, f'{{"command": "{number}"}}')
        log.result(f"c{number}", payload, error=True)
        log.note(payload, payload)
        log.add(payload, type="error", role=None, part=None, op="note")
    view.page.evaluate(
        """() => { const meta = document.createElement("meta"); meta.httpEquiv = "Content-Security-Policy";
        meta.content = "require-trusted-types-for 'script'; trusted-types 'none'"; document.head.append(meta) }"""
    )
    before = list(view.requests)
    view.status(
        record("failed", source=payloads[0], model=payloads[1], prompt=payloads[2], error=payloads[3]),
        head=len(log.rows),
    )
    view.rows(log.rows)
    view.wait_head(len(log.rows))
    assert view.page.evaluate("window.hit") is None
    assert view.requests == before
    tags = view.page.evaluate(
        "[...new Set([...nbstream.root.shadowRoot.querySelectorAll('*')].map(e => e.localName))].sort()"
    )
    assert set(tags) <= {
        "button", "code", "dd", "details", "div", "dl", "dt", "footer", "header", "p", "pre", "section", "span", "style",
        "summary",
    }  # fmt: skip
    for payload in payloads[:2]:
        assert payload in view.text()


def test_it_is_light_or_dark_as_its_page_is(browser) -> None:
    view = ViewPage(browser, dark=True)
    view.render()
    theme = "nbstream.root.dataset.theme"
    assert view.page.evaluate(theme) == "dark"
    view.page.evaluate("document.body.setAttribute('data-jp-theme-light', 'true')")
    view.page.wait_for_function(f"{theme} === 'light'")
    view.page.evaluate("document.body.setAttribute('data-jp-theme-light', 'false')")
    view.page.wait_for_function(f"{theme} === 'dark'")
    view.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_has_enough_contrast(browser, dark) -> None:
    view = ViewPage(browser, dark=dark)
    view.render()
    rows = story().rows
    view.status(DONE, head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    poor = view.page.evaluate(CONTRAST)
    assert poor == []
    view.close()


# Every element with text of its own: its colour against the first opaque ground under it, by WCAG 2.2, 1.4.3.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const over = (colours) => { canvas.clearRect(0, 0, 1, 1); for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1) }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3) };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
  const poor = [];
  for (const e of nbstream.root.shadowRoot.querySelectorAll(".frame *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.closest("[hidden], .unseen") || !e.checkVisibility()) continue;
    const grounds = []; for (let a = e; a; a = a.parentElement) grounds.unshift(getComputedStyle(a).backgroundColor);
    const ground = over(["white", ...grounds]);
    let opacity = 1; for (let a = e; a; a = a.parentElement) opacity *= Number(getComputedStyle(a).opacity);
    const ink = over(["white", ...grounds, getComputedStyle(e).color]).map((v, i) => v * opacity + ground[i] * (1 - opacity));
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([e.className, ratio.toFixed(2)]);
  }
  return poor }"""


@pytest.mark.parametrize("width", [320, 800])
def test_nothing_is_wider_than_its_cell(browser, width) -> None:
    view = ViewPage(browser, width=width)
    view.render()
    rows = story().rows
    view.status(DONE, head=len(rows))
    view.rows(rows)
    view.wait_head(len(rows))
    sticking_out = view.page.evaluate(
        """() => { const box = nbstream.root.getBoundingClientRect();
        return [...nbstream.root.shadowRoot.querySelectorAll(".row, .card, header, footer, .summary")]
          .filter((e) => e.getBoundingClientRect().right > box.right + 0.5).map((e) => e.className) }"""
    )
    assert sticking_out == []
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    view.close()


def test_the_static_copy_asks_for_nothing_and_runs_nothing(browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    blocks = [
        {
            "type": "assistant",
            "part": "text",
            "content": "<img src=//evil.test/x onerror=hit()> ![a](//evil.test/y)",
            "metadata": {},
        }
    ]
    page.set_content(static_copy(record("completed"), blocks)["text/html"])
    assert "<img src=//evil.test/x" in page.inner_text(".nbstream-copy")
    assert page.locator("img, a, script, iframe").count() == 0
    assert requests == []
    context.close()


def test_the_wire_of_the_kernel_is_what_the_view_reads(view) -> None:
    rows = story().rows
    view.deliver(status_json(DONE, head=len(rows), complete=True), batch_json(AGENT, rows, head=len(rows)))
    view.wait_head(len(rows))
    assert "malformed" not in find(view, ".truth").inner_text()
