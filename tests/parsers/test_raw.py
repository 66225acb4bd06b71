"""Events written into `raw` are the events that are read from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbstream.parsers.raw import events_in, raw_of
from nbstream.sse import ServerSentEvent

LINES = st.sampled_from(
    ["", "{}", "event: x", "data: y", "data: ", "event: ", "a\nb", "\n", "event: x\ndata: y", "data:z"]
)
EVENTS = st.lists(
    st.builds(ServerSentEvent, st.sampled_from(["message", "values", "messages|a:b", ""]), LINES | st.text())
)


def joined(events, named):
    return "\n".join(raw_of(event, named=named) for event in events)


def test_one_line_of_data_is_kept_as_it_came():
    assert raw_of(ServerSentEvent("content_block_delta", '{"a": 1}'), named=False) == '{"a": 1}'


def test_a_type_is_kept_where_it_says_something():
    assert raw_of(ServerSentEvent("values", "{}"), named=True) == "event: values\ndata: {}"
    assert raw_of(ServerSentEvent("message", "{}"), named=True) == "{}"


def test_data_of_several_lines_stays_one_event():
    assert [event.data for event in events_in(joined([ServerSentEvent("message", '{"a":\n1}')] * 2, False))] == [
        '{"a":\n1}',
        '{"a":\n1}',
    ]


@pytest.mark.parametrize("data", ["event: x", "data: y", "event: x\ndata: y"])
def test_data_that_looks_like_a_stream_is_data(data):
    events = [ServerSentEvent("message", data), ServerSentEvent("message", "data: z"), ServerSentEvent("message", "")]
    assert list(events_in(joined(events, True))) == events


def test_raw_of_an_older_version_is_read_line_by_line():
    assert [event.data for event in events_in("data: x\nevent: y\n{}")] == ["data: x", "event: y", "{}"]


@given(events=EVENTS.filter(bool), named=st.booleans())
def test_what_is_written_is_read(events, named):
    events = [event._replace(data=event.data.replace("\r", ""), event=event.event or "message") for event in events]
    kept = list(events_in(joined(events, named)))
    assert [event.data for event in kept] == [event.data for event in events]
    assert [event.event for event in kept] == [event.event if named else "message" for event in events]
