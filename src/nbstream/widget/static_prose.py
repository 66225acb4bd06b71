"""An agent's Markdown as HTML from a fixed list of elements and attributes; everything else is text.

Elements: p h3-h6 ul ol li blockquote pre code em strong s table thead tbody tr th td hr br a span.
Attributes: class; href, rel, target and referrerpolicy of a link; align of a cell; start of a list. No value but
`href`, `start` and the language in `class` comes from the agent, and these three have their patterns.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

from nbstream.widget.static_parse import Parse, host_note, image_words, is_plain, link_host, words_of
from nbstream.widget.words import printable, visible

TAGS: Final = frozenset(
    {"p", "ul", "ol", "li", "blockquote", "em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td"}
)
_ALIGNED: Final = re.compile(r"text-align:(left|center|right)")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9+#-]{1,20}")
_BLANK_LINES: Final = re.compile(r"\n(?:[ \t]*\n)+")


def escaped(text: str) -> str:
    """`text` as HTML that shows it and nothing else."""
    return html.escape(printable(text))


def code_html(text: str) -> str:
    """Code, or what a program printed: hidden characters are shown."""
    return html.escape(visible(text))


def as_written(text: str) -> str:
    """Text of a person or of a program that writes no Markdown: its lines stay lines."""
    paragraphs = _BLANK_LINES.split(text.strip("\n"))
    return "\n".join(f"<p>{escaped(each).replace(chr(10), '<br>')}</p>" for each in paragraphs if each.strip())


def prose_html(text: str, parse: Parse) -> str:
    """Markdown as HTML.

    Args:
        text: what the agent wrote.
        parse: `static_parse.parse`, or a cache of it.
    """
    if is_plain(text):
        lines = [" ".join(each.split(" ")).strip("\n ") for each in _BLANK_LINES.split(text)]
        return "\n".join(f"<p>{escaped(each)}</p>" for each in lines if each)
    tokens = parse(text)
    if tokens is None:
        return f"<pre>{code_html(text)}</pre>"
    return "".join(_inline(token.children or []) if token.type == "inline" else _block(token) for token in tokens)


def language_of(token: Token) -> str:
    """The language a fence names, where it is a name."""
    named = token.info.strip().split(" ")[0]
    return named if _LANGUAGE.fullmatch(named) else ""


def alignment(token: Token) -> str:
    """How a table's cell is aligned: `left`, `center`, `right` or nothing."""
    found = _ALIGNED.fullmatch(str(token.attrGet("style") or ""))
    return found[1] if found else ""


def _block(token: Token) -> str:
    if token.type in {"fence", "code_block"}:
        language = language_of(token)
        opening = f'<code class="language-{language}">' if language else "<code>"
        return f"<pre>{opening}{code_html(token.content)}</code></pre>\n"
    if token.type == "hr":
        return "<hr>\n"
    if token.hidden:
        return "\n" if token.nesting < 0 else ""
    tag = _tag(token)
    if tag is None:
        return escaped(token.content)
    return f"<{tag}{_attribute(token)}>" if token.nesting > 0 else f"</{tag}>\n"


def _tag(token: Token) -> str | None:
    if re.fullmatch(r"h[1-6]", token.tag):
        # Under the headings of the notebook, which its table of contents lists.
        return f"h{min(6, int(token.tag[1]) + 2)}"
    return token.tag if token.tag in TAGS else None


def _attribute(token: Token) -> str:
    if token.tag == "ol":
        start = token.attrGet("start")
        return f' start="{int(start)}"' if start is not None else ""
    if token.tag in {"th", "td"}:
        side = alignment(token)
        return f' align="{side}"' if side else ""
    return ""


def _inline(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    closing: list[str] = []
    for place, token in enumerate(tokens):
        match token.type:
            case "code_inline":
                parts.append(f"<code>{code_html(token.content)}</code>")
            case "softbreak":
                parts.append("\n")
            case "hardbreak":
                parts.append("<br>\n")
            case "image":
                parts.append(f'<span class="nbs-quiet">{escaped(image_words(token))}</span>')
            case "link_open":
                opening, end = _link(tokens, place)
                parts.append(opening)
                closing.append(end)
            case "link_close":
                parts.append(closing.pop())
            case _ if token.tag in TAGS and token.nesting:
                parts.append(f"<{token.tag}>" if token.nesting > 0 else f"</{token.tag}>")
            case _:
                parts.append(escaped(token.content))
    return "".join(parts)


def _link(tokens: Sequence[Token], place: int) -> tuple[str, str]:
    """What stands before and behind a link's words."""
    address = str(tokens[place].attrGet("href") or "")
    host = link_host(address)
    words = link_words(tokens, place)
    if host is None:
        return "", "" if address in {"", words} else f' <span class="nbs-quiet">({escaped(address)})</span>'
    note = host_note(words, host)
    opening = (
        f'<a href="{html.escape(address)}" rel="noopener noreferrer nofollow" target="_blank" '
        'referrerpolicy="no-referrer">'
    )
    return opening, "</a>" + (f'<span class="nbs-quiet">{escaped(note)}</span>' if note else "")


def link_words(tokens: Sequence[Token], place: int) -> str:
    """The words of the link that opens at `place`; a link holds no other."""
    end = next(index for index in range(place, len(tokens)) if tokens[index].type == "link_close")
    return words_of(tokens[place + 1 : end])
