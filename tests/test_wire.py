"""The JSON between kernel and view: what is sent, and what of the page's words is accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from nbstream import widget
from nbstream.hub import LiveState
from nbstream.wire import Raw, Stop, Subscribe, Unsubscribe, batch_json, read_request, status_json
from widget.rows import AGENT, Log, record


@pytest.mark.parametrize(
    ("content", "request_"),
    [
        ({"type": "subscribe", "agent_id": "x", "since": 0}, Subscribe(0)),
        ({"type": "subscribe", "since": 41}, Subscribe(41)),
        ({"type": "unsubscribe"}, Unsubscribe()),
        ({"type": "stop"}, Stop()),
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
    assert "raw" not in batch["messages"][0]
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
