"""One HTTP response of Server-Sent Events or of JSON lines, and what each failure means.

`httpx` carries the bytes; our own decoders read them. Every failure becomes one of three errors, and the caller decides
by the class alone: `SourceUnavailable` (try again), `SourceRefused` (never), `SourceGone` (it is not there any more).
"""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, Protocol

import httpx

from nbstream.errors import EventTooLarge, SourceError, SourceGone, SourceRefused, SourceUnavailable
from nbstream.sources.lines import LineDecoder
from nbstream.sse import EventStreamDecoder, ServerSentEvent

CONNECT_S: Final = 10.0
ERROR_BODY: Final = 2_000
"""Characters of an error body that go into our message."""
EVENT_STREAM: Final = "text/event-stream"
JSON_LINES: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")


class Decoder(Protocol):
    """What turns the bytes of a response into events."""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that this chunk completes."""

    def close(self) -> list[ServerSentEvent] | None:
        """The events that only the end completes."""


def new_client(
    *, read_timeout: float | None, connect_timeout: float = CONNECT_S, proxy: str | None = None
) -> httpx.AsyncClient:
    """A client that talks to where it is told and nowhere else: no redirects, no proxies from the environment.

    Args:
        read_timeout: seconds of silence after which the connection is given up; None where the caller has its own.
        connect_timeout: seconds until the connection stands.
        proxy: the HTTP proxy to go through.
    """
    timeout = httpx.Timeout(connect_timeout, read=read_timeout)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False, verify=_tls(), proxy=proxy)


@cache
def _tls() -> ssl.SSLContext:
    """The trusted certificates, read once: 20 to 100 ms each time, in which no agent of this process would be read."""
    return httpx.create_ssl_context(trust_env=True)  # SSL_CERT_FILE and SSL_CERT_DIR, as every program's


def refusal(response: httpx.Response, body: str, expected: str = EVENT_STREAM) -> SourceError:
    """The error that a response other than a stream stands for. Source: HTML §9.2, reconnecting; RFC 9110 §15."""
    status = response.status_code
    said = _said(body)
    where = f"{response.request.method} {response.request.url.copy_with(query=None)}"
    message = f"{where} answered {status}{': ' + said if said else ''}"
    if status == 429 or status >= 500:
        return SourceUnavailable(message, retry_after=_seconds(response.headers.get("retry-after")))
    if status in {204, 404, 410}:
        return SourceGone(message, status=status)
    if status in {401, 403}:
        return SourceRefused(f"{message} (check the token or the key)", status=status)
    if status == 200:
        kind = response.headers.get("content-type", "no content type")
        return SourceRefused(
            f"{where} answered 200 with {kind}, expected {expected}{': ' + said if said else ''}", status=status
        )
    return SourceRefused(message, status=status)


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Any = None,
    last_event_id: str | None = None,
    max_event_bytes: int | None = None,
    lines: bool | None = False,
) -> AsyncIterator[AsyncIterator[list[ServerSentEvent]]]:
    """The events of one response, as lists of what came together.

    Args:
        client: from `new_client`.
        method: `GET` or `POST`.
        url: where; the query never holds a secret.
        headers: what the source adds, for instance its key.
        body: sent as JSON.
        last_event_id: where to go on; sent as UTF-8 bytes, because httpx refuses other text.
        max_event_bytes: limit of one event, the decoder's default where None.
        lines: the response is JSON lines instead of events; None for either, by its media type.

    Raises:
        SourceUnavailable: nobody answered, or it asked to come later.
        SourceRefused: it answered no, or with something that is no event stream.
    """
    expected = {True: JSON_LINES, False: (EVENT_STREAM,), None: (EVENT_STREAM, *JSON_LINES, "text/plain")}[lines]
    sent: list[tuple[bytes, bytes]] = [
        (b"accept", expected[0].encode()),
        (b"accept-encoding", b"identity"),
        (b"cache-control", b"no-cache"),
        *((name.encode(), value.encode()) for name, value in headers.items()),
    ]
    if last_event_id:
        sent.append((b"last-event-id", last_event_id.encode()))
    try:
        async with client.stream(method, url, headers=sent, json=body) as response:
            kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
            if response.status_code != 200 or kind not in expected:
                raise refusal(response, await _body(response), expected[0])
            limit = {} if max_event_bytes is None else {"max_event_bytes": max_event_bytes}
            decoder = EventStreamDecoder(**limit) if kind == EVENT_STREAM else LineDecoder(**limit)
            async with aclosing(_events(response, decoder)) as events:
                yield events
    except httpx.TransportError as error:
        raise unavailable(url, error) from error


def unavailable(url: str, error: httpx.TransportError) -> SourceError:
    """What a broken connection means to the caller."""
    where = httpx.URL(url).copy_with(query=None)
    if _of_tls(error):
        return SourceRefused(
            f"{where} could not be trusted ({error}): expected a certificate that this machine knows; "
            "SSL_CERT_FILE names a file of more of them"
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return SourceUnavailable(f"nobody answers at {where} ({error})")
    if isinstance(error, httpx.ReadTimeout):
        return SourceUnavailable(f"{where} has been silent for longer than three heartbeats")
    return SourceUnavailable(f"the connection to {where} broke off ({type(error).__name__}: {error})")


def _of_tls(error: BaseException | None) -> bool:
    """Whether a refused certificate, or a server that speaks no TLS, is at the root of it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


async def _events(response: httpx.Response, decoder: Decoder) -> AsyncGenerator[list[ServerSentEvent], None]:
    # We ask for no compression; a server in between may do it all the same.
    packed = response.headers.get("content-encoding", "identity") != "identity"
    try:
        async for chunk in response.aiter_bytes() if packed else response.aiter_raw():
            try:
                events = decoder.feed(chunk)
            except EventTooLarge:
                yield decoder.feed(b"")  # the events around it; the caller knows by their ids which one is missing
                raise
            yield events
        yield decoder.close() or []
    except httpx.DecodingError as error:
        raise SourceRefused(f"{response.request.url.copy_with(query=None)} sent what cannot be unpacked") from error
    except httpx.TransportError as error:
        raise unavailable(str(response.request.url), error) from error


async def _body(response: httpx.Response) -> str:
    """The start of an error body; an endless one is not read to its end."""
    read = b""
    async for chunk in response.aiter_raw():
        read += chunk
        if len(read) > 4 * ERROR_BODY:
            break
    return read.decode("utf-8", "replace")


def _said(body: str) -> str:
    """What a person needs of an error body: its message where it is JSON, its start where it is not."""
    try:
        found = json.loads(body)
    except ValueError:
        return " ".join(body.split())[:ERROR_BODY]
    while isinstance(found, dict):
        inner = next((found[key] for key in ("detail", "error", "message") if found.get(key)), None)
        if inner is None:
            return json.dumps(found)[:ERROR_BODY]
        found = inner
    return str(found)[:ERROR_BODY] if found is not None else ""


def _seconds(header: str | None) -> float | None:
    """`Retry-After`, seconds or a date, in seconds from now. Source: RFC 9110 §10.2.3."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # TypeError: a date without a zone
        return None
