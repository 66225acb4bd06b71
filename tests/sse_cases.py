"""Byte streams and what the standard makes of them: one case a rule, and one a mistake that a usual library makes.

`test_sse.py` feeds each of them whole, byte by byte and cut at every place. Data only: nothing of ours is imported, so
any other decoder can be held against the same table.

Source: WHATWG HTML 9.2.5 and 9.2.6.
"""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """One stream, from its first byte to its end, and what it means.

    Args:
        name: what the case shows.
        stream: the bytes.
        events: (event, data, id) of each dispatched event.
        last_event_id: after the end.
        retry: after the end; None where never set.
        mid_event: the end came inside an event.
    """

    name: str
    stream: bytes
    events: list[tuple[str, str, str]]
    last_event_id: str = ""
    retry: int | None = None
    mid_event: bool = False


def _only(data: str, event: str = "message", event_id: str = "") -> list[tuple[str, str, str]]:
    return [(event, data, event_id)]


_FIELDS = [
    Case("data alone", b"data: a\n\n", _only("a")),
    Case("the common shape", b"id: 1.7\nevent: tick\ndata: {}\n\n", _only("{}", "tick", "1.7"), "1.7"),
    Case("event and data", b"event: tick\ndata: a\n\n", _only("a", "tick")),
    Case("id and data", b"id: 1\ndata: a\n\n", _only("a", event_id="1"), "1"),
    Case("fields in another order", b"data: a\nevent: tick\nid: 1\n\n", _only("a", "tick", "1"), "1"),
    Case("event before id", b"event: tick\nid: 1\ndata: a\n\n", _only("a", "tick", "1"), "1"),
    Case("all four fields", b"id: 1\nevent: t\nretry: 9\ndata: a\n\n", _only("a", "t", "1"), "1", 9),
    Case("no space after the colon", b"id:1\nevent:tick\ndata:a\n\n", _only("a", "tick", "1"), "1"),
    Case("only one space is removed", b"id:  1\nevent:  t\ndata:  a\n\n", _only(" a", " t", " 1"), " 1"),
    Case("a tab is not removed", b"data:\ta\n\n", _only("\ta")),
    Case("a space before the tab is", b"data: \ta\n\n", _only("\ta")),
    Case("trailing spaces stay", b"data: a  \n\n", _only("a  ")),
    Case("colons in the value stay", b"data: a: b:c\n\n", _only("a: b:c")),
    Case("value begins with a colon", b"data::a\n\n", _only(":a")),
    Case("data in three lines", b"data: a\ndata: b\ndata: c\n\n", _only("a\nb\nc")),
    Case("an empty line of data between", b"data: a\ndata:\ndata: c\n\n", _only("a\n\nc")),
    Case("two data lines without colon", b"data\ndata\n\n", _only("\n")),
    Case("data without colon", b"data\n\n", _only("")),
    Case("data with colon, empty", b"data:\n\n", _only("")),
    Case("data is one space", b"data: \n\n", _only("")),
    Case("data is two spaces", b"data:  \n\n", _only(" ")),
    Case("only one final LF is stripped", b"data: a\ndata:\n\n", _only("a\n")),
    Case("data lines apart from each other", b"data: a\nevent: t\ndata: b\n\n", _only("a\nb", "t")),
    Case("the last event line counts", b"event: a\nevent: b\ndata: x\n\n", _only("x", "b")),
    Case("the last id line counts", b"id: 1\nid: 2\ndata: x\n\n", _only("x", event_id="2"), "2"),
    Case("names are case-sensitive", b"Data: a\nDATA: b\ndata: c\nID: 1\nEvent: t\n\n", _only("c")),
    Case("a space before the name makes another name", b" data: a\ndata: b\n\n", _only("b")),
    Case("a space after the name makes another name", b"data : a\ndata: b\n\n", _only("b")),
    Case("a longer name is unknown", b"database: a\ndata: b\n\n", _only("b")),
    Case("an unknown field among others", b"id: 1\nfoo: bar\ndata: a\n\n", _only("a", event_id="1"), "1"),
    Case("an unknown name without colon", b"foo\ndata: a\n\n", _only("a")),
    Case("JSON stays as it is", b'data: {"a": "b\\n: c"}\n\n', _only('{"a": "b\\n: c"}')),
    Case("two events", b"data: a\n\ndata: b\n\n", [("message", "a", ""), ("message", "b", "")]),
    Case("two lines, then the common shape", b"data: a\ndata: b\n\ndata: c\n\n", [*_only("a\nb"), *_only("c")]),
    Case("the common shape, then two lines", b"data: c\n\ndata: a\ndata: b\n\n", [*_only("c"), *_only("a\nb")]),
    Case("the type is forgotten after its event", b"event: t\ndata: a\n\ndata: b\n\n", [*_only("a", "t"), *_only("b")]),
    Case("an empty event is message", b"event:\ndata: a\n\n", _only("a")),
    Case("an empty event takes an earlier one back", b"event: t\nevent\ndata: a\n\n", _only("a")),
    Case("event after data", b"data: a\nevent: t\n\n", _only("a", "t")),
    Case("data that looks like a field", b"data: id: 5\n\n", _only("id: 5")),
    Case("data after a type with a NUL", b"event: a\0b\ndata: a\n\n", _only("a", "a\0b")),
    Case("NUL in data", b"data: a\0b\n\n", _only("a\0b")),
]

_DISPATCH = [
    Case("nothing", b"", []),
    Case("blank lines only", b"\n\n\n\n", []),
    Case("blank lines between events", b"data: a\n\n\n\n\ndata: b\n\n", [*_only("a"), *_only("b")]),
    Case("blank lines first", b"\n\ndata: a\n\n", _only("a")),
    Case("blank lines repeat nothing", b"id: 1\ndata: a\n\n\n\n", _only("a", event_id="1"), "1"),
    Case("a type without data", b"event: t\n\n", []),
    Case("a type without data is forgotten", b"event: t\n\ndata: a\n\n", _only("a")),
    Case("a comment", b": hello\n\n", []),
    Case("an empty comment", b":\n\n", []),
    Case("a comment in an event", b"data: a\n: ping\ndata: b\n\n", _only("a\nb")),
    Case("a comment before an event", b": ping\nid: 1\ndata: a\n\n", _only("a", event_id="1"), "1"),
    Case("a comment that looks like data", b":data: a\n\n: data: b\n\n", []),
    Case("heartbeats before any id", b": ping\n\n: ping\n\n", []),
    Case("heartbeats after an id", b"id: 1\ndata: a\n\n: ping\n\n: ping\n\n", _only("a", event_id="1"), "1"),
    Case("heartbeats after a retry", b"retry: 5\n\n: ping\n\n", [], retry=5),
    Case("no blank line at the end", b"data: a\n", [], mid_event=True),
    Case("no line end at the end", b"data: a", [], mid_event=True),
    Case("the end inside a name", b"data: a\n\nda", _only("a"), mid_event=True),
    Case("the end inside a second event", b"data: a\n\ndata: b\n", _only("a"), mid_event=True),
    Case("the end after a comment", b"data: a\n\n: ping\n", _only("a")),
    Case("the end inside a comment", b"data: a\n\n: pi", _only("a")),
    Case("a CR at the end is no blank line", b"data: a\r", [], mid_event=True),
    Case("a retry alone", b"retry: 5\n\ndata: a\n\n", _only("a"), retry=5),
]

_IDS = [
    Case(
        "an id persists", b"id: 1\ndata: a\n\ndata: b\n\n", [*_only("a", event_id="1"), *_only("b", event_id="1")], "1"
    ),
    Case("an id without data is taken", b"id: 7\n\n", [], "7"),
    Case("an id without data goes to the next event", b"id: 7\n\ndata: a\n\n", _only("a", event_id="7"), "7"),
    Case("an empty id resets", b"id: 1\ndata: a\n\nid:\ndata: b\n\n", [*_only("a", event_id="1"), *_only("b")]),
    Case("an id of one space resets", b"id: 1\ndata: a\n\nid: \ndata: b\n\n", [*_only("a", event_id="1"), *_only("b")]),
    Case("an id without colon resets", b"id: 1\ndata: a\n\nid\ndata: b\n\n", [*_only("a", event_id="1"), *_only("b")]),
    Case("an empty id without data resets", b"id: 1\n\nid\n\n", []),
    Case("an id with a NUL is ignored", b"id: 1\0\ndata: a\n\n", _only("a")),
    Case("an id that is a NUL is ignored", b"id: \0\ndata: a\n\n", _only("a")),
    Case("an id with a NUL keeps the last", b"id: 1\n\nid: 2\0\ndata: a\n\n", _only("a", event_id="1"), "1"),
    Case("an id with a NUL after one without", b"id: 1\nid: \0002\ndata: a\n\n", _only("a", event_id="1"), "1"),
    Case("a NUL elsewhere spares the id", b"id: 1\ndata: \0\n\n", _only("\0", event_id="1"), "1"),
    Case(
        "an id of an unfinished event is not taken",
        b"id: 1\ndata: a\n\nid: 2\ndata: b\n",
        _only("a", event_id="1"),
        "1",
        mid_event=True,
    ),
    Case("an unfinished id alone is not taken", b"id: 1\n", [], mid_event=True),
    Case(
        "an id is text, not a number",
        b"id: \xc3\xa9-\xe2\x82\xac 01\ndata: a\n\n",
        _only("a", event_id="é-€ 01"),
        "é-€ 01",
    ),
]

_RETRY = [
    Case("retry", b"retry: 3000\n\n", [], retry=3000),
    Case("retry without space", b"retry:3000\n\n", [], retry=3000),
    Case("retry with data", b"retry: 3000\ndata: a\n\n", _only("a"), retry=3000),
    Case("retry of zero", b"retry: 0\n\n", [], retry=0),
    Case("retry with leading zeros", b"retry: 007\n\n", [], retry=7),
    Case("the last retry counts", b"retry: 1\n\nretry: 2\n\n", [], retry=2),
    Case("a bad retry keeps the last", b"retry: 1\n\nretry: x\n\n", [], retry=1),
    Case("retry empty", b"retry:\n\n", []),
    Case("retry without colon", b"retry\n\n", []),
    Case("retry negative", b"retry: -5\n\n", []),
    Case("retry with a plus", b"retry: +5\n\n", []),
    Case("retry with an underscore", b"retry: 1_000\n\n", []),
    Case("retry with two spaces", b"retry:  5\n\n", []),
    Case("retry with a space after", b"retry: 5 \n\n", []),
    Case("retry with a point", b"retry: 1.5\n\n", []),
    Case("retry in hexadecimal", b"retry: 0x10\n\n", []),
    Case("retry in Arabic digits", "retry: ٣٠٠\n\n".encode(), []),
    Case("retry as superscript", "retry: ³\n\n".encode(), []),
    Case("retry of ten thousand zeros and a five", b"retry: " + b"0" * 10_000 + b"5\n\n", [], retry=5),
    Case("retry beyond what a number should be", b"retry: " + b"9" * 5_000 + b"\n\n", [], retry=10**18),
    Case("retry takes effect at its line", b"retry: 5\ndata: a", [], retry=5, mid_event=True),
    Case("half a retry line has none", b"data: a\nretry: 5", [], mid_event=True),
]

_LINE_ENDS = [
    Case("CRLF", b"id: 1\r\nevent: t\r\ndata: a\r\n\r\n", _only("a", "t", "1"), "1"),
    Case("CR", b"id: 1\revent: t\rdata: a\r\r", _only("a", "t", "1"), "1"),
    Case("CR only, two events", b"data: a\r\rdata: b\r\r", [*_only("a"), *_only("b")]),
    Case("LF then CRLF", b"data: a\n\r\n", _only("a")),
    Case("CRLF then LF", b"data: a\r\n\n", _only("a")),
    Case("LF then CR", b"data: a\n\r", _only("a")),
    Case("CR then CRLF", b"data: a\r\r\n", _only("a")),
    Case("CRLF then CR", b"data: a\r\n\r", _only("a")),
    Case("one CRLF is one line end", b"data: a\r\ndata: b\r\n\r\n", _only("a\nb")),
    Case("all three in one event", b"data: a\rdata: b\ndata: c\r\n\r", _only("a\nb\nc")),
    Case("CR, LF, CR: the CRLF is one", b"data: a\r\n\rdata: b\r\r", [*_only("a"), *_only("b")]),
    Case("CRLF blank runs", b"\r\n\r\ndata: a\r\n\r\n\r\n\r\ndata: b\r\n\r\n", [*_only("a"), *_only("b")]),
    Case("heartbeats in CRLF", b": ping\r\n\r\nid: 1\r\ndata: a\r\n\r\n: ping\r\n\r\n", _only("a", event_id="1"), "1"),
    Case("CRLF without blank line at the end", b"data: a\r\n", [], mid_event=True),
    Case("U+2028 and U+2029 are no line ends", "data: a\u2028b\u2029c\n\n".encode(), _only("a\u2028b\u2029c")),
    Case("NEL is no line end", "data: a\u0085b\n\n".encode(), _only("a\u0085b")),
    Case("VT and FF are no line ends", b"data: a\x0bb\x0cc\n\n", _only("a\x0bb\x0cc")),
    Case("FS, GS, RS and US are no line ends", b"data: a\x1cb\x1dc\x1ed\x1fe\n\n", _only("a\x1cb\x1dc\x1ed\x1fe")),
    Case("U+2028 in two lines", "data: a\u2028b\ndata: \u0085c\n\n".encode(), _only("a\u2028b\n\u0085c")),
    Case("U+2028 is no blank line", "data: a\n\u2028\ndata: b\n\n".encode(), _only("a\nb")),
    Case("a line of one space is not blank", b"data: a\n \ndata: b\n\n", _only("a\nb")),
    Case("NBSP after the colon stays", "data:\u00a0a\n\n".encode(), _only("\u00a0a")),
]

_ENCODING = [
    Case("a BOM first", b"\xef\xbb\xbfdata: a\n\n", _only("a")),
    Case("a BOM before an id", b"\xef\xbb\xbfid: 1\ndata: a\n\n", _only("a", event_id="1"), "1"),
    Case("a BOM before a comment", b"\xef\xbb\xbf: hi\ndata: a\n\n", _only("a")),
    Case("a BOM before a blank line", b"\xef\xbb\xbf\ndata: a\n\n", _only("a")),
    Case("only one BOM is removed", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", _only("b")),
    Case("a BOM later is part of the name", b"data: a\n\n\xef\xbb\xbfdata: b\n\n", _only("a")),
    Case("a BOM after a blank line is no BOM", b"\n\xef\xbb\xbfdata: b\n\ndata: c\n\n", _only("c")),
    Case("a BOM in data stays", b"data: \xef\xbb\xbfa\n\n", _only("\ufeffa")),
    Case("a BOM alone", b"\xef\xbb\xbf", []),
    Case("part of a BOM alone", b"\xef\xbb", [], mid_event=True),
    Case("part of a BOM, then a line", b"\xef\xbbdata: a\ndata: b\n\n", _only("b")),
    Case("a UTF-16 BOM is no BOM", b"\xff\xfedata: a\ndata: b\n\n", _only("b")),
    Case("two, three and four bytes a character", "data: é€😀\n\n".encode(), _only("é€😀")),
    Case("UTF-8 in the type", "event: grüße\ndata: a\n\n".encode(), _only("a", "grüße")),
    Case("a byte that begins nothing", b"data: a\xffb\n\n", _only("a\ufffdb")),
    Case("a character cut off by the line end", b"data: \xf0\x9f\x98\ndata: b\n\n", _only("\ufffd\nb")),
    Case("a character cut off by the blank line", b"data: \xe2\x82\n\ndata: b\n\n", [*_only("\ufffd"), *_only("b")]),
    Case("overlong and surrogate bytes", b"data: \xc0\x80\xed\xa0\x80\n\n", _only("\ufffd" * 5)),
    Case("Latin-1 is not guessed", b"data: caf\xe9\n\n", _only("caf\ufffd")),
    Case("an invalid byte in the name", b"d\xffata: a\ndata: b\n\n", _only("b")),
    Case("an invalid byte in the id", b"id: \xff\ndata: a\n\n", _only("a", event_id="\ufffd"), "\ufffd"),
]

CASES = [*_FIELDS, *_DISPATCH, *_IDS, *_RETRY, *_LINE_ENDS, *_ENCODING]
