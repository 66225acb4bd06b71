"""An agent's Markdown, as HTML of few elements and as Markdown that every viewer reads in one way."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from nbstream.widget.static_markdown import markdown_text, prose_markdown, span
from nbstream.widget.static_parse import CELL_LIMIT, host_note, is_plain, link_host, parse
from nbstream.widget.static_prose import prose_html
from nbstream.widget.static_text import MarkdownWriter
from widget.static_kit import PAYLOADS, read, text_block, words


def html_of(text: str) -> str:
    return prose_html(text, parse)


def test_every_element_of_markdown() -> None:
    text = (
        "# One\n\n## Two\nsoft\nbreak\\\nhard `a < b` *em* **strong** ~~gone~~\n\n3. three\n4. four\n   - in\n\n"
        "> quoted\n\n---\n\n```py\nx = 1\n```\n\n    indented\n\n| l | c | r |\n|:--|:-:|--:|\n| 1 | 2 | 3 |\n"
    )
    html = html_of(text)
    for part in (
        "<h3>One</h3>", "<h4>Two</h4>", "soft\nbreak<br>", "<code>a &lt; b</code>", "<em>em</em>", "<s>gone</s>",
        "<strong>strong</strong>", '<ol start="3"><li>three', "<ul><li>in", "<blockquote><p>quoted</p>", "<hr>",
        '<pre><code class="language-py">x = 1\n</code></pre>', "<pre><code>indented\n</code></pre>",
        '<th align="left">l</th>', '<td align="center">2</td>', '<td align="right">3</td>',
    ):  # fmt: skip
        assert part in html, part
    read(html)


LINKS = [
    ("[a](https://x.test/p?q=1#f)", True), ("[a](http://127.0.0.1:8888/)", True), ("<https://x.test>", True),
    ("[a](mailto:a@b.test)", True), ("[a](HTTPS://X.test)", True), ("[a](https://[::1]/)", True),
    ("[a](/api/kernels)", False), ("[a](lab/tree)", False), ("[a](#frag)", False), ("[a](?token=1)", False),
    ("[a](//evil.test)", False), ("[a](https:/evil.test)", False), ("[a](https:evil.test)", False),
    ("[a](https:///evil.test)", False), ("[a](https://u@evil.test)", False), ("[a](https://u:p@evil.test)", False),
    ("[a](https://a\\@evil.test)", False), ("[a](javascript:alert(1))", False), ("[a](JAVASCRIPT:x)", False),
    ("[a](java&Tab;script:x)", False), ("[a](data:text/html,x)", False), ("[a](vbscript:x)", False),
    ("[a](file:///etc/passwd)", False), ("[a](ftp://x.test)", False), ("[a](blob:https://x.test/1)", False),
    ("[a](vscode://x)", False), ("[a](view-source:https://x.test)", False), (f"[a](https://x.test/{'y' * 2048})", False),
    ("[a](tel:1)", False), ("[a](mailto:x)", False), ("<xmpp:a@b.test>", False), ("[a]()", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "link"), LINKS)
def test_only_absolute_http_https_and_mailto_are_links(text: str, link: bool) -> None:
    html, markdown = html_of(text), prose_markdown(text, parse)
    assert (len(read(html).links) == 1) is link
    opened = [
        token for token in MarkdownIt("commonmark").parseInline(markdown)[0].children if token.type == "link_open"
    ]
    assert (len(opened) == 1) is link
    if link:
        assert 'rel="noopener noreferrer nofollow" target="_blank" referrerpolicy="no-referrer"' in html
    else:
        assert "a" in read(html).text, "its words stay"


def test_a_link_says_its_host_where_its_words_name_another() -> None:
    assert host_note("github.com/x", "evil.test") == " (evil.test)"
    assert host_note("https://bank.test", "evil.test") == " (evil.test)"
    assert host_note("www.x.test", "x.test") == ""
    assert host_note("the docs", "x.test") == ""
    assert host_note("the docs", "xn--gd-fmca.example") == " (xn--gd-fmca.example)"
    assert link_host("https://X.Test/y") == "x.test"
    assert "(evil.test)" in html_of("[github.com](https://evil.test)")


def test_an_image_is_words() -> None:
    assert (
        words(read(html_of("![a *cat*](https://evil.test/c.png)")).text) == "[image: a cat · https://evil.test/c.png]"
    )
    assert prose_markdown("![a](https://evil.test/c.png)", parse) == "`[image: a · https://evil.test/c.png]`"


@pytest.mark.parametrize(
    "text", ['one\ntwo\n\nthree, 4.5 (six); it\'s "seven" é', "a\n \nb", "", "\n\n", " indented\nline"]
)
def test_text_without_marks_takes_the_short_way_to_the_same_page(text: str) -> None:
    assert is_plain(text)
    long_way = MarkdownIt("commonmark").render(text)
    assert re.sub(r"\s*\n\s*", "\n", html_of(text)).strip() == re.sub(r"\s*\n\s*", "\n", long_way).strip().replace(
        "&quot;", "&quot;"
    ).replace("'", "&#x27;")


@pytest.mark.parametrize(
    "text", ["a  \nb", "a\n===", "- a", "1. a", "1) a", "\ta", "    a", "a_b_", "&amp;", "a | b", "<b>", "![", "#"]
)
def test_text_with_a_mark_is_parsed(text: str) -> None:
    assert not is_plain(text)


TEXTS = [
    "# a\n\n* one\n* two\n\n- other\n\n1. x\n   > q\n\n       code\n2. y\n\n\n***\n\n| `a\\|b` | c\\|d |\n|--|:-:|\n| *e* | |\n",
    "*a **b** c* **a*b*c** *a _b_ c* ~~x~~ `` ` `` ` `` ` `  `", "a\\\nb\\*c\\_d [x]\\(y) \\# &amp;lt; &#35; &#x20;x&#10;y",
    "1\\. no list\n\\- none\n\\+ none\n\\# none\n=\\=\n\\> none\n2\\) none", "- a\n\n  b\n- c\n\n  ```\n  d\n\n  e\n  ```\n  > f\n",
    "> a\n> - b\n>   1. c\n>\n> d\n\n> e", "### ends with #\\#\n\nsetext\nheading\n=====\n\n#\n", "!\\[a](b) ![](x) !<https://x.test>",
    "````\n```\n````\n\n~~~~ruby x\n~~~\n~~~~", "a $x$ \\$y\\$ | b | ~c~", "-\n-\n- a\n+ b\n+ c\n* d", "10. a\n11. b\n\n\n5) c", "snake_case_name __init__ \\__x\\__",
    "| a |\n|---|\n| b\\\\|\n\ntext: a | b\n:-- | --:\n", "[a](https://x.test/a(b)c) [b](https://x.test 'title') <https://x.test/?a=b&c=d>",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_written_again_is_the_same_page(text: str) -> None:
    again = prose_markdown(text, parse)
    assert flat(html_of(again)) == flat(html_of(text)), again
    assert prose_markdown(again, parse) == again


def flat(html: str) -> str:
    """Without the spaces that no page shows, and without the form of what stands in place of images."""
    html = re.sub(r'<span class="nbs-quiet">(\[image:.*?\])</span>', r"<code>\1</code>", html)
    return re.sub(
        r"\s+",
        " ",
        re.sub(r"\s*(</?(?:p|li|ul|ol|blockquote|h\d|table|thead|tbody|tr|t[dh]|pre|hr)\b[^>]*>)\s*", r"\1", html),
    ).strip()


@pytest.mark.parametrize("start", range(5))
def test_hostile_markdown_written_again_says_the_same_words(start: int) -> None:
    for payload in PAYLOADS[start::5]:
        again = prose_markdown(payload, parse)
        # A link that misleads has its host named behind it; in the second reading that stands there twice.
        first, second = (re.sub(r" \([\w.-]+\)", "", words(read(html_of(text)).text)) for text in (payload, again))
        assert first == second, (payload, again)


def test_hostile_markdown_is_not_active_where_html_is_allowed() -> None:
    viewer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    control = 0
    for payload in PAYLOADS:
        control += bool(active(viewer, payload))
        assert active(viewer, prose_markdown(payload, parse)) == [], payload
        assert active(viewer, markdown_text(payload)) == [], payload
        assert active(viewer, span(payload)) == [], payload
    assert control > 200, "the instrument sees what is active"


def active(viewer: MarkdownIt, text: str) -> list[str]:
    """HTML, images, and links to anything but absolute http, https and mailto."""
    tokens = [child for token in viewer.parse(text) for child in [token, *(token.children or [])]]
    found = [token.content or token.type for token in tokens if token.type in {"html_block", "html_inline", "image"}]
    hrefs = [str(token.attrGet("href")) for token in tokens if token.type == "link_open"]
    return found + [href for href in hrefs if link_host(href) is None]


def test_the_only_html_in_markdown_is_folds_of_ours() -> None:
    from widget.static_kit import FINISHED, hostile_blocks

    viewer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    from nbstream.widget.static_copy import static_copy

    fold = re.compile(
        r"<details><summary>(?:input|[\d,]+ (?:line|character)s?|Thought(?: for [\d:.]+( s)?)?)</summary>|</details>"
    )
    for payload in PAYLOADS[::3]:
        markdown = static_copy(FINISHED, hostile_blocks(payload), head=9)["text/markdown"]
        left = [part for part in active(viewer, markdown) if not fold.fullmatch(part.strip())]
        assert left == [], payload


def test_a_table_that_blows_up_is_shown_as_it_is() -> None:
    text = "|a" * 100 + "\n" + "|-" * 100 + "\n" + "|\n" * (CELL_LIMIT // 100)
    assert parse(text) is None
    assert html_of(text).startswith("<pre>|a|a")
    assert prose_markdown(text, parse).startswith("```\n|a")
    assert parse("a | b | c\n" * 3_000) is not None, "pipes alone make no table"


def test_a_block_of_the_writer_is_the_prose() -> None:
    from nbstream.widget.outline import outline

    [node] = outline([text_block("*a*")])
    assert MarkdownWriter(parse, "id").node(node, 1000, 0) == "*a*"
