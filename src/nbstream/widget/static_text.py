"""A transcript's blocks as Markdown and as plain text.

The Markdown is for viewers that may or may not allow HTML: the only HTML in it is `<details>` with a label of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from nbstream.messages import KIND
from nbstream.widget.outline import Node, tool_input
from nbstream.widget.static_diff import Edit, difference, edits_of
from nbstream.widget.static_limits import (
    FIELD_LIMIT,
    LINE_LIMIT,
    OUTPUT_LIMIT,
    TEXT_LIMIT,
    branch,
    fitted,
    shortened,
    size,
)
from nbstream.widget.static_markdown import fenced, markdown_lines, markdown_text, prose_markdown, span
from nbstream.widget.static_parse import Parse
from nbstream.widget.static_words import answer_of, in_line, lane_label, outcome_mark, shown_output, thought_label
from nbstream.widget.words import duration, figures, plural, printable, visible

OPEN_LINES: Final = 12
"""Lines of a tool's output that are shown without a click."""

NOTE_LINE: Final = 300
"""Characters of a note that are shown without a click."""


class MarkdownWriter:
    """Writes nodes as Markdown.

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
        label = f"*{lane_label(node)}*"
        # Two characters of quotation before each of its lines: a quarter is enough for lines of eight.
        room = (room - size(own) - size(label)) * 3 // 4
        lane = fitted(children, self.node, self.remark, room=room, separator="\n\n", depth=depth + 1)
        return "\n\n".join([own, _quoted("\n\n".join([label, *lane]))])

    def remark(self, blocks: int) -> str:
        """The line in place of blocks that did not fit."""
        return f'*… {plural(blocks, "more block")} in the store:* `nbs.attach("{self._agent_id}")`'

    def _own(self, node: Node) -> str:
        match node.look:
            case "user":
                return _quoted(_cut(node.content, markdown_lines))
            case "text":
                return self._prose(node.content)
            case "thought":
                return _fold(thought_label(node), self._prose(node.content))
            case "error":
                return f"**Error**\n\n{_fenced(node.content, TEXT_LIMIT)}"
            case "note":
                kind = f"*{markdown_text(in_line(str(node.metadata.get(KIND) or 'note')))}*"
                if len(node.content) <= NOTE_LINE:
                    return f"{kind} {span(' '.join(node.content.split()))}"
                return f"{kind}\n\n{_fold(_characters(node), _fenced(node.content))}"
            case "summary":
                return self._summary(node)
            case "call" | "result":
                return _card(node)

    def _prose(self, content: str) -> str:
        return _cut(content, lambda text: prose_markdown(text, self._parse))

    def _summary(self, node: Node) -> str:
        answer = answer_of(node)
        words = "" if not answer else _fenced(answer) if node.failed else self._prose(answer)
        found = figures(node)
        table = [f"| {' | '.join(part)} |" for part in zip(*found, strict=True)]
        return "\n".join([*([words, ""] if words else []), table[0], "|" + " --- |" * len(found), table[1]])


class PlainWriter:
    """Writes nodes as plain text; the arguments are those of `MarkdownWriter`."""

    def __init__(self, agent_id: str) -> None:
        self._agent_id = agent_id

    def node(self, node: Node, room: int, depth: int) -> str:
        """One node with all that belongs to it, its subagent within `room` bytes."""
        own = _plain(node)
        children = branch(node, depth)
        if not children:
            return own
        # Two characters before each of its lines.
        room = (room - size(own)) * 3 // 4
        lane = fitted(children, self.node, self.remark, room=room, separator="\n\n", depth=depth + 1)
        return "\n".join([own, _indented("\n".join(lane))])

    def remark(self, blocks: int) -> str:
        """The line in place of blocks that did not fit."""
        return f'… {plural(blocks, "more block")} in the store: nbs.attach("{self._agent_id}")'


def _plain(node: Node) -> str:
    match node.look:
        case "user":
            return "\n".join(f"> {line}" for line in _plain_cut(node.content).split("\n"))
        case "thought":
            return f"({thought_label(node)}) {_plain_cut(node.content)}"
        case "text":
            return _plain_cut(node.content)
        case "error":
            return f"error: {visible(_plain_cut(node.content))}"
        case "note":
            kind = in_line(str(node.metadata.get(KIND) or "note"))
            return f"[{kind}] {visible(_plain_cut(node.content, OUTPUT_LIMIT))}"
        case "summary":
            words = _plain_cut(answer_of(node))
            return "\n".join(filter(None, [words, " · ".join(f"{name} {value}" for name, value in figures(node))]))
        case "call" | "result":
            headline, fields, edits = _input(node)
            named = f"{outcome_mark(node)} {in_line(node.tool)} {visible(headline)}".rstrip() + _time(node)
            lines = [f"{in_line(name)}: {visible(_plain_cut(value, OUTPUT_LIMIT))}" for name, value in fields]
            lines += [_difference(edit) for edit in edits]
            lines.append(visible(_plain_cut(shown_output(node), OUTPUT_LIMIT)))
            return "\n".join([named, *(_indented(line) for line in lines if line)])


def _card(node: Node) -> str:
    headline, fields, edits = _input(node)
    named = f"{outcome_mark(node)} **{markdown_text(in_line(node.tool))}** {span(headline)}".rstrip() + _time(node)
    output = shown_output(node)
    shown = [_fenced(_difference(edit), language="diff") for edit in edits]
    if output:
        lines = output.count("\n") + 1
        pre = _fenced(output)
        shown.append(pre if lines <= OPEN_LINES else _fold(plural(lines, "line"), pre))
    fold = [_fold("input", "\n\n".join(_field(*each) for each in fields))] if fields else []
    return "\n\n".join([named, *fold, *shown])


def _field(name: str, value: str) -> str:
    label = markdown_text(in_line(name))
    short = len(value) <= LINE_LIMIT and "\n" not in value.strip()
    return f"{label} {span(value.strip())}" if short else f"{label}\n\n{_fenced(value)}"


def _input(node: Node) -> tuple[str, list[tuple[str, str]], list[Edit]]:
    """What a call was asked: in a line, the other fields, the edits. What is over a limit is named."""
    if node.look != "call":
        return "", [], []
    edits, content = edits_of(node.content)
    headline, fields = tool_input(content)
    if len(fields) > FIELD_LIMIT:
        fields = [*fields[:FIELD_LIMIT], ("…", f"{plural(len(fields) - FIELD_LIMIT, 'more field')} in the store")]
    return headline, fields, list(islice(edits, FIELD_LIMIT))


def _time(node: Node) -> str:
    failed = " · failed" if node.failed else ""
    if node.look == "call" and node.result is None:
        return f"{failed} · no result"
    return failed + (f" · {duration(node.seconds)}" if node.seconds is not None else "")


def _difference(edit: Edit) -> str:
    return "\n".join(f"{sign} {visible(line)}" for sign, line in difference(edit))


def _fold(label: str, content: str) -> str:
    """A fold; `label` is ours, because HTML and not Markdown is read there."""
    return f"<details><summary>{label}</summary>\n\n{content}\n\n</details>"


def _characters(node: Node) -> str:
    return plural(len(node.content), "character")


def _fenced(text: str, limit: int = OUTPUT_LIMIT, language: str = "") -> str:
    shown, rest = shortened(text, limit)
    return fenced(shown, language) + (f"\n\n*{rest}*" if rest else "")


def _cut(text: str, write: Callable[[str], str]) -> str:
    shown, rest = shortened(text, TEXT_LIMIT)
    return write(shown) + (f"\n\n*{rest}*" if rest else "")


def _plain_cut(text: str, limit: int = TEXT_LIMIT) -> str:
    shown, rest = shortened(text, limit)
    return printable(shown).strip("\n") + (f"\n{rest}" if rest else "")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.split("\n"))
