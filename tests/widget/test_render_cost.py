"""What drawing costs: hostile shapes, long answers in small pieces, and the limits of one message."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from widget import pathological
from widget.render_kit import ask, blank_page

pytestmark = pytest.mark.browser

LIMIT = 500  # ms: the main thread's own time, a machine that is busy with other things does not count


@pytest.fixture(scope="module")
def page(browser) -> Iterator[Page]:
    page = blank_page(browser)
    yield page
    page.close()


def cost(page: Page, text: str) -> tuple[float, int]:
    """Milliseconds of the main thread, layout and paint included, and the nodes that came of it."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _task_time(session)
    nodes = ask(
        page,
        """async text => { document.body.replaceChildren(); const element = tree.whole(text); document.body.append(element);
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        return document.createTreeWalker(element).root.querySelectorAll("*").length }""",
        text,
    )
    took = _task_time(session) - before
    session.detach()
    return took, nodes


def _task_time(session) -> float:
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return metrics["TaskDuration"] * 1000


def test_there_are_forty() -> None:
    texts = pathological.texts()
    assert len(texts) == 40
    assert sum(len(text) > 50_000 for text in texts.values()) >= 39


def test_no_text_takes_long(page) -> None:
    slow, heavy = {}, {}
    for name, text in pathological.texts().items():
        took, nodes = cost(page, text)
        print(f"{name:24} {took:6.0f} ms {nodes:6} elements")
        if took > LIMIT:
            slow[name] = took
        if nodes > 20_100:
            heavy[name] = nodes
    assert slow == {}
    assert heavy == {}


def cuts(page: Page, text: str) -> list[str]:
    found: list[str] = ask(page, "text => [...tree.whole(text).querySelectorAll('.cut')].map(e => e.textContent)", text)
    return found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("word " * 250_000, "250,000 more characters are not shown"),
        ("**a** `b` " * 12_000, "more than 20,000 elements"),
        ("|a|b|\n|-|-|\n" + "|1|2|\n" * 3000, "1,002 more cells"),
        ("|a" * 300 + "|\n" + "|-" * 300 + "|\n", "100 more cells"),
        ("> " * 60 + "deep", "nested more than 50 deep"),
        ("x" * 10_500, "500 more characters on this line"),
        ("`" + "x" * 10_500 + "`", "500 more characters on this line"),
        ("```\n" + "x" * 10_500 + "\n```", "500 more characters on this line"),
    ],
    ids=["message", "nodes", "cells", "columns", "nesting", "line", "code span", "code line"],
)
def test_a_limit_that_bites_is_told(page, text, told) -> None:
    assert any(told in line for line in cuts(page, text)), cuts(page, text)


@pytest.mark.parametrize("size", [3_001, 200_000])
def test_what_is_over_the_limit_of_elements_is_all_there_in_short_paragraphs(page, size) -> None:
    lines = "".join(f"line {number} of what is too much\n" for number in range(2_000))
    paragraphs = ask(page, PLAIN, {"text": "**a** `b` " * 8_000 + "\n\n" + lines, "size": size})
    assert "".join(paragraphs).endswith(lines)
    assert max(len(each) for each in paragraphs[1:]) < 4_100
    assert len(paragraphs) > len(lines) / 4_100


def test_what_is_too_deep_is_still_there(page) -> None:
    text = ask(page, "text => tree.whole(text).textContent", "> " * 60 + "the words")
    assert "the words" in text


def test_a_long_link_is_text(page) -> None:
    text = f"[words](https://a.test/{'x' * 2100})"
    assert ask(page, "text => tree.whole(text).querySelectorAll('a').length", text) == 0


def test_streaming_costs_the_same_at_the_end(page) -> None:
    """Every shape that grows long: what the last fifth costs is what the first costs."""
    shapes = {
        "paragraphs": "Some words with `code` and **weight**, as answers have.\n\n",
        "code": "```python\n" + "x = compute(1, 'two')  # why\n" * 40 + "```\n\n",
        "open code": None,
        "list": "- an item with `code` in it\n",
        "table": None,
    }
    texts = {name: shape * (60_000 // len(shape)) for name, shape in shapes.items() if shape is not None}
    texts["open code"] = "```js\n" + "const x = compute(1);\n" * 2700
    texts["table"] = "| a | b |\n|---|---|\n" + "| some cell | `x` |\n" * 1500
    for name, text in texts.items():
        fifths = ask(page, STREAM, {"text": text, "size": 60})
        print(name, [round(fifth) for fifth in fifths])
        assert sum(fifths) < 3000, name
        assert fifths[-1] < 3 * max(fifths[0], 40), f"{name}: {fifths}"


STREAM = """async ({ text, size }) => {
  const view = new draw.RichText("prose"), fifths = [0, 0, 0, 0, 0]; document.body.replaceChildren(view.element);
  for (let at = 0; at < text.length; at += size) {
    const start = now(); view.append(text.slice(at, at + size)); await tree.drawn();
    fifths[Math.floor(5 * at / text.length)] += now() - start;
  }
  return fifths }"""

PLAIN = """({ text, size }) => {
  const view = new draw.RichText("prose");
  for (let at = 0; at < text.length; at += size) { view.append(text.slice(at, at + size)); view.flush(); }
  return [...view.element.querySelectorAll(".plain")].map((each) => each.textContent) }"""
