"""The view `transcript`: the golden cases that the TypeScript reducer obeys too, and more of our own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nbstream.frames import Store
from nbstream.messages import AgentMessage
from store.given import START, agent

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "fold.json").read_text(encoding="utf-8"))
SHAPE = ("sequence_number", "last_sequence_number", "block", "type", "role", "part", "content", "metadata")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("golden") / "history.duckdb") as opened:
        yield opened


def fold(store: Store, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks of these rows, each under its own sequence number: where one is missing, a row is deleted."""
    agent_id = agent(store)
    by_number = {row["sequence_number"]: row for row in rows}
    sent = []
    for number in range(1, max(by_number, default=0) + 1):
        fields = dict(by_number.get(number, {"type": "system", "op": "note", "content": "", "metadata": {}}))
        fields.pop("sequence_number", None)
        if number not in by_number:
            fields["metadata"] = {"nbstream.kind": "usage"}  # not part of the transcript
        sent.append(AgentMessage(**fields, created_at=START + timedelta(seconds=number)))
    store.save(agent_id, sent).result()
    blocks = store.transcript(agent_id, to="arrow").to_pylist()
    return [{name: block[name] for name in SHAPE} | {"metadata": json.loads(block["metadata"])} for block in blocks]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden(store: Store, case) -> None:
    assert fold(store, case["rows"]) == case["blocks"]


def row(number: int, op: str, content: str = "", **changes: Any) -> dict[str, Any]:
    fields = {"type": "assistant", "role": "assistant", "part": "text", "block": "b", "metadata": {}}
    return fields | {"sequence_number": number, "op": op, "content": content} | changes


def contents(blocks: list[dict[str, Any]]) -> list[tuple[int, int, str]]:
    return [(block["sequence_number"], block["last_sequence_number"], block["content"]) for block in blocks]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(1, "append", "a"), row(2, "append", "b"), row(3, "append", "c")], [(1, 3, "abc")]),
        ([row(1, "append", "a"), row(2, "set", "A"), row(3, "append", "b")], [(1, 3, "Ab")]),
        ([row(1, "set", "A"), row(2, "drop"), row(3, "append", "b")], [(3, 3, "b")]),
        ([row(1, "append", "a"), row(2, "drop")], []),
        ([row(1, "set", "A"), row(2, "set", ""), row(3, "append", "x", block="c")], [(1, 2, ""), (3, 3, "x")]),
        ([row(1, "note", "n", block=None, part=None), row(2, "append", "a")], [(1, 1, "n"), (2, 2, "a")]),
        (
            [row(1, "note", "n", block=None, part=None, metadata={"nbstream.kind": "usage"}), row(2, "append", "a")],
            [(2, 2, "a")],
        ),
    ],
)  # fmt: skip
def test_content_and_place(store: Store, rows, expected) -> None:
    assert contents(fold(store, rows)) == expected


def test_a_missing_role_of_the_last_set_is_not_taken_from_another_row(store: Store) -> None:
    [block] = fold(store, [row(1, "set", "a"), row(2, "set", "b", role=None, part=None), row(3, "append", "c")])
    assert (block["role"], block["part"], block["content"]) == (None, None, "bc")


def test_agents_with_the_same_block_names_do_not_mix(store: Store) -> None:
    one, two = (fold(store, [row(1, "append", text), row(2, "append", "!")]) for text in ("one", "two"))
    assert (contents(one), contents(two)) == ([(1, 2, "one!")], [(1, 2, "two!")])


def test_times_are_those_of_the_first_and_the_last_row(store: Store) -> None:
    agent_id = agent(store)
    rows = [
        AgentMessage(
            type="assistant", op="append", block="b", content="x", created_at=START + timedelta(microseconds=n)
        )
        for n in (0, 1, 2)
    ]
    store.save(agent_id, rows).result()
    [block] = store.transcript(agent_id, to="arrow").to_pylist()
    assert (block["created_at"], block["last_created_at"]) == (START, START + timedelta(microseconds=2))
