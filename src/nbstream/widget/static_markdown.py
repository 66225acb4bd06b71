"""An agent's Markdown written again from its tokens, so that no viewer finds more in it than our parser did.

Each character of text that could mean something is escaped, HTML and images are text, links are absolute http, https or
mailto, and a fence is longer than any run of backticks inside. A viewer that runs HTML in Markdown finds none here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from nbstream.widget.static_parse import Parse, host_note, image_words, is_plain, link_host
from nbstream.widget.static_prose import alignment, language_of, link_words
from nbstream.widget.words import printable, visible

_SPECIAL: Final = re.compile(r"[\\`*\[\]|$~]|(?<![^\W_])_|_(?![^\W_])")
_AT_START: Final = re.compile(r"^(?=[#+\-=:>])|^(\d{1,9})(?=[.)])", re.MULTILINE)
_ENTITY: Final = re.compile(r"&(?=[#A-Za-z])")
_MARKS: Final = {"strong": "**", "s": "~~"}


def markdown_text(text: str) -> str:
    """`text` as Markdown that shows it and nothing else, on one line."""
    return _AT_START.sub(_guard, _text(" ".join(text.split())))


def markdown_lines(text: str) -> str:
    """Text of a person or of a program that writes no Markdown: its lines stay lines."""
    lines = printable(text).strip("\n").split("\n")
    return (
        "\n".join(f"{markdown_text(line)}\\" if line.strip() else "" for line in lines)
        .replace("\\\n\n", "\n\n")
        .removesuffix("\\")
    )


def prose_markdown(text: str, parse: Parse) -> str:
    """Markdown as Markdown that every viewer reads in the same way, and that is not active anywhere.

    Args:
        text: what the agent wrote.
        parse: `static_parse.parse`, or a cache of it.
    """
    if is_plain(text):
        return re.sub(r"\n[ \t]+", "\n", _text(text).strip())
    tokens = parse(text)
    if tokens is None:
        return fenced(text)
    return "\n".join(_blocks(SyntaxTreeNode(tokens).children, loose=True))


def fenced(text: str, language: str = "") -> str:
    """A block of code, whatever backticks are inside."""
    shown = visible(text).removesuffix("\n")
    fence = "`" * max(3, 1 + _longest_ticks(shown))
    return "\n".join([f"{fence}{language}", *([shown] if shown else []), fence])


def span(text: str) -> str:
    """A code span, whatever backticks are inside."""
    line = " ".join(visible(text).split("\n"))
    if not line:
        return ""
    ticks = "`" * (1 + _longest_ticks(line))
    pad = " " if line[0] == "`" or line[-1] == "`" or (line[0] == line[-1] == " " and line.strip() != "") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def _blocks(nodes: Sequence[SyntaxTreeNode], *, loose: bool) -> list[str]:
    """The lines of blocks one after another; two lists side by side have different marks, or they would be one."""
    lines: list[str] = []
    other = False
    for place, node in enumerate(nodes):
        if place and loose:
            lines.append("")
        other = place > 0 and nodes[place - 1].type == node.type and node.type.endswith("_list") and not other
        lines += _block(node, other)
    return lines


def _block(node: SyntaxTreeNode, other: bool) -> list[str]:
    match node.type:
        case "paragraph":
            return _AT_START.sub(_guard, _inline(node)).split("\n")
        case "heading":
            words = _inline(node).replace("\\\n", " ").replace("\n", " ")
            # A `#` at its end would be taken for the end of the heading.
            guarded = re.sub(r"#$", r"\#", words)
            return [f"{'#' * int(node.tag[1])} {guarded}".rstrip()]
        case "hr":
            return ["***"]
        case "fence" | "code_block":
            token = node.token
            assert token is not None
            return fenced(node.content, language_of(token)).split("\n")
        case "blockquote":
            return [f"> {line}".rstrip() for line in _blocks(node.children, loose=True)] or [">"]
        case "bullet_list" | "ordered_list":
            return _list(node, other)
        case "table":
            return list(_rows(node))
        case _:
            return [markdown_text(node.content)]


def _list(node: SyntaxTreeNode, other: bool) -> list[str]:
    loose = any(part.type == "paragraph" and not part.hidden for item in node.children for part in item.children)
    number = int(str(node.attrs.get("start", 1)))
    lines: list[str] = []
    for place, item in enumerate(node.children):
        if node.type == "ordered_list":
            mark = f"{min(number + place, 999_999_999)}{')' if other else '.'} "
        else:
            mark = "+ " if other else "- "
        inner = _blocks(item.children, loose=loose) or [""]
        if place and loose:
            lines.append("")
        lines += [f"{mark}{inner[0]}".rstrip()] + [f"{' ' * len(mark)}{line}".rstrip() for line in inner[1:]]
    return lines


def _rows(table: SyntaxTreeNode) -> Iterator[str]:
    for part in table.children:
        for row in part.children:
            # Pipes in a cell's code need their backslash too.
            cells = [re.sub(r"(?<!\\)\|", r"\\|", _inline(cell).replace("\n", " ")) for cell in row.children]
            yield f"| {' | '.join(cells)} |"
        if part.type == "thead":
            sides = [alignment(cell.to_tokens()[0]) for cell in part.children[0].children]
            yield f"| {' | '.join(_RULES[side] for side in sides)} |"


_RULES: Final = {"": "---", "left": ":--", "center": ":-:", "right": "--:"}


def _inline(node: SyntaxTreeNode) -> str:
    return "".join(_words(child.to_tokens()[0].children or []) for child in node.children if child.type == "inline")


def _words(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    closing: list[str] = []
    depth = 0
    for place, token in enumerate(tokens):
        match token.type:
            case "code_inline":
                parts.append(span(token.content))
            case "softbreak":
                parts.append("\n")
            case "hardbreak":
                parts.append("\\\n")
            case "image":
                parts.append(span(image_words(token)))
            case "link_open":
                opening, end = _link(tokens, place)
                parts.append(opening)
                closing.append(end)
            case "link_close":
                parts.append(closing.pop())
            case "em_open" | "em_close":
                # Emphasis inside of emphasis: with the same mark the two would be one strong.
                depth -= token.nesting < 0
                parts.append("*_"[depth % 2])
                depth += token.nesting > 0
            case _ if token.tag in _MARKS:
                parts.append(_MARKS[token.tag])
            case _:
                parts.append(_text(token.content).replace("\n", "&#10;"))
    return "".join(parts)


def _link(tokens: Sequence[Token], place: int) -> tuple[str, str]:
    address = str(tokens[place].attrGet("href") or "")
    host = link_host(address)
    words = link_words(tokens, place)
    if host is None:
        # As code: some viewers make links of bare addresses.
        return "", "" if address in {"", words} else f" ({span(address)})"
    # Parentheses would end it, unless it stands in angle brackets.
    return "[", (f"](<{address}>)" if set(address) & set("()") else f"]({address})") + _text(host_note(words, host))


def _text(text: str) -> str:
    """Entities for what begins HTML: a backslash could itself be escaped by one before it."""
    guarded = _SPECIAL.sub(lambda found: f"\\{found[0]}", printable(text))
    guarded = _ENTITY.sub("&amp;", guarded).replace("<", "&lt;").replace("\t", "&#9;")
    # Before a link it would make an image of it.
    return f"{guarded[:-1]}\\!" if guarded.endswith("!") else guarded


def _guard(found: re.Match[str]) -> str:
    return f"{found[1] or ''}\\"


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
