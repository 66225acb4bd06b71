"""The renderer in a real page: right by markdown-it's own account, and the same whole, streamed and stored."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from nbstream.parsers import parser_named
from nbstream.sse import ServerSentEvent
from widget.render_kit import PARTS, ask, blank_page, built, cut

pytestmark = pytest.mark.browser

RECORDINGS = Path(__file__).parents[1] / "recordings"
EXCEPTIONS: dict[str, str] = json.loads((PARTS / "exceptions.json").read_text())

COMPARE = """examples => examples.map(({ name, markdown, html }) => {
  const theirs = document.createElement("div"); theirs.innerHTML = html;
  const [a, b] = [tree.plain(tree.whole(markdown), false), tree.plain(theirs, true)];
  return a === b ? null : { name, markdown, ours: a, theirs: b };
}).filter(Boolean)"""

STREAM = """async texts => { const bad = [];
  for (const { name, markdown, pieces } of texts) {
    const whole = tree.write(tree.whole(markdown)), streamed = tree.write(await tree.pieces(pieces));
    if (whole !== streamed) bad.push({ name, markdown, pieces: pieces.length, whole, streamed });
  } return bad }"""


@pytest.fixture(scope="module")
def page(browser) -> Iterator[Page]:
    page = blank_page(browser)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []
    page.close()


def recorded() -> list[dict[str, str]]:
    """Every text block that the recordings of agents hold."""
    texts = []
    for path in sorted(RECORDINGS.glob("claude-*.jsonl")):
        parser = parser_named("claude")
        for line in path.read_text().splitlines():
            for message in parser.parse(ServerSentEvent(event="message", data=line)) or []:
                if message.part in {"text", "tool_call_response"} and message.op == "set":
                    texts.append({"name": f"{path.stem} {len(texts)}", "markdown": message.content})
    return texts


def test_there_is_something_to_compare() -> None:
    names = [example["name"] for example in built().examples]
    assert len([name for name in names if name.startswith("commonmark")]) == 652
    assert len(recorded()) > 10
    assert set(EXCEPTIONS) <= set(names)


def test_what_it_draws_is_what_markdown_it_means(page) -> None:
    bad = {one["name"]: one for one in ask(page, COMPARE, built().examples)}
    unexpected = [bad[name] for name in bad if name not in EXCEPTIONS]
    assert not unexpected, f"{len(unexpected)}: {json.dumps(unexpected[:4], indent=1, ensure_ascii=False)}"
    assert set(EXCEPTIONS) == set(bad), "an exception that is none any more"


def streams(sizes: list[int]) -> list[dict[str, object]]:
    texts = [*built().examples, *recorded()]
    return [
        {"name": one["name"], "markdown": one["markdown"], "pieces": cut(one["markdown"], sizes)}
        for one in texts
        if len(one["markdown"]) < 20_000 // max(1, 20 // max(sizes))
    ]


@pytest.mark.parametrize("sizes", [[1], [20], [3, 1, 7, 2, 40]], ids=["characters", "twenties", "cuts"])
def test_streamed_and_whole_are_the_same(page, sizes) -> None:
    page.evaluate("tree.drawings = 0")
    bad = ask(page, STREAM, streams(sizes))
    assert page.evaluate("tree.drawings") > 2 * len(built().examples), "the pieces were drawn as they came"
    assert not bad, f"{len(bad)}: {json.dumps(bad[:3], indent=1, ensure_ascii=False)}"


ATOMS = [
    *("a", "word ", "  ", "\n", "\n\n", "\n    ", "# ", "## x\n", "- ", "- item\n", "  - deep\n", "1. ", "2) two\n"),
    *("> ", "> quote\n", "```\n", "```py\n", "~~~\n", "`", "``", "*", "**", "_", "~~", "[", "](https://a.test/)"),
    *("![x](y)", "[r]", "\n[r]: https://r.test\n", "| a | b |\n", "|---|:-:|\n", "| 1 ", "|", "\\", "&amp;", "<b>"),
    *("---\n", "===\n", "\t", "[ ] ", "[x] ", "\r\n", "\u202e", "é", "👩‍💻", ":", "<https://b.test>"),
]


@pytest.mark.parametrize("seed", range(4))
def test_any_text_at_any_cut_is_the_same(page, seed) -> None:
    rng = random.Random(seed)
    texts = []
    for number in range(250):
        # Every tenth is long enough for lists and tables to grow by their parts.
        text = "".join(rng.choices(ATOMS, k=rng.randrange(3, 40))) * (12 if number % 10 == 0 else 1)
        sizes = [rng.randrange(1, 12) for _ in range(7)]
        texts.append({"name": f"{seed}/{number}", "markdown": text, "pieces": cut(text, sizes)})
    bad = ask(page, STREAM, texts)
    assert not bad, f"{len(bad)}: {json.dumps(bad[:3], indent=1, ensure_ascii=False)}"
