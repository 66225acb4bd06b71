"""An edit that a tool was asked for, as the lines it takes away and puts in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any, Final, Literal, NamedTuple

Sign = Literal[" ", "-", "+"]

COMPARED: Final = 400
"""Lines of each side that are compared: comparing costs their product. More are shown as all away, all in."""

_BEFORE: Final = ("old_string", "old_str", "oldString")
_AFTER: Final = ("new_string", "new_str", "newString")


class Edit(NamedTuple):
    """One change of a text: what was there and what is to be."""

    before: str
    after: str


def edits_of(content: str) -> tuple[list[Edit], str]:
    """The edits in a tool's input, and the input without them.

    Args:
        content: the input, JSON text.

    Returns:
        no edits and `content` itself when the tool edits nothing.
    """
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        return [], content
    if not isinstance(given, dict):
        return [], content
    listed = given.get("edits")
    changes = listed if isinstance(listed, list) and listed else [given]
    edits = [edit for change in changes if (edit := _edit(change)) is not None]
    if not edits or len(edits) < len(changes):
        return [], content
    taken = {"edits"} if changes is listed else {*_BEFORE, *_AFTER}
    rest = {name: value for name, value in given.items() if name not in taken}
    return edits, json.dumps(rest, ensure_ascii=False)


def difference(edit: Edit) -> Iterator[tuple[Sign, str]]:
    """The lines of an edit in order, each with its sign."""
    before, after = edit.before.splitlines(), edit.after.splitlines()
    if max(len(before), len(after)) > COMPARED:
        yield from (("-", line) for line in before)
        yield from (("+", line) for line in after)
        return
    for kind, left, right, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((" ", line) for line in before[left:right])
        else:
            yield from (("-", line) for line in before[left:right])
            yield from (("+", line) for line in after[start:end])


def _edit(change: Any) -> Edit | None:
    """What one change of a tool's input says, if it says no more than the two texts."""
    if not isinstance(change, Mapping):
        return None
    before = next((change[name] for name in _BEFORE if isinstance(change.get(name), str)), None)
    after = next((change[name] for name in _AFTER if isinstance(change.get(name), str)), None)
    return None if before is None or after is None else Edit(before, after)
