"""The JSON between kernel and view: what is sent, and what of the page's words is accepted."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream import widget
from nbstream.hub import LiveState
from nbstream.messages import AgentMessage, MessageType, Op, Part, Role
from nbstream.wire import Code, Raw, Stop, Subscribe, Unsubscribe, batch_json, read_batch, read_request, status_json
from widget.rows import AGENT, Log, record


@pytest.mark.parametrize(
    ("content", "request_"),
    [
        ({"type": "subscribe", "agent_id": "x", "since": 0}, Subscribe(0)),
        ({"type": "subscribe", "since": 41}, Subscribe(41)),
        ({"type": "unsubscribe"}, Unsubscribe()),
        ({"type": "stop"}, Stop()),
        ({"type": "code", "agent_id": "x"}, Code()),
        ({"type": "raw", "sequence_number": 7}, Raw(7)),
        ({"type": "subscribe"}, None),
        ({"type": "subscribe", "since": -1}, None),
        ({"type": "subscribe", "since": True}, None),
        ({"type": "subscribe", "since": "0; DROP TABLE agents"}, None),
        ({"type": "subscribe", "since": 1.5}, None),
        ({"type": "raw", "sequence_number": None}, None),
        ({"type": "run", "code": "1"}, None),
        ({}, None),
        ([], None),
        ("stop", None),
        (None, None),
    ],
)
def test_only_what_a_view_says_is_accepted(content, request_) -> None:
    assert read_request(content) == request_


def test_shapes_are_json_and_keep_metadata_of_the_record_back() -> None:
    secret = record(metadata={"token": "t0p"}, last_event_id="1.4")
    log = Log()
    log.text("b", "Hello", size=2)
    status = status_json(secret, head=3, duplicates=1, live={"state": "live", "detail": None})
    batch = batch_json(AGENT, log.rows, head=3)
    assert json.loads(json.dumps([status, batch])) == [status, batch]
    assert "t0p" not in json.dumps(status)
    assert not {"raw", "id", "agent_id"} & batch["messages"][0].keys()
    assert status["record"]["created_at"] == "2026-01-01T12:00:00.000000+00:00"
    assert status["record"]["completed_at"] is None


def test_the_last_status_has_a_type_of_its_own() -> None:
    assert status_json(record(), head=0)["type"] == "agent:status"
    assert status_json(record("failed"), head=0, complete=True)["type"] == "agent:complete"


def test_the_page_knows_every_state_of_the_link_that_the_hub_has():
    """A state that the page does not know would be shown as a message it could not read."""
    source = (Path(widget.__file__).parent / "frontend" / "message.ts").read_text("utf-8")
    known = re.search(r"const LIVE_STATES = \[(.*?)\]", source)
    assert known
    assert set(re.findall(r'"([a-z-]+)"', known[1])) == set(get_args(LiveState))


CASES = json.loads((Path(__file__).parent / "golden" / "rows.json").read_text("utf-8"))
"""Batches, and the whole rows they stand for; `tests/frontend/message.test.ts` reads the same file."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_row_leaves_out_what_is_as_in_the_row_before(case) -> None:
    rows = [AgentMessage.from_json({**row, "id": str(AGENT)}) for row in case["rows"]]
    batch = batch_json(AGENT, rows, head=case["batch"]["head"], after=case["batch"].get("after"))
    assert json.dumps(batch) == json.dumps(case["batch"])
    assert read_batch(case["batch"]) == [replace(row, id=None) for row in rows]


def of(literal: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(literal))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=1), inner, max_size=2),
    max_leaves=3,
)
MICROSECONDS = st.integers(-3, 3) | st.integers(-(2**40), 2**40) | st.integers(0, 2**57)
ROW = st.builds(
    AgentMessage,
    type=of(MessageType),
    content=st.sampled_from(["", "a"]) | st.text(max_size=4),
    op=of(Op),
    block=st.none() | st.sampled_from(["a", "b"]),
    role=st.none() | of(Role),
    part=st.none() | of(Part),
    metadata=st.just({}) | st.dictionaries(st.sampled_from(["x", "y"]), JSON, max_size=2),
    agent_id=st.just(AGENT),
    id=st.uuids(),
    sequence_number=st.integers(1, 6) | st.integers(1, 2**53 - 1),
    created_at=MICROSECONDS.map(lambda us: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)),
)


@given(rows=st.lists(ROW, max_size=8), again=st.booleans(), after=st.none() | st.integers(0, 6))
def test_any_rows_come_through_a_batch_as_they_are(rows, again, after) -> None:
    if again:
        rows = [row for row in rows for _ in range(2)]
    batch = json.loads(json.dumps(batch_json(AGENT, rows, head=7, after=after)))
    told = [replace(row, id=None) for row in rows]
    read = read_batch(batch)
    assert read == told
    assert json.dumps([dict(row.metadata) for row in read]) == json.dumps([dict(row.metadata) for row in told])
    assert [row.created_at.utcoffset() for row in read] == [timedelta(0)] * len(read)


def test_times_are_told_in_utc() -> None:
    row = replace(Log().add("x", block="b"), created_at=datetime(9000, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))))
    assert batch_json(AGENT, [row], head=1)["messages"][0]["created_at"] == "9000-01-01T00:00:00.000000+00:00"


def test_a_token_is_a_few_bytes_in_a_large_batch_and_few_more_alone() -> None:
    log = Log()
    for number in range(2_000):
        log.add(f"tok{number:04}", block="msg_01ABCDEFGH:0", after=0.000_4)
    one, large = (len(json.dumps(batch_json(AGENT, log.rows[:size], head=2_000, after=0))) for size in (1, 2_000))
    assert large / 2_000 <= 60
    assert one <= 280
    assert len(json.dumps(batch_json(AGENT, [], head=2_000, after=0))) <= 200
