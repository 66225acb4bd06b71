"""The transcript as a saved notebook shows it with no kernel: HTML, Markdown and plain text, nothing that runs.

Everything an agent said goes through `html.escape`; no element has an attribute but `class` and `open`. So there is
nothing to fetch, to click or to execute, whatever the transcript holds.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from nbstream.messages import KIND, TERMINAL, AgentRecord
from nbstream.widget.outline import Node, outline, tool_input
from nbstream.widget.static_text import markdown_of, plain_of
from nbstream.widget.words import duration, ending, figures, pieces, plural, printable, took, visible

SIZE_LIMIT: Final = 200_000
"""Characters of each MIME type at most: a notebook is opened, sent and compared as text."""

BLOCK_LIMIT: Final = 20_000
"""Characters of one block."""

OUTPUT_LIMIT: Final = 6_000
"""Characters of a tool's output, or of one field of its input."""

EN_DASH: Final = "\N{EN DASH}"

LANE_LIMIT: Final = 40
"""Blocks of one subagent, and fields of one tool's input."""

FRAME_SIZE: Final = 8_000
"""Characters kept for what is around the blocks: the style, the head and the note of what was left out."""

OPEN_LINES: Final = 12
"""Lines of a tool's output that are shown without a click."""

TONES: Final = {"completed": "nbs-good", "failed": "nbs-bad", "interrupted": "nbs-wait"}


def static_copy(record: AgentRecord, blocks: Iterable[Mapping[str, Any]], *, head: int = 0) -> dict[str, str]:
    """A MIME bundle of the transcript, each type at most `SIZE_LIMIT` characters.

    Args:
        record: the agent.
        blocks: rows of `Store.transcript`, in order; see `outline`.
        head: the highest sequence number that is saved.
    """
    nodes = outline(blocks)
    if record.prompt and not (nodes and nodes[0].look == "user" and nodes[0].content.strip() == record.prompt.strip()):
        nodes.insert(0, Node(look="user", content=record.prompt, metadata={}))
    return {
        "text/html": _html(record, nodes, head),
        "text/markdown": capped(record, nodes, markdown_of, f"*{foot(record, head)}*", "\n\n"),
        "text/plain": capped(record, nodes, plain_of, foot(record, head), "\n\n"),
    }


def foot(record: AgentRecord, head: int) -> str:
    """The line under a copy: what it is a copy of, and how to see it again."""
    rows = f"seq 1{EN_DASH}{head} · saved" if head else "no rows yet"
    live = "" if record.status in TERMINAL else f' · live when this was written: nbs.attach("{record.id}")'
    return f"{ending(record.status)} · {rows} · {record.id}{live}"


def capped(record: AgentRecord, nodes: Sequence[Node], render: Callable[[Node], str], last: str, separator: str) -> str:
    """The blocks one after another as far as they fit, and the last one, because it says how the run ended."""
    parts: list[str] = []
    closing = render(nodes[-1]) if nodes else ""
    if len(closing) > SIZE_LIMIT // 2:
        closing = ""
    room = SIZE_LIMIT - len(last) - len(closing) - FRAME_SIZE
    for number, node in enumerate(nodes[:-1] if closing else nodes):
        part = render(node)
        if len(part) + len(separator) > room:
            left = plural(len(nodes) - number - (1 if closing else 0), "more block")
            parts.append(f'… {left} in the store: store.transcript("{record.id}")')
            break
        room -= len(part) + len(separator)
        parts.append(part)
    return separator.join(part for part in [*parts, closing, last] if part)


def _html(record: AgentRecord, nodes: Sequence[Node], head: int) -> str:
    opening = (
        f'<div class="nbstream-copy"><style>{_css()}</style><div class="nbs-head"><b>{_text(record.source)}</b>'
        f"<span>{_text(record.model or '')}</span>"
        f'<span class="nbs-pill {TONES.get(record.status, "")}">{_text(ending(record.status))}</span>'
        f'<span class="nbs-time">{took(record)}</span></div><div class="nbs-scroll"><div class="nbs-body">'
    )
    failed = record.status in TERMINAL and record.error and not any(node.look == "error" for node in nodes)
    error = f'<div class="nbs-error">{_text(record.error or "")}</div>' if failed else ""
    closing = f'</div></div><div class="nbs-foot">{_text(foot(record, head))}</div></div>'
    return opening + capped(record, nodes, _node, error + closing, "\n")


@cache
def _css() -> str:
    # Comments and line ends cost room in every saved copy.
    lines = (Path(__file__).parent / "static" / "copy.css").read_text(encoding="utf-8").splitlines()
    return " ".join(line.strip() for line in lines if not line.startswith("/*"))


def _node(node: Node) -> str:
    match node.look:
        case "user":
            return f'<blockquote class="nbs-user">{_prose(node.content)}</blockquote>'
        case "text":
            return f'<div class="nbs-text">{_prose(node.content)}</div>'
        case "thought":
            time = f" for {duration(node.seconds)}" if node.seconds and node.seconds >= 0.1 else ""
            label = f'<summary class="nbs-quiet">Thought{time}</summary>'
            return f'<details class="nbs-thought">{label}<div>{_prose(node.content)}</div></details>'
        case "error":
            return f'<div class="nbs-error">{_cut(visible(node.content), BLOCK_LIMIT)}</div>'
        case "note":
            kind = _text(str(node.metadata.get(KIND) or "note"))
            return f'<div class="nbs-note">{kind} · {_cut(visible(node.content), 300)}</div>'
        case "summary":
            cells = "".join(f"<div><span>{_text(name)}</span>{_text(value)}</div>" for name, value in figures(node))
            return f'<div class="nbs-sum">{cells}</div>'
        case "call" | "result":
            return _card(node)


def _card(node: Node) -> str:
    headline, fields = tool_input(node.content) if node.look == "call" else ("", [])
    result = node.result if node.look == "call" else node
    output = visible(result.content).rstrip() if result else ""
    mark = '<span class="nbs-bad">✗</span>' if node.failed else '<span class="nbs-good">✓</span>'
    time = f"<span>{duration(node.seconds)}</span>" if result and node.seconds is not None else ""
    head = f"{mark if result else EN_DASH}<b>{_text(node.tool)}</b><code>{_text(visible(headline))}</code>{time}"
    lane = "\n".join(_node(child) for child in node.children[:LANE_LIMIT])
    if len(node.children) > LANE_LIMIT:
        left = plural(len(node.children) - LANE_LIMIT, "more block")
        lane += f'\n<div class="nbs-note">… {left} of this subagent in the store</div>'
    return f'<div class="nbs-card">{_head(head, fields)}{_output(output, failed=node.failed)}</div>' + (
        f'<div class="nbs-lane">{lane}</div>' if lane else ""
    )


def _head(head: str, fields: Sequence[tuple[str, str]]) -> str:
    """The line that names a call; with more input than it holds, it opens to show the rest."""
    if not fields:
        return f'<div class="nbs-cardhead">{head}</div>'
    rows = "".join(
        f"<dt>{_text(name)}</dt><dd>{_cut(visible(value), OUTPUT_LIMIT)}</dd>" for name, value in fields[:LANE_LIMIT]
    )
    return f'<details><summary class="nbs-cardhead">{head}</summary><dl>{rows}</dl></details>'


def _output(output: str, *, failed: bool) -> str:
    if not output:
        return ""
    pre = f'<pre class="{"nbs-bad" if failed else ""}">{_cut(output, OUTPUT_LIMIT)}</pre>'
    lines = output.count("\n") + 1
    if lines <= OPEN_LINES:
        return pre
    return f'<details><summary class="nbs-more">{plural(lines, "line")}</summary>{pre}</details>'


def _prose(content: str) -> str:
    shown = content[:BLOCK_LIMIT]
    parts = []
    for kind, _, text in pieces(shown):
        if kind == "code":
            parts.append(f"<pre><code>{_text(visible(text))}</code></pre>")
        else:
            parts += [f"<p>{_text(paragraph)}</p>" for paragraph in text.strip("\n").split("\n\n") if paragraph.strip()]
    left = len(content) - len(shown)
    return "".join(parts) + (f'<p class="nbs-quiet">{_more(left)}</p>' if left else "")


def _cut(text: str, limit: int) -> str:
    left = len(text) - limit
    return _text(text[:limit]) + (f'\n<span class="nbs-quiet">{_more(left)}</span>' if left > 0 else "")


def _more(characters: int) -> str:
    return f"… {characters:,} more characters in the store"


def _text(text: str) -> str:
    return html.escape(printable(text))
