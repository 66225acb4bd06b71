"""The bundle in a real page, over a scripted model: what it costs, what it keeps out, and how it looks to all."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from nbstream.widget.static_copy import static_copy
from nbstream.wire import batch_json, status_json
from support import until
from widget.page_kit import ViewPage, find
from widget.rows import AGENT, DONE, Log, record, story, texts

pytestmark = pytest.mark.browser


def test_long_lines_and_long_blocks_are_cut_with_a_word(view) -> None:
    view.status(record())
    view.rows(texts(["x" * 12_000, "y" * 500, "\nnext line"]))
    until(lambda: "2,500 more characters on this line" in view.text(), what="the word for what is left out")
    assert view.text().endswith("next line")
    log = Log()
    log.add("word\n" * 210_000, block="big")
    view.rows([replace(log.rows[0], sequence_number=4, id=UUID(int=4))])
    view.wait_head(4)
    until(lambda: "50,000 more characters are not shown here" in view.text(), what="the word for the rest")


def test_sixty_kilobytes_in_small_deltas_are_all_there(view) -> None:
    """What it costs is printed by `tests/benchmarks/bench_view.py`."""
    sentence = "Sentence number {} of a long answer, with some words in it. "
    answer = "".join(sentence.format(n) + ("\n\n" if n % 9 == 8 else "") for n in range(1100))[:60_000]
    log = Log()
    log.text("b", answer, size=20)
    batches = [batch_json(AGENT, log.rows[i : i + 60], head=i + 60) for i in range(0, len(log.rows), 60)]
    view.status(record(), head=0)
    view.page.evaluate("text => nbstream.pace(JSON.parse(text))", json.dumps(batches))
    view.wait_head(3000)
    view.status(DONE, head=3000)
    view.wait_state("finished")
    assert find(view, ".said").inner_text().split() == answer.split()
    assert find(view, ".said p").count() == answer.count("\n\n") + 1


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
        "button", "code", "dd", "details", "div", "dl", "dt", "footer", "header", "input", "label", "p", "pre", "section",
        "span", "style", "summary",
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
    if (opacity === 0) opacity = 1;  // not there until the pointer or the focus comes: judged as it is then
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
