"""The static copy: the whole story, bounded, and nothing in it that a page could run, fetch or follow."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nbstream.messages import IS_ERROR, TOOL_CALL_ID, TOOL_NAME
from nbstream.widget.static_copy import SIZE_LIMIT, static_copy
from widget.rows import AGENT, START, record, story

TAGS = {
    "div", "style", "b", "span", "p", "pre", "code", "details", "summary", "blockquote", "dl", "dt", "dd",
}  # fmt: skip
ATTRIBUTES = {"class", "open"}


class Reader(HTMLParser):
    """Everything a browser would see: elements, attributes, text; and whether they are closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.stack:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.stack == []
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    return reader


def blocks_of(log: Any) -> list[dict[str, Any]]:
    """What the store's transcript holds for these rows, deltas joined."""
    blocks: dict[Any, dict[str, Any]] = {}
    for row in log.rows:
        key = row.block or row.sequence_number
        block = blocks.setdefault(
            key,
            {
                "sequence_number": row.sequence_number,
                "type": row.type,
                "role": row.role,
                "part": row.part,
                "block": row.block,
                "content": "",
                "metadata": dict(row.metadata),
                "created_at": row.created_at,
            },
        )
        block["content"] = row.content if row.op == "set" else block["content"] + row.content
        block["ended_at"] = row.created_at
    return list(blocks.values())


FINISHED = record("completed", completed_at=START + timedelta(seconds=58))


def test_it_tells_the_story() -> None:
    copy = static_copy(FINISHED, blocks_of(story()), head=36)
    text = read(copy["text/html"]).text
    for part in (
        "claude-sonnet-4-5", "finished", "0:58", "Why is the import test slow?", "Thought for 1.6 s",
        "python -X importtime", "318220 | app.loader", "Explore", "no files matched",
        "attempt 2 of 10", "def plugins() -> list[Plugin]:", "18,204", "$0.041", "seq 1\N{EN DASH}36 · saved",
    ):  # fmt: skip
        assert part in text, part
    assert copy["text/html"].count("<details") == 6
    markdown, plain = copy["text/markdown"], copy["text/plain"]
    for words in (markdown, plain):
        assert "Why is the import test slow?" in words
        assert "318220 | app.loader" in words
        assert "31 ms instead of 402 ms" in words
    assert "```python\n@cache" in markdown
    assert "✗" in plain


def test_results_are_with_their_calls_and_subagents_under_theirs() -> None:
    html = static_copy(FINISHED, blocks_of(story()))["text/html"]
    lane = html[html.index('<div class="nbs-lane">') :]
    lane = lane[: lane.index("attempt 2 of 10")]
    assert "Grep" in lane
    assert "no files matched" in lane
    card = html[html.index("Agent</b>") : html.index('<div class="nbs-lane">')]
    assert "The plug-in scan in loader.py runs at import" in card


def test_metadata_may_be_json_text_and_times_may_be_named_as_in_the_view() -> None:
    blocks = blocks_of(story())
    told = static_copy(FINISHED, blocks)
    for block in blocks:
        block["metadata"] = json.dumps(block["metadata"])
        block["last_created_at"] = block.pop("ended_at")
    assert static_copy(FINISHED, blocks) == told


def test_the_prompt_is_shown_once() -> None:
    prompt = {"type": "user", "role": "user", "part": "text", "content": record().prompt, "metadata": {}}
    text = read(static_copy(FINISHED, [prompt])["text/html"]).text
    assert text.count("Why is the import test slow?") == 1


def test_a_running_agent_says_how_to_see_it() -> None:
    for words in static_copy(record(), []).values():
        assert f"nbs.attach(&quot;{AGENT}&quot;)" in words or f'nbs.attach("{AGENT}")' in words


def test_a_failure_without_an_error_row_is_told() -> None:
    html = static_copy(record("failed", error="the key was refused"), [])["text/html"]
    assert "the key was refused" in read(html).text


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</pre></code></details></div><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "<style>@import 'https://evil.test'</style>",
    "</style><script>alert(1)</script>",
    "<!-- --><![CDATA[<b>]]><!DOCTYPE x>",
    "![x](https://evil.test/?q=1) [a](javascript:alert(1)) <https://evil.test>",
    "[a]: https://evil.test\n\n![a]\n[a][a]",
    "```\n</code></pre><iframe src=//evil.test>\n```\n<iframe>",
    "````\n```\n<b>",
    "\\<img src=x>\\](x)",
    "&lt;script&gt;&#60;script&#62;",
    "\x00\x1b[31mred\x1b]8;;https://evil.test\x07\ud800\u202e\u200b\U000e0041",
    "a" * 30_000,
]


def hostile_blocks(payload: str) -> list[dict[str, Any]]:
    metadata = {TOOL_NAME: payload, TOOL_CALL_ID: "c", "nbstream.kind": payload}
    common = {"metadata": metadata, "created_at": START, "ended_at": START}
    shapes = [
        {"type": "assistant", "role": "assistant", "part": "text"},
        {"type": "assistant", "role": "assistant", "part": "reasoning"},
        {"type": "user", "role": "user", "part": "text"},
        {
            "type": "tool",
            "role": "assistant",
            "part": "tool_call",
            "content": json.dumps({payload: payload, "x": payload}),
        },
        {"type": "tool", "role": "tool", "part": "tool_call_response"},
        {"type": "system", "role": "system", "part": None},
        {"type": "error", "role": None, "part": None},
        {"type": "response", "role": None, "part": None},
    ]
    return [{"content": payload, **common, **shape} for shape in shapes]


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_an_agent_says_becomes_markup(payload: str) -> None:
    hostile = record("failed", source=payload, model=payload, prompt=payload, error=payload)
    copy = static_copy(hostile, hostile_blocks(payload), head=8)
    read(copy["text/html"])
    for words in copy.values():
        words.encode()
        assert re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", words) is None


@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_markdown_has_no_link_no_image_and_no_html(payload: str) -> None:
    from markdown_it import MarkdownIt

    copy = static_copy(record("failed", prompt=payload), hostile_blocks(payload))
    tokens = MarkdownIt("commonmark").parse(copy["text/markdown"])
    every = [child for token in tokens for child in [token, *(token.children or [])]]
    assert not {token.type for token in every} & {"image", "link_open", "html_block", "html_inline", "definition"}


def test_the_instrument_sees_what_it_looks_for() -> None:
    from markdown_it import MarkdownIt

    found = {
        child.type
        for payload in HOSTILE
        for token in MarkdownIt("commonmark").parse(payload)
        for child in [token, *(token.children or [])]
    }
    assert found >= {"image", "link_open", "html_block", "html_inline"}
    with pytest.raises(AssertionError):
        read("<div><script></script></div>")
    with pytest.raises(AssertionError):
        read('<div onclick="x"></div>')


def test_every_kind_of_text_has_its_limit_and_says_so() -> None:
    blocks = [
        {"type": "assistant", "part": "text", "content": f"block {n} " + "x" * 1000, "metadata": {}}
        for n in range(1000)
    ]
    blocks.append({"type": "response", "content": "", "metadata": {IS_ERROR: False}})
    copy = static_copy(FINISHED, blocks, head=1001)
    assert all(len(words) <= SIZE_LIMIT + 6_000 for words in copy.values()), {k: len(v) for k, v in copy.items()}
    reader = read(copy["text/html"])
    assert re.search(r"… \d+ more blocks in the store", reader.text)
    assert "finished" in reader.text[-200:], "how it ended is shown whatever else is cut"
    assert "block 0 " in reader.text


def test_a_long_block_is_cut_with_a_word() -> None:
    block = {"type": "assistant", "part": "text", "content": "y" * 50_000, "metadata": {}}
    assert "… 30,000 more characters in the store" in read(static_copy(FINISHED, [block])["text/html"]).text


def test_the_style_is_scoped_to_the_copy() -> None:
    css = (Path(__file__).parents[2] / "src/nbstream/widget/static/copy.css").read_text()
    rules = re.sub(r"/\*.*?\*/|@media[^{]*\{", "", css, flags=re.DOTALL)
    selectors = [part.strip() for rule in re.findall(r"([^{}]+)\{", rules) for part in rule.split(",")]
    assert selectors
    assert all(selector.startswith(".nbstream-copy") for selector in selectors)
    assert "url(" not in css
    assert "<" not in css
