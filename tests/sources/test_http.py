"""One response of Server-Sent Events over real loopback HTTP, and what each failure means."""

from __future__ import annotations

import asyncio
import json

import pytest

from nbstream.errors import EventTooLarge, SourceGone, SourceRefused, SourceUnavailable
from nbstream.sources.http import new_client, open_stream
from support import STREAM_HEAD, LoopbackServer, reply


async def read(url: str, **options):
    events = []
    async with (
        new_client(read_timeout=options.pop("read_timeout", 5.0)) as client,
        open_stream(client, "GET", url, headers={"x-extra": "1"}, **options) as batches,
    ):
        async for batch in batches:
            events += batch
    return events


def serve(content: bytes):
    async def handler(_request, writer):
        writer.write(content)

    return LoopbackServer(handler)


@pytest.mark.asyncio
async def test_events_come_as_they_were_sent_and_the_request_says_what_it_wants():
    with serve(STREAM_HEAD + b"id: e.1\ndata: one\n\nid: e.2\ndata: two\n\n") as server:
        events = await read(server.url + "/x", last_event_id="ü.0")
        sent = server.requests[0].headers
    assert [(event.id, event.data) for event in events] == [("e.1", "one"), ("e.2", "two")]
    assert sent["accept"] == "text/event-stream"
    assert sent["accept-encoding"] == "identity"
    assert sent["cache-control"] == "no-cache"
    assert sent["x-extra"] == "1"
    assert sent["last-event-id"].encode("latin-1").decode() == "ü.0"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (reply(401, '{"detail": "no token"}'), SourceRefused, "401: no token .check the token"),
        (reply(403), SourceRefused, "403"),
        (reply(400, '{"error": {"type": "invalid", "message": "too long"}}'), SourceRefused, "400: too long"),
        (reply(404, '{"detail": "no such agent"}'), SourceGone, "404: no such agent"),
        (reply(410, '{"detail": "deleted"}'), SourceGone, "410: deleted"),
        (reply(204), SourceGone, "204"),
        (reply(429, "{}", retry_after="7"), SourceUnavailable, "429"),
        (reply(500, "<h1>Oops</h1>", "text/html"), SourceUnavailable, "500: <h1>Oops</h1>"),
        (reply(503, "busy", "text/plain"), SourceUnavailable, "503: busy"),
        (
            reply(200, '{"error": {"message": "quota used up"}}'),
            SourceRefused,
            "200 with application/json.*quota used up",
        ),
        (
            reply(200, "<html>", "text/html; charset=utf-8"),
            SourceRefused,
            "200 with text/html.*expected text/event-stream",
        ),
        (reply(302, "", location="http://127.0.0.1:1/"), SourceRefused, "302"),
    ],
    ids=lambda value: value.decode("latin-1").split("\r\n")[0][9:12] if isinstance(value, bytes) else None,
)
async def test_an_answer_that_is_no_stream_is_an_error_that_says_what_came(answer, error, says):
    with serve(answer) as server:
        with pytest.raises(error, match=says) as caught:
            await read(server.url + "/x?key=secret")
        assert type(caught.value) is error
        assert "secret" not in str(caught.value)


@pytest.mark.asyncio
async def test_retry_after_reaches_the_caller():
    with serve(reply(429, "{}", retry_after="7")) as server, pytest.raises(SourceUnavailable) as caught:
        await read(server.url)
    assert caught.value.retry_after == 7.0


@pytest.mark.asyncio
async def test_nobody_there_is_unavailable_and_names_the_address():
    with serve(b"") as server:
        url = server.url
    with pytest.raises(SourceUnavailable, match=f"nobody answers at {url}"):
        await read(url)


@pytest.mark.asyncio
async def test_a_connection_that_breaks_inside_a_length_is_unavailable():
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000\r\n\r\n"
    with serve(head + b"data: one\n\n") as server, pytest.raises(SourceUnavailable, match="broke off"):
        await read(server.url)


@pytest.mark.asyncio
async def test_silence_past_the_read_timeout_is_unavailable():
    async def handler(_request, writer):
        writer.write(STREAM_HEAD)
        await writer.drain()
        await asyncio.sleep(60)

    silent = pytest.raises(SourceUnavailable, match="silent for longer than three heartbeats")
    with LoopbackServer(handler) as server, silent:
        await read(server.url, read_timeout=1)


@pytest.mark.asyncio
async def test_an_event_over_the_limit_says_so():
    content = STREAM_HEAD + b"data: " + b"x" * 5000 + b"\n\n"
    with serve(content) as server, pytest.raises(EventTooLarge, match="at most 1,000"):
        await read(server.url, max_event_bytes=1000)


@pytest.mark.asyncio
async def test_a_large_error_body_is_not_read_to_its_end():
    answer = reply(500, json.dumps({"detail": "y" * 1_000_000}))
    with serve(answer) as server, pytest.raises(SourceUnavailable) as caught:
        await read(server.url)
    assert len(str(caught.value)) < 3000
