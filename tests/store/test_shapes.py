"""The JSON that the database makes of a message is the JSON that the message makes of itself."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nbstream.store import MessageStore
from nbstream.store.shapes import read_shapes
from nbstream.wire import rows_json
from store.given import agent, message, messages

TEXTS = [
    "",
    " ",
    'quote " and \\ and /',
    "line\nline\r\ttab\x00\x07",
    "ü 漢字 \U0001f600 \u2028 \u202e",
    "x" * 100_000,
    "null",
    "{}",
]


@pytest.fixture
def store(tmp_path):
    with MessageStore.open(tmp_path / "store.duckdb") as opened:
        yield opened


@pytest.mark.parametrize("raw", [False, True])
def test_both_say_the_same_of_every_row(store, raw):
    who = agent(store)
    rows = [
        message(
            who,
            n,
            content=text,
            raw=text or None,
            block=text[:50] or None,
            metadata={"k": [text[:50], 1.5, None, {"ü": True}]},
        )
        for n, text in enumerate(TEXTS, 1)
    ]
    rows.append(message(who, 90, role=None, part=None, op="note", block=None, raw=None))
    rows.append(message(who, 91, created_at=datetime(1999, 12, 31, 23, 59, 59, 7, tzinfo=UTC)))
    rows.append(replace(message(who, 92, created_at=datetime(2026, 6, 1, tzinfo=UTC)), event_id=None))
    store.save(who, rows).result()
    shapes = read_shapes(store, who, since=0, head=store.head(who), limit=100, raw=raw)
    saved = store.read(who, raw=raw)
    assert [number for number, _ in shapes] == [row.sequence_number for row in saved]
    assert [json.loads(shape) for _, shape in shapes] == [row.to_json(raw=raw) for row in saved]


def test_a_page_begins_after_its_number_and_ends_with_its_limit(store):
    who, other = agent(store), agent(store)
    for each in (who, other):
        store.save(each, messages(each, 1, 30)).result()

    def numbers(since, limit):
        return [number for number, _ in read_shapes(store, who, since=since, head=30, limit=limit)]

    assert numbers(0, 10) == list(range(1, 11))
    assert numbers(7, 3) == [8, 9, 10]
    assert numbers(25, 10) == [26, 27, 28, 29, 30]
    assert numbers(30, 10) == []


def test_compact_rows_are_those_of_a_batch(store):
    """What the database leaves out of a row is what Python leaves out."""
    who, luck = agent(store), random.Random(5)
    time, rows = datetime(2026, 1, 1, tzinfo=UTC), []
    values = {
        "type": ["assistant", "tool"],
        "role": [None, "assistant"],
        "part": [None, "text"],
        "block": [None, "b", "ü"],
        "op": ["append", "set"],
        "content": TEXTS,
        "metadata": [{}, {"x": 1}, {"x": 1.0}, {"x": True}, {"x": "1"}, {"x": [None, {"y": "ü"}]}],
    }
    fields = {name: choices[0] for name, choices in values.items()}
    for number in range(1, 200):
        name = luck.choice(list(values))
        fields[name] = luck.choice(values[name])
        time += timedelta(microseconds=luck.choice([0, 0, 1, 999_999, -5, 10**12]))
        rows.append(message(who, number, created_at=time, **fields))
    rows.append(message(who, 200, created_at=datetime(8000, 1, 1, tzinfo=UTC), **fields))
    store.save(who, rows).result()
    writing = store._backend._database.cursor()
    writing.execute("DELETE FROM agent_messages WHERE sequence_number IN (1, 7, 8)")
    writing.close()
    for since in (0, 6, 50):
        shapes = [
            json.loads(shape) for _, shape in read_shapes(store, who, since=since, head=200, limit=500, compact=True)
        ]
        assert shapes == rows_json(store.read(who, since=since), since)
        again = [json.dumps(shape["metadata"]) for shape in shapes if "metadata" in shape]
        assert again == [
            json.dumps(row["metadata"]) for row in rows_json(store.read(who, since=since), since) if "metadata" in row
        ]
