"""A transcript's blocks as Markdown and as plain text.

The Markdown keeps what harms nothing (emphasis, lists, headings) and takes the life out of links, images and HTML: a
viewer that renders it fetches nothing and leads nowhere.
"""

from __future__ import annotations

import re
from typing import Final

from nbstream.messages import KIND
from nbstream.widget.outline import Node, tool_input
from nbstream.widget.words import duration, figures, pieces, printable, visible

BLOCK_LIMIT: Final = 20_000
OUTPUT_LIMIT: Final = 6_000
LANE_LIMIT: Final = 40


def markdown_of(node: Node) -> str:
    """One block as Markdown."""
    match node.look:
        case "user":
            return _quoted(_prose(node.content))
        case "text":
            return _prose(node.content)
        case "thought":
            return ""
        case "error":
            return f"**Error**\n\n{_fenced(visible(node.content))}"
        case "note":
            return f"*{_tame(_line(str(node.metadata.get(KIND) or 'note')))}:* {_span(visible(node.content)[:300])}"
        case "summary":
            return " · ".join(f"{name} **{value}**" for name, value in figures(node))
        case "call" | "result":
            return _card(node)


def plain_of(node: Node) -> str:
    """One block as plain text."""
    match node.look:
        case "user":
            return f"> {printable(node.content)}"
        case "thought":
            return ""
        case "summary":
            return " · ".join(f"{name} {value}" for name, value in figures(node))
        case "note":
            return f"[{printable(str(node.metadata.get(KIND) or 'note'))}] {visible(node.content)[:300]}"
        case "error":
            return f"error: {visible(node.content)}"
        case "text":
            return printable(node.content[:BLOCK_LIMIT])
        case "call" | "result":
            lines = [_title(node), visible(_output(node)).rstrip()[:OUTPUT_LIMIT]]
            lines += [f"  {line}" for child in node.children[:LANE_LIMIT] for line in plain_of(child).split("\n")]
            return "\n".join(line for line in lines if line)


def _card(node: Node) -> str:
    headline = tool_input(node.content)[0] if node.look == "call" else ""
    title = f"{'✗' if node.failed else '✓'} **{_tame(_line(node.tool))}** {_span(visible(headline))}".rstrip()
    time = "" if node.seconds is None or not (node.result or node.look == "result") else f" · {duration(node.seconds)}"
    output = visible(_output(node)).rstrip()
    parts = [title + time] + ([_fenced(output)] if output else [])
    parts += [_quoted(markdown_of(child)) for child in node.children[:LANE_LIMIT]]
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _title(node: Node) -> str:
    headline = tool_input(node.content)[0] if node.look == "call" else ""
    return f"{'✗' if node.failed else '✓'} {printable(node.tool)} {visible(headline)}".rstrip()


def _output(node: Node) -> str:
    result = node.result if node.look == "call" else node
    return result.content if result else ""


def _prose(content: str) -> str:
    parts = []
    for kind, language, text in pieces(content[:BLOCK_LIMIT]):
        if kind == "code":
            parts.append(_fenced(visible(text), language if re.fullmatch(r"[A-Za-z0-9+#-]{1,20}", language) else ""))
        elif text.strip():
            parts.append(_tame(printable(text.strip("\n"))))
    if len(content) > BLOCK_LIMIT:
        parts.append(f"*… {len(content) - BLOCK_LIMIT:,} more characters in the store*")
    return "\n\n".join(parts)


def _tame(text: str) -> str:
    """No link, image, reference definition, HTML or fence survives.

    A link needs `](`, `][` or `]:` side by side; `<` begins HTML and autolinks. An entity is used for `<`, because a
    backslash could itself be escaped by one that stands before it. A fence of its own would turn our fences inside out.
    """
    unlinked = re.sub(r"\](?=[(\[:])", r"]\\", text)
    unfenced = re.sub(r"`{3,}|~{3,}", lambda run: "".join(f"\\{tick}" for tick in run[0]), unlinked)
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", unfenced)


def _line(text: str) -> str:
    return " ".join(printable(text).split())


def _fenced(text: str, language: str = "") -> str:
    left = len(text) - OUTPUT_LIMIT
    shown = text[:OUTPUT_LIMIT] + (f"\n… {left:,} more characters in the store" if left > 0 else "")
    fence = "`" * max(3, 1 + _longest_ticks(shown))
    return f"{fence}{language}\n{shown}\n{fence}"


def _span(text: str) -> str:
    """A code span, whatever backticks are inside."""
    line = " ".join(text.split())
    if not line:
        return ""
    ticks = "`" * (1 + _longest_ticks(line))
    return f"{ticks} {line} {ticks}" if "`" in line else f"{ticks}{line}{ticks}"


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
