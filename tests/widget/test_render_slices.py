"""Long texts: read in slices, one a frame, in order, shared by all texts of a page; and standing in parts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from widget.render_kit import ask, blank_page

pytestmark = pytest.mark.browser

MOST = 2000  # characters of one frame, of all texts together

# What each frame adds is noted before it draws: a frame's own callbacks run in the order they were asked for. A busy machine
# may draw another frame before it is noted, and what is late by 100 ms is drawn without one: both are counted.
FRAMES = """async texts => {
  const views = texts.map(() => new draw.RichText("prose")); document.body.replaceChildren(...views.map((v) => v.element));
  const seen = [views.map(() => 0)], at = [[0, performance.now()]], start = Date.now();
  let frame = 1;
  const count = () => { frame += 1; counter = requestAnimationFrame(count); };
  let counter = requestAnimationFrame(count);
  const drawn = () => views.map((view, index) => taken(view.element, texts[index]));
  views.forEach((view, index) => { view.append(texts[index]); view.settle(); });
  await null;
  do { seen.push(drawn()); at.push([frame, performance.now()]); await new Promise((done) => requestAnimationFrame(() => setTimeout(done))); }
  while (!views.every((view, i) => tree.write(view.element.cloneNode(true)) === tree.write(tree.whole(texts[i]))) && Date.now() - start < 20000);
  seen.push(drawn()); at.push([frame, performance.now()]);
  cancelAnimationFrame(counter);
  return { seen, frames: at.slice(1).map(([n, ms], i) => Math.max(1, n - at[i][0]) + Math.floor((ms - at[i][1]) / 100)), equal: views.map((view, i) => tree.write(view.element) === tree.write(tree.whole(texts[i]))) } }"""

# The last marker on the page, and that all before it are there in order, says how far a text has come.
TAKEN = """function taken(element, text) {
  const found = [...element.textContent.matchAll(/m(\\d+)\\./g)].map((m) => Number(m[1]));
  if (found.some((number, index) => number !== index)) throw new Error(`out of order: ${found}`);
  return found.length === 0 ? 0 : text.indexOf(`m${found.at(-1)}.`);
}"""


@pytest.fixture(scope="module")
def page(browser) -> Iterator[Page]:
    page = blank_page(browser)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.add_script_tag(content=TAKEN)
    yield page
    assert complaints == []
    page.close()


def marked(characters: int) -> str:
    """Prose, lists and code with numbered places in them."""
    kinds = [
        "Some `words` m{}. and **more** of them, to the end of a line.",
        "- an item m{}.\n- another",
        "```py\nm{}. # code\n```",
    ]
    text = ""
    for number in range(100_000):
        text += kinds[number % 3].format(number) + "\n\n"
        if len(text) >= characters:
            break
    return text


def test_a_long_text_is_settled_a_frame_at_a_time_and_in_order(page) -> None:
    got = ask(page, FRAMES, [marked(16_000)])
    seen = [each[0] for each in got["seen"]]
    steps = [after - before for before, after in itertools.pairwise(seen)]
    assert got["equal"] == [True]
    assert max(step / frames for step, frames in zip(steps, got["frames"], strict=True)) <= MOST + 100, steps
    assert sum(step > 0 for step in steps) >= 8, steps


def test_texts_take_turns_and_share_the_characters_of_a_frame(page) -> None:
    got = ask(page, FRAMES, [marked(9_000)] * 6)
    assert got["equal"] == [True] * 6
    steps = [[b - a for a, b in zip(*pair, strict=True)] for pair in zip(got["seen"], got["seen"][1:], strict=False)]
    assert max(sum(step) / frames for step, frames in zip(steps, got["frames"], strict=True)) <= 4 * MOST, steps
    halfway = next(each for each in got["seen"] if max(each) >= 8_000)
    assert min(halfway) > 3_000, "none waits for the end of another"


def test_a_short_text_is_settled_at_once(page) -> None:
    there = ask(
        page,
        """text => { const view = new draw.RichText("prose"); view.append(text); view.settle();
        return tree.write(view.element) === tree.write(tree.whole(text)) }""",
        marked(1_500),
    )
    assert there


def test_more_may_come_after_a_text_is_settled(page) -> None:
    same = ask(
        page,
        """async text => { const view = new draw.RichText("prose"), half = text.length >> 1; document.body.replaceChildren(view.element);
        view.append(text.slice(0, half)); view.settle();
        await new Promise(requestAnimationFrame);
        view.append(text.slice(half)); view.flush();
        return tree.write(view.element) === tree.write(tree.whole(text)) }""",
        marked(8_000),
    )
    assert same


def test_a_long_text_stands_in_parts_wherever_it_was_cut(page) -> None:
    widest = """async ({ text, size }) => { const view = new draw.RichText("prose"); document.body.replaceChildren(view.element);
      for (let at = 0; at < text.length; at += size) { view.append(text.slice(at, at + size)); await tree.drawn(); }
      view.flush();
      const blocks = view.element.querySelectorAll(":scope > :not(.part), .part > *").length;
      return [blocks, Math.max(...[view.element, ...view.element.querySelectorAll(".part")].map((each) => each.childElementCount))] }"""
    text = "Words of a paragraph.\n\n" * 1_000
    for size in (len(text), 37):
        blocks, most = ask(page, widest, {"text": text, "size": size})
        assert blocks == 1_000
        assert most <= 32 + 1_000 // 32 + 1


def test_the_caret_is_at_the_end_of_the_last_part(view) -> None:
    assert view.page.evaluate(
        """() => { const place = nbstream.root.shadowRoot.querySelector('.column');
        place.insertAdjacentHTML('beforeend', '<div class="row said" aria-busy="true"><div class="prose"><p>a</p><div class="part"><p>b</p><p>c</p></div></div></div>');
        const caret = (p) => getComputedStyle(p, '::after').content !== 'none';
        const all = [...place.lastElementChild.querySelectorAll('p')].map(caret);
        place.lastElementChild.remove(); return all }"""
    ) == [False, False, True]
