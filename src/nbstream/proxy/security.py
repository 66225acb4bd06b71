"""What every request must show before anything of it is read.

A web page in the user's browser can reach a port on loopback; so can every other user of the machine. The token keeps
both out; Host and Origin keep a page out even if it should learn the token by way of DNS rebinding. No
`Access-Control-*` header is ever sent, and there is no way to switch this off.

| in this order | answer |
|---|---|
| OPTIONS | 405 |
| no, or a wrong, bearer token | 401 |
| Host is not one of the names of this server, with its port | 421 |
| any Origin that is not allowed, also `null` | 403 |
| Sec-Fetch-Site: cross-site | 403 |
| a POST that is not `application/json` | 415 |
| a body over the limit | 413 |
"""

from __future__ import annotations

import hmac
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Guard:
    """Pure ASGI middleware around the whole application.

    Args:
        app: what is guarded.
        token: the bearer token.
        hosts: the exact values that Host may have.
        origins: the exact values that Origin may have.
        max_body_bytes: longest body.
    """

    def __init__(
        self, app: ASGIApp, *, token: str, hosts: Iterable[str], origins: Iterable[str] = (), max_body_bytes: int
    ) -> None:
        self._app = app
        self._authorization = f"Bearer {token}".encode()
        self._hosts = {host.encode() for host in hosts}
        self._origins = {origin.encode() for origin in origins}
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a refusal, or passes the request on."""
        if scope["type"] != "http":
            return  # no WebSocket, no lifespan: the server then refuses
        refusal = self._refusal(scope)
        if refusal is None and scope["method"] == "POST":
            body = await self._body(scope, receive)
            if body is None:
                refusal = (413, f"expected a body of at most {self._max_body_bytes:,} bytes")
            else:
                receive = _replay(body, receive)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        await self._app(scope, receive, _with_nosniff(send))

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            values.setdefault(name, []).append(value)
        if scope["method"] == "OPTIONS":
            return 405, "OPTIONS is not answered: this server is not for web pages"
        given = values.get(b"authorization", [])
        if len(given) != 1 or not hmac.compare_digest(given[0], self._authorization):
            return 401, "expected `Authorization: Bearer TOKEN`: the token is in the proxy's state file"
        if len(values.get(b"host", [])) != 1 or values[b"host"][0] not in self._hosts:
            return 421, "the Host header does not name this server"
        if any(origin not in self._origins for origin in values.get(b"origin", [])):
            return 403, "requests of web pages are refused"
        if b"cross-site" in values.get(b"sec-fetch-site", []):
            return 403, "requests from another site are refused"
        if scope["method"] == "POST" and not _is_json(values.get(b"content-type", [])):
            return 415, "expected Content-Type: application/json"
        return None

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None as soon as it is too long, or the client has gone."""
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._max_body_bytes:
            return None
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or len(body) > self._max_body_bytes:
                return None
            if not message.get("more_body", False):
                return bytes(body)


def _is_json(content_types: list[bytes]) -> bool:
    if len(content_types) != 1:
        return False
    kind = content_types[0].split(b";", 1)[0]
    return kind.strip().lower() == b"application/json"


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body in one message, then what comes after."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed


def _with_nosniff(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), (b"x-content-type-options", b"nosniff")]
        await send(message)

    return guarded


async def _answer(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
