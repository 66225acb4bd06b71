"""Every rule of the standard at every cut of the bytes, the limit, and the way back to bytes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nbstream.errors import EventTooLarge, ProtocolError
from nbstream.sse import EventStreamDecoder, ServerSentEvent, encode
from sse_cases import CASES, Case

RECORDINGS = Path(__file__).parent / "recordings"


class Outcome(NamedTuple):
    events: list[ServerSentEvent]
    last_event_id: str
    retry: int | None
    mid_event: bool
    too_large: bool = False


def decode(*chunks: bytes, limit: int = 1 << 24) -> Outcome:
    """What comes out of these chunks and the end after them; an event over the limit is noted and passed over."""
    decoder = EventStreamDecoder(max_event_bytes=limit)
    events: list[ServerSentEvent] = []
    too_large = False
    for chunk in chunks:
        try:
            events += decoder.feed(chunk)
        except EventTooLarge:
            too_large = True
            events += decoder.feed(b"")
    decoder.close()
    return Outcome(events, decoder.last_event_id, decoder.retry_ms, decoder.mid_event, too_large)


def each_byte(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


def cut_at(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)]


# --- the table ---------------------------------------------------------------------------------------------------


def assert_meets(case: Case, outcome: Outcome, how: str) -> None:
    assert [event[:3] for event in outcome.events] == case.events, how
    assert outcome.last_event_id == case.last_event_id, how
    assert outcome.retry == case.retry, how
    assert outcome.mid_event == case.mid_event, how


def test_each_case_has_its_own_name_and_stream() -> None:
    assert len({case.name for case in CASES}) == len({case.stream for case in CASES}) == len(CASES) >= 80


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_at_every_cut(case: Case) -> None:
    stream = case.stream
    assert_meets(case, decode(stream), "whole")
    assert_meets(case, decode(*each_byte(stream)), "byte by byte")
    # Of a stream of thousands of digits, the cuts near both ends.
    for place in range(len(stream)):
        if place < 200 or len(stream) - place < 200:
            assert_meets(case, decode(stream[:place], b"", stream[place:]), f"cut at {place}")


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.stream.startswith(b"\xef\xbb")], ids=lambda case: case.name
)
def test_case_after_other_events(case: Case) -> None:
    """Nothing of the events before colours those after. Left out are the cases of a BOM: there is one at the start only."""
    before = b"event: before\ndata: x\ndata: y\n\n"
    outcome = decode(before + case.stream)
    assert outcome.events[0] == ("before", "x\ny", "", None)
    assert_meets(case, outcome._replace(events=outcome.events[1:]), "after another event")


# --- any bytes at any cut ------------------------------------------------------------------------------------------

PIECES = [
    b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b":", b" ", b"\0", b"\xef\xbb\xbf", b"\xef", b"\xbb", b"\xe2\x80\xa8", b"\xff",
    b"id", b"id: ", b"id: 7\n", b"event: t\n", b"data", b"data: ", b"data: a\n", b"data: a\n\n", b"retry: ", b"retry: 5\n", b"x", b"9", b": ping\n\n",
]  # fmt: skip
streams = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)), max_size=40).map(b"".join)
cuts = st.lists(st.integers(min_value=0, max_value=400), max_size=12)


def by_the_book(stream: bytes) -> Outcome:
    """The standard's own words, a character at a time: slow, and nothing like the decoder."""
    text = stream.decode("utf-8", "replace")
    text = text.removeprefix("\ufeff") if stream.startswith(b"\xef\xbb\xbf") else text
    events: list[ServerSentEvent] = []
    event = data = id_buffer = last_event_id = line = ""
    retry, begun = None, False
    for at, char in enumerate(text):
        if char not in "\r\n":
            line += char
            continue
        if char == "\n" and at and text[at - 1] == "\r":
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            last_event_id = id_buffer
            if data:
                events.append(ServerSentEvent(event or "message", data[:-1], last_event_id, retry))
            event, data, begun = "", "", False
        elif name == "event":
            event = value
        elif name == "data":
            data += value + "\n"
        elif name == "id" and "\0" not in value:
            id_buffer = value
        elif name == "retry" and value and all(digit in "0123456789" for digit in value):
            retry = min(int(value), 10**18)
        begun = begun or (line != "" and not line.startswith(":"))
        line = ""
    return Outcome(events, last_event_id, retry, begun or (line != "" and not line.startswith(":")))


@given(streams)
@example(b"\n\r\n")
def test_any_bytes_mean_what_the_standard_says(stream: bytes) -> None:
    assert decode(stream) == by_the_book(stream)


@given(streams, cuts)
def test_any_cut_gives_the_same_events(stream: bytes, places: list[int]) -> None:
    assert decode(*cut_at(stream, places)) == decode(stream)


@given(streams, cuts, st.integers(min_value=1, max_value=30))
def test_any_cut_gives_the_same_events_under_a_limit(stream: bytes, places: list[int], limit: int) -> None:
    assert decode(*cut_at(stream, places), limit=limit) == decode(stream, limit=limit)


@pytest.mark.parametrize("name", sorted(path.name for path in RECORDINGS.glob("*.sse")))
@pytest.mark.parametrize("size", [1, 7, 64, 1024])
def test_recorded_streams_at_any_chunk_size(name: str, size: int) -> None:
    stream = (RECORDINGS / name).read_bytes()
    whole = decode(stream)
    assert whole.events
    assert decode(*(stream[at : at + size] for at in range(0, len(stream), size))) == whole
    assert whole == by_the_book(stream)


# --- when things happen --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r\n", b"\n\r"])
def test_an_event_is_out_with_the_byte_that_ends_its_blank_line(end: bytes) -> None:
    decoder = EventStreamDecoder()
    lengths = [len(decoder.feed(byte)) for byte in each_byte(b"data: a" + end)]
    # CRLFCRLF: the second CR ends the blank line, its LF only follows.
    assert lengths.index(1) == len(b"data: a" + end) - (2 if end == b"\r\n\r\n" else 1)
    assert sum(lengths) == 1


def test_a_lone_cr_is_not_held_back() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b"data: a\r\r") == [("message", "a", "", None)]
    assert decoder.feed(b"\ndata: b\r\r") == [("message", "b", "", None)]


def test_an_event_has_the_id_and_retry_as_of_its_block() -> None:
    outcome = decode(b"data: a\n\nretry: 5\nid: 1\ndata: b\n\nretry: 6\ndata: c\n\nid: 2\n\n")
    assert outcome.events == [("message", "a", "", None), ("message", "b", "1", 5), ("message", "c", "1", 6)]
    assert outcome.last_event_id == "2"


def test_close_drops_the_unfinished_event_and_says_so() -> None:
    decoder = EventStreamDecoder()
    decoder.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n")
    assert not decoder.mid_event
    decoder.close()
    assert decoder.mid_event
    assert decoder.last_event_id == "1"
    decoder.close()
    assert not decoder.mid_event


def test_after_close_another_stream_may_begin() -> None:
    decoder = EventStreamDecoder()
    decoder.feed(b"id: 1\nretry: 5\ndata: a\n\nevent: lost\ndata: b\r")
    decoder.close()
    # A BOM is one again; the type of the dropped event is forgotten, the id and the retry are not.
    assert decoder.feed(b"\xef\xbb\xbfdata: c\n\n") == [("message", "c", "1", 5)]
    decoder.close()
    assert not decoder.mid_event


def test_bytearrays_are_chunks_too_and_stay_as_they_were() -> None:
    decoder = EventStreamDecoder()
    chunk = bytearray(b"data: a\r\n\r\ndata")
    assert decoder.feed(chunk) == [("message", "a", "", None)]
    assert chunk == b"data: a\r\n\r\ndata"
    assert decoder.feed(bytearray(b": b\n\n")) == [("message", "b", "", None)]


# --- the limit -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"])
def test_an_event_of_exactly_the_limit_passes_and_one_byte_more_does_not(end: bytes) -> None:
    for extra, passes in [(0, True), (1, False)]:
        stream = b"data: " + b"x" * (10 + extra) + end
        for chunks in ([stream], each_byte(stream), [stream[:9], stream[9:]], [b"data: 1\n\n" + stream]):
            assert decode(*chunks, limit=17).too_large is not passes
            assert (("message", "x" * 10, "", None) in decode(*chunks, limit=17).events) is passes


def test_an_endless_line_is_refused_before_it_is_held() -> None:
    decoder = EventStreamDecoder(max_event_bytes=100_000)
    assert decoder.feed(b"data: " + b"x" * 99_994) == []
    with pytest.raises(EventTooLarge) as caught:
        decoder.feed(b"x" * 1_000)
    assert (caught.value.limit, caught.value.size) == (100_000, 101_000)
    assert isinstance(caught.value, ProtocolError)
    # From here on nothing is kept, and nothing more is raised, however long it goes on.
    for _ in range(1_000):
        assert decoder.feed(b"x" * 1_000) == []
    assert len(decoder._unfinished) == 1
    decoder.close()
    assert decoder.mid_event


def test_the_other_events_of_the_chunk_come_with_the_next_call() -> None:
    decoder = EventStreamDecoder(max_event_bytes=20)
    big = b"id: 2\ndata: " + b"x" * 50 + b"\n\n"
    with pytest.raises(EventTooLarge):
        decoder.feed(b"id: 1\ndata: a\n\n" + big + b"id: 3\ndata: b\n\ndata: c")
    assert decoder.feed(b"\n\n") == [
        ("message", "a", "1", None),
        ("message", "b", "3", None),
        ("message", "c", "3", None),
    ]
    assert decoder.feed(b"") == []


def test_several_too_large_in_one_chunk_raise_once() -> None:
    decoder = EventStreamDecoder(max_event_bytes=9)
    with pytest.raises(EventTooLarge):
        decoder.feed(b"data: xxxxx\n\ndata: 1\n\ndata: xxxxx\n\ndata: 2\n\ndata: xxxxx")
    assert [event.data for event in decoder.feed(b"xx\n\ndata: 3\n\n")] == ["1", "2", "3"]


@pytest.mark.parametrize("chunk_size", [1, 5, 64, 1000])
def test_the_id_of_an_event_too_large_is_taken_at_its_blank_line(chunk_size: int) -> None:
    """Else a reconnect would ask for the same event for ever."""
    decoder = EventStreamDecoder(max_event_bytes=30)
    stream = b"id: 1\ndata: a\n\nid: 2\nretry: 5\ndata: " + b"x" * 100 + b"\n"
    for at in range(0, len(stream), chunk_size):
        try:
            decoder.feed(stream[at : at + chunk_size])
        except EventTooLarge:
            assert decoder.last_event_id == "1"
    assert (decoder.last_event_id, decoder.retry_ms) == ("1", 5)
    decoder.feed(b"\n")
    assert decoder.last_event_id == "2"
    assert decoder.feed(b"data: b\n\n") == [("message", "b", "2", 5)]


def test_the_id_of_an_event_too_large_is_not_taken_without_its_blank_line() -> None:
    assert decode(b"id: 1\n\nid: 2\ndata: " + b"x" * 100, limit=30)[1:] == ("1", None, True, True)


def test_an_id_beyond_the_limit_is_not_taken() -> None:
    for chunks in (
        [b"data: aaaaaaaaaaaaaaaaaaaaaaaa\nid: 2\n\n"],
        each_byte(b"data: aaaaaaaaaaaaaaaaaaaaaaaa\nid: 2\n\n"),
    ):
        assert decode(*chunks, limit=20).last_event_id == ""


def test_close_ends_an_event_too_large() -> None:
    decoder = EventStreamDecoder(max_event_bytes=10)
    with pytest.raises(EventTooLarge):
        decoder.feed(b"id: 9\ndata: xxxxxxxxxx")
    decoder.close()
    assert decoder.feed(b"data: a\n\n") == [("message", "a", "", None)]


def test_comments_without_blank_lines_count_too() -> None:
    assert decode(*[b": ping\n"] * 10, limit=70).too_large is False
    assert decode(*[b": ping\n"] * 11, limit=70).too_large is True


def test_blank_lines_between_events_count_nothing() -> None:
    assert decode(b"\n", b"data: a\n", b"\n", limit=8).too_large is False
    assert (
        decode(*[b"\n"] * 50, b"\r\n" * 50 + b"data: a\n\n" + b"\n" * 50, b"\ndata: b\n\n", limit=8).too_large is False
    )


# --- the way back ---------------------------------------------------------------------------------------------------

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
one_line = text.map(lambda value: value.replace("\r", "").replace("\n", ""))
events = st.builds(
    ServerSentEvent,
    event=one_line.map(lambda value: value or "message"),
    data=text.map(lambda value: value.replace("\r", "")),
    id=one_line.map(lambda value: value.replace("\0", "")),
    retry=st.none() | st.integers(min_value=0, max_value=10**18),
)


@given(st.lists(events, max_size=6), cuts)
def test_encoded_events_come_back(sent: list[ServerSentEvent], places: list[int]) -> None:
    expected, last_id, retry = [], "", None
    for event in sent:
        last_id = event.id or last_id
        retry = retry if event.retry is None else event.retry
        expected.append(event._replace(id=last_id, retry=retry))
    assert decode(*cut_at(b"".join(map(encode, sent)), places)).events == expected


@pytest.mark.parametrize(
    ("event", "stream"),
    [
        (ServerSentEvent("message", "{}", "e.1"), b"id: e.1\nevent: message\ndata: {}\n\n"),
        (ServerSentEvent("complete", "{}"), b"event: complete\ndata: {}\n\n"),
        (ServerSentEvent("message", "a\nb\n"), b"event: message\ndata: a\ndata: b\ndata: \n\n"),
        (ServerSentEvent("message", "a\r\nb\rc"), b"event: message\ndata: a\ndata: b\ndata: c\n\n"),
        (ServerSentEvent("message", "", retry=0), b"event: message\nretry: 0\ndata: \n\n"),
        (ServerSentEvent("message", " é\u2028"), "event: message\ndata:  é\u2028\n\n".encode()),
    ],
)
def test_encode(event: ServerSentEvent, stream: bytes) -> None:
    assert encode(event) == stream


@pytest.mark.parametrize("bad", ["a\0", "\na", "a\rb", "\r\n"])
def test_encode_refuses_an_id_that_would_break_the_stream(bad: str) -> None:
    with pytest.raises(ValueError, match="id without NUL, CR and LF"):
        encode(ServerSentEvent("message", "a", bad))


@pytest.mark.parametrize("bad", ["a\n", "a\rdata: forged"])
def test_encode_refuses_a_type_that_would_break_the_stream(bad: str) -> None:
    with pytest.raises(ValueError, match="type of one line"):
        encode(ServerSentEvent(bad, "a"))


def test_encode_refuses_what_a_stream_cannot_carry() -> None:
    with pytest.raises(ValueError, match="0 ms or more"):
        encode(ServerSentEvent("message", "a", retry=-1))
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode(ServerSentEvent("message", "\ud800"))


# --- the work --------------------------------------------------------------------------------------------------------


class Counted(bytes):
    """A chunk that counts the bytes searched in it."""

    searched = 0

    def rfind(self, *args: object) -> int:  # type: ignore[override]
        Counted.searched += len(self)
        return super().rfind(*args)  # type: ignore[arg-type]


def test_no_byte_is_searched_twice_while_an_event_grows() -> None:
    """The waiting part is looked at once more, when its blank line has come: not with each chunk."""
    Counted.searched = 0
    decoder = EventStreamDecoder()
    decoder.feed(b": start\n\n")
    for _ in range(2_000):
        assert decoder.feed(Counted(b"data: " + b"x" * 93 + b"\n")) == []
    assert Counted.searched == 200_000
    [event] = decoder.feed(Counted(b"\n"))
    assert len(event.data) == 2_000 * 94 - 1
