"""A transcript's blocks as HTML that reads well with its stylesheet, and well without any style or class.

What carries meaning is an element: a fold is `<details>`, a subagent's lane is quoted, a difference is `<del>` and
`<ins>`. Classes only make it pretty; GitHub and some exports take them away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

from nbstream.messages import KIND
from nbstream.widget.outline import Node, tool_input
from nbstream.widget.static_diff import Edit, difference, edits_of
from nbstream.widget.static_limits import (
    FIELD_LIMIT,
    OUTPUT_LIMIT,
    TEXT_LIMIT,
    branch,
    fitted,
    shortened,
    size,
)  # fmt: skip
from nbstream.widget.static_parse import Parse
from nbstream.widget.static_prose import as_written, code_html, escaped, prose_html
from nbstream.widget.static_words import answer_of, in_line, lane_label, outcome_mark, shown_output, thought_label
from nbstream.widget.words import duration, figures, plural

OPEN_LINES: Final = 12
"""Lines of a tool's output that are shown without a click."""

NOTE_LINE: Final = 300
"""Characters of a note that are shown without a click."""

_TONES: Final = {"✓": "nbs-good", "✗": "nbs-bad"}
_SIGNS: Final = {"-": "<del>- {}</del>", "+": "<ins>+ {}</ins>", " ": "  {}"}


class HtmlWriter:
    """Writes nodes as HTML.

    Args:
        parse: reads Markdown; see `static_parse.parse`.
        agent_id: whose transcript it is.
    """

    def __init__(self, parse: Parse, agent_id: str) -> None:
        self._parse = parse
        self._agent_id = agent_id

    def node(self, node: Node, room: int, depth: int) -> str:
        """One node with all that belongs to it, its subagent within `room` bytes."""
        own = self._own(node)
        children = branch(node, depth)
        if not children:
            return own
        label = f'<div class="nbs-quiet">{escaped(lane_label(node))}</div>'
        opening, closing = f'\n<blockquote class="nbs-lane">{label}\n', "\n</blockquote>"
        room -= size(own) + size(opening) + size(closing)
        lane = fitted(children, self.node, self.remark, room=room, separator="\n", depth=depth + 1)
        return own + opening + "\n".join(lane) + closing

    def remark(self, blocks: int) -> str:
        """The line in place of blocks that did not fit."""
        words = f"… {plural(blocks, 'more block')} in the store: "
        return f'<p class="nbs-quiet">{words}<code>nbs.attach("{self._agent_id}")</code></p>'

    def _own(self, node: Node) -> str:
        match node.look:
            case "user":
                return f'<blockquote class="nbs-user">{_cut(node.content, as_written, TEXT_LIMIT)}</blockquote>'
            case "text":
                return f'<div class="nbs-text">{self._prose(node.content)}</div>'
            case "thought":
                label = f'<summary class="nbs-quiet">{thought_label(node)}</summary>'
                return f'<details class="nbs-thought">{label}<div>{self._prose(node.content)}</div></details>'
            case "error":
                return f'<div class="nbs-error"><b>Error</b>{_pre(node.content, TEXT_LIMIT)}</div>'
            case "note":
                return _note(node)
            case "summary":
                return self._summary(node)
            case "call" | "result":
                return _card(node)

    def _prose(self, content: str) -> str:
        shown, rest = shortened(content, TEXT_LIMIT)
        return prose_html(shown, self._parse) + (f'<p class="nbs-quiet">{rest}</p>' if rest else "")

    def _summary(self, node: Node) -> str:
        answer = answer_of(node)
        if node.failed:
            words = f'<div class="nbs-error">{_pre(answer, TEXT_LIMIT)}</div>' if answer else ""
        else:
            words = f'<div class="nbs-text">{self._prose(answer)}</div>' if answer else ""
        found = figures(node)
        names = "".join(f"<th>{escaped(name)}</th>" for name, _ in found)
        values = "".join(f"<td>{escaped(value)}</td>" for _, value in found)
        rows = f"<thead><tr>{names}</tr></thead><tbody><tr>{values}</tr></tbody>"
        return f'{words}<table class="nbs-sum">{rows}</table>'


def _pre(text: str, limit: int = OUTPUT_LIMIT, tone: str = "") -> str:
    # The line end that opens a `<pre>` is not shown.
    opening = (f'<pre class="{tone}">' if tone else "<pre>") + ("\n" if text.startswith(("\n", "\r")) else "")
    return f"{opening}{_cut(text, code_html, limit)}</pre>"


def _cut(text: str, write: Callable[[str], str], limit: int) -> str:
    shown, rest = shortened(text, limit)
    return write(shown) + (f'\n<span class="nbs-quiet">{rest}</span>' if rest else "")


def _note(node: Node) -> str:
    kind = f"<b>{escaped(in_line(str(node.metadata.get(KIND) or 'note')))}</b>"
    if len(node.content) <= NOTE_LINE and "\n" not in node.content.strip():
        return f'<div class="nbs-note">{kind} {code_html(node.content.strip())}</div>'
    glimpse = code_html(in_line(node.content))
    return f'<details class="nbs-note"><summary>{kind} {glimpse}</summary>{_pre(node.content)}</details>'


def _card(node: Node) -> str:
    edits, content = edits_of(node.content) if node.look == "call" else ([], "")
    headline, fields = tool_input(content) if node.look == "call" else ("", [])
    mark = outcome_mark(node)
    parts = [
        f'<span class="{_TONES.get(mark, "nbs-quiet")}">{mark}</span>',
        f"<b>{escaped(in_line(node.tool))}</b>",
        f"<code>{code_html(headline)}</code>" if headline else "",
        f'<span class="nbs-quiet">{"failed · " if node.failed else ""}{_time(node)}</span>',
    ]
    head = " ".join(part for part in parts if part)
    return f'<div class="nbs-card">{_head(head, fields)}{_difference(edits)}{_output(node)}</div>'


def _time(node: Node) -> str:
    if node.look == "call" and node.result is None:
        return "no result"
    return duration(node.seconds) if node.seconds is not None else ""


def _head(head: str, fields: Sequence[tuple[str, str]]) -> str:
    """The line that names a call; with more input than it holds, it opens to show the rest."""
    if not fields:
        return f'<div class="nbs-cardhead">{head}</div>'
    rows = [f"<dt>{code_html(in_line(name))}</dt><dd>{_pre(value)}</dd>" for name, value in fields[:FIELD_LIMIT]]
    if len(fields) > FIELD_LIMIT:
        rows.append(f"<dt>… {plural(len(fields) - FIELD_LIMIT, 'more field')} in the store</dt>")
    return f'<details><summary class="nbs-cardhead">{head}</summary><dl>{"".join(rows)}</dl></details>'


def _difference(edits: Sequence[Edit]) -> str:
    shown = []
    for edit in islice(edits, FIELD_LIMIT):
        lines = [(sign, line) for sign, line in difference(edit)]
        room = OUTPUT_LIMIT
        text: list[str] = []
        for sign, line in lines:
            if len(line) > room:
                text.append(
                    f'<span class="nbs-quiet">… {plural(len(lines) - len(text), "more line")} in the store</span>'
                )
                break
            room -= len(line) + 1
            text.append(_SIGNS[sign].format(code_html(line)))
        shown.append(f'<pre class="nbs-diff">{chr(10).join(text)}</pre>')
    if len(edits) > FIELD_LIMIT:
        shown.append(f'<p class="nbs-quiet">… {plural(len(edits) - FIELD_LIMIT, "more edit")} in the store</p>')
    return "".join(shown)


def _output(node: Node) -> str:
    output = shown_output(node)
    if not output:
        return ""
    pre = _pre(output, tone="nbs-bad" if node.failed else "")
    lines = output.count("\n") + 1
    if lines <= OPEN_LINES:
        return pre
    return f'<details><summary class="nbs-more">{plural(lines, "line")}</summary>{pre}</details>'
