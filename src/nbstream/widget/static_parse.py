"""An agent's Markdown as tokens, and what of it may become a link. Both renderers of the static copy begin here.

CommonMark with tables and strikethrough. HTML is text, bare addresses stay text, and nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

Parse = Callable[[str], "list[Token] | None"]

_PARSER: Final = (
    MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False, "maxNesting": 50})
    .enable(["table", "strikethrough"])
    .disable(["html_block", "html_inline"])
)

_MARKED: Final = re.compile(r"[\\`*_\[\]<>&~|#=!\t]|^ *(?:[-+]|\d+[.)])|^ {4}|  $", re.MULTILINE)
"""What text without Markdown has nowhere."""

BRACKET_LIMIT: Final = 2_000
"""`[` in one text: the search for a link's end costs their square (20,000: 0.7 s)."""

CELL_LIMIT: Final = 5_000
"""Cells of one text's tables; a row has as many as its head, so 3 kB can make 66,000."""

LINK_LIMIT: Final = 2_048
"""Characters of an address."""

_ADDRESS: Final = re.compile(
    r"(?i:https?)://(?P<host>(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    r"(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
)
_MAIL: Final = re.compile(
    r"(?i:mailto):[A-Za-z0-9._%+-]+@(?P<host>[A-Za-z0-9.-]+)(?:\?[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*)?"
)
_UNDER_A_HEAD: Final = re.compile(r"^[-:| >\t]*-[-:| >\t]*$", re.MULTILINE)
_NAMES_A_HOST: Final = re.compile(r"(?:[a-z]+:/*|www\.)?(?:[^\s/@]*@)?((?:[\w-]+\.)+[a-z]{2,})", re.IGNORECASE)


def parse(text: str) -> list[Token] | None:
    """The tokens of `text`, or None when its formatting would cost too much and it is to be shown as it is."""
    if text.count("[") > BRACKET_LIMIT or _cells(text) > CELL_LIMIT:
        return None
    return _PARSER.parse(text)


def is_plain(text: str) -> bool:
    """Whether `text` has no mark of Markdown: only paragraphs. It is then not parsed, which is most of the cost."""
    return _MARKED.search(text) is None


def link_host(address: str) -> str | None:
    """The host that a link with this address leads to, or None when it must not be a link.

    Only absolute http, https and mailto: nothing relative, because the page is a Jupyter; no name before the host.
    """
    if len(address) > LINK_LIMIT:
        return None
    found = _ADDRESS.fullmatch(address) or _MAIL.fullmatch(address)
    return found["host"].lower() if found else None


def host_note(words: str, host: str) -> str:
    """What to say behind a link whose words name another host than it leads to, or one that may look like another."""
    named = _NAMES_A_HOST.match(words.strip())
    misled = named is not None and named[1].lower().removeprefix("www.") != host.removeprefix("www.")
    return f" ({host})" if misled or "xn--" in host else ""


def image_words(token: Token) -> str:
    """What stands in place of an image."""
    alt = words_of(token.children or [])
    return f"[image: {' · '.join(part for part in (alt, str(token.attrGet('src') or '')[:LINK_LIMIT]) if part)}]"


def words_of(tokens: Sequence[Token]) -> str:
    """The text of inline tokens without its form."""
    return "".join(
        words_of(each.children) if each.children else each.content or _BREAKS.get(each.type, "") for each in tokens
    )


_BREAKS: Final = {"softbreak": " ", "hardbreak": " "}


def _cells(text: str) -> int:
    """At most so many cells can the tables in `text` have: as many columns as the line under a head, on every line."""
    columns = [line.count("|") + 1 for line in _UNDER_A_HEAD.findall(text)]
    return max(columns) * (text.count("\n") + 1) if columns else 0
