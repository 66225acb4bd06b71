"""The transcript as a saved notebook shows it with no kernel: HTML, Markdown and plain text, nothing that runs.

What an agent printed becomes text, or elements of a fixed list with fixed attributes; there is nothing to fetch and
nothing to execute, and a link leads to an absolute address in a new window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from nbstream.messages import TERMINAL, AgentRecord
from nbstream.widget.outline import Node, outline
from nbstream.widget.place import around
from nbstream.widget.static_html import HtmlWriter
from nbstream.widget.static_limits import HTML_LIMIT, MARKDOWN_LIMIT, OUTPUT_LIMIT, PLAIN_LIMIT, fitted, size
from nbstream.widget.static_markdown import markdown_text
from nbstream.widget.static_parse import Parse, parse
from nbstream.widget.static_prose import escaped
from nbstream.widget.static_text import MarkdownWriter, PlainWriter
from nbstream.widget.static_words import foot, title

_TONES: Final = {"completed": "nbs-good", "failed": "nbs-bad", "interrupted": "nbs-wait"}

_WHOLE: Final = 2**40
"""Bytes: no limit."""

# The classes tell MathJax, in Jupyter and in exports, that two dollar signs are no formula.
_OPENING: Final = '<div class="nbstream-copy tex2jax_ignore mathjax_ignore">'


def static_copy(
    record: AgentRecord,
    blocks: Iterable[Mapping[str, Any]],
    *,
    head: int = 0,
    duplicates: int | None = None,
    at: int | None = None,
) -> dict[str, str]:
    """A MIME bundle of the transcript, each type within its limit; see `static_limits`.

    Args:
        record: the agent.
        blocks: rows of `Store.transcript`, in order; see `outline`.
        head: the highest sequence number that is saved.
        duplicates: messages that came again and were refused; None where that is not known.
        at: show what is around this message, and mark it; None for both ends of the transcript.
    """
    nodes = _nodes(record, blocks)
    last = foot(record, head, nodes, duplicates)
    if at is not None:
        nodes = around(nodes, at)
    # Each text is parsed once for the HTML and the Markdown.
    parse_once = cache(parse)
    return {
        "text/html": _html(record, nodes, last, parse_once),
        "text/markdown": _markdown(record, nodes, last, parse_once),
        "text/plain": _plain(record, nodes, last),
    }


def page_parts(record: AgentRecord, blocks: Iterable[Mapping[str, Any]], kind: str, *, head: int = 0) -> Iterator[str]:
    """The whole transcript, however long it is, piece by piece: for a file. A single text is limited all the same.

    Args:
        record: the agent.
        blocks: rows of `Store.transcript`, in order.
        kind: `text/html` or `text/markdown`.
        head: the highest sequence number that is saved.
    """
    nodes = _nodes(record, blocks)
    last = foot(record, head, nodes, None)
    if kind == "text/html":
        opening, closing = _html_frame(record, last)
        node = HtmlWriter(parse, str(record.id)).node
    else:
        opening, closing = _markdown_frame(record, last)
        node = MarkdownWriter(parse, str(record.id)).node
    yield opening
    for one in nodes:
        yield node(one, _WHOLE, 0)
    yield closing


def _nodes(record: AgentRecord, blocks: Iterable[Mapping[str, Any]]) -> list[Node]:
    nodes = outline(blocks)
    if record.prompt and not (nodes and nodes[0].look == "user" and nodes[0].content.strip() == record.prompt.strip()):
        nodes.insert(0, Node(look="user", content=record.prompt, metadata={}, first=0, last=0))
    if record.status in TERMINAL and record.error and not any(_tells(node, record.error) for node in nodes):
        nodes.append(Node(look="error", content=record.error, metadata={}))
    return nodes


def _tells(node: Node, error: str) -> bool:
    return node.look == "error" or (node.failed and node.look == "summary" and error[:OUTPUT_LIMIT] in node.content)


def _html_frame(record: AgentRecord, last: str) -> tuple[str, str]:
    source, model, status, took = (escaped(part) for part in title(record))
    parts = [
        f"<b>{source}</b>",
        model,
        f'<span class="{_TONES.get(record.status, "")}">● {status}</span>',
        took,
    ]
    line = " · ".join(part for part in parts if part)
    opening = f'{_OPENING}<p class="nbs-head">{line}</p><div class="nbs-scroll"><div class="nbs-body">\n'
    # The style is last: where a viewer takes it for text, that text is under the story.
    closing = f'\n</div></div><p class="nbs-foot"><small>{escaped(last)}</small></p><style>{_css()}</style></div>'
    return opening, closing


def _html(record: AgentRecord, nodes: list[Node], last: str, parse: Parse) -> str:
    opening, closing = _html_frame(record, last)
    writer = HtmlWriter(parse, str(record.id))
    room = HTML_LIMIT - size(opening) - size(closing)
    return opening + "\n".join(fitted(nodes, writer.node, writer.remark, room=room, separator="\n")) + closing


def _markdown_frame(record: AgentRecord, last: str) -> tuple[str, str]:
    source, model, status, took = (markdown_text(part) for part in title(record))
    opening = " · ".join(part for part in (f"**{source}**", model, status, took) if part)
    return opening, f"`{last}`"


def _markdown(record: AgentRecord, nodes: list[Node], last: str, parse: Parse) -> str:
    opening, closing = _markdown_frame(record, last)
    writer = MarkdownWriter(parse, str(record.id))
    room = MARKDOWN_LIMIT - size(opening) - size(closing) - 4
    parts = fitted(nodes, writer.node, writer.remark, room=room, separator="\n\n")
    return "\n\n".join([opening, *parts, closing])


def _plain(record: AgentRecord, nodes: list[Node], last: str) -> str:
    opening = " · ".join(part for part in title(record) if part)
    writer = PlainWriter(str(record.id))
    room = PLAIN_LIMIT - size(opening) - size(last) - 4
    return "\n\n".join([opening, *fitted(nodes, writer.node, writer.remark, room=room, separator="\n\n"), last])


@cache
def _css() -> str:
    # Comments and line ends cost room in every saved copy.
    lines = (Path(__file__).parent / "static" / "copy.css").read_text(encoding="utf-8").splitlines()
    return " ".join(line.strip() for line in lines if not line.startswith("/*"))
