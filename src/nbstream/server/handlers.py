"""What every route has: who asks, from where, in which form; and JSON answers, errors too."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from jupyter_server.auth import decorator
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import origin_matches_pat
from tornado import web

from nbstream.errors import NbstreamError
from nbstream.server.refusals import BadRequest, BodyTooLarge, NotJson, body_of, status_of

if TYPE_CHECKING:
    from nbstream.server.backend import Backend
    from nbstream.server.scope import Scope

MAX_BODY: Final = 1024 * 1024
"""Bytes of a request's body: the longest prompt."""
BACKEND: Final = "nbstream_backend"
SCOPE: Final = "nbstream_scope"
"""Keys of the application's settings."""

T = TypeVar("T")
Method = Callable[..., Awaitable[None]]


def authorized(*, action: Literal["read", "write", "execute"]) -> Callable[[Method], Method]:
    """Jupyter's own decorator, with its types: the server's authorizer is asked for the action on `nbstream`."""
    require: Callable[[Method], Method] = decorator.authorized(action=action)
    return require


class Guarded(JupyterHandler):
    """A handler of ours; `authenticated` and `authorized` stand at each of its methods, where they can be seen."""

    auth_resource = "nbstream"

    @property
    def backend(self) -> Backend:
        """The server's side of everything."""
        backend: Backend = self.settings[BACKEND]
        return backend

    @property
    def scope(self) -> Scope:
        """Whose agents this request may see."""
        scope_of: Callable[[Any], Scope] = self.settings[SCOPE]
        return scope_of(self.current_user)

    def check_origin(self, origin: str | None = None) -> bool:
        """Whether no page of another origin asks. Unlike at Jupyter's own, a token in the URL excuses nothing."""
        origin = origin or self.request.headers.get("Origin") or self.request.headers.get("Sec-Websocket-Origin")
        if origin is None or self.allow_origin == "*":
            return True
        origin = origin.lower()
        if urlsplit(origin).netloc == (self.request.headers.get("Host") or "").lower():
            return True
        if self.allow_origin:
            return bool(self.allow_origin == origin)
        return bool(self.allow_origin_pat and origin_matches_pat(self.allow_origin_pat, origin))


class JsonHandler(Guarded, APIHandler):
    """A REST route: JSON in, JSON out."""

    async def prepare(self) -> None:  # type: ignore[override]  # as its parent does
        """Refuses what comes from elsewhere, what is too large, and what is no JSON."""
        await super().prepare()
        self.backend.begin()
        try:
            if len(self.request.body) > MAX_BODY:
                raise BodyTooLarge(f"a body has {len(self.request.body):,} bytes, expected at most {MAX_BODY:,}")
            kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if self.request.body and kind != "application/json":
                raise NotJson(f"expected Content-Type: application/json, got {kind or 'none'}")
        except NbstreamError as error:
            raise refusal(error) from error

    def answer(self, body: object, status: int = 200) -> None:
        """Ends the request with an object as JSON."""
        self.answer_text(json.dumps(body, ensure_ascii=False, separators=(",", ":")), status)

    def answer_text(self, body: str, status: int = 200) -> None:
        """Ends the request with what is JSON already."""
        self.set_status(status)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        self.finish(body)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error has the same two fields."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        cause = getattr(error, "__cause__", None)
        self.answer(body_of(cause if isinstance(cause, NbstreamError) else error, status_code), status_code)

    async def ask(self, work: Callable[..., T], *args: Any, **options: Any) -> T:
        """Runs what may wait on a thread; an error of nbstream becomes the answer that the table names."""
        try:
            return await self.backend.call(work, *args, **options)
        except NbstreamError as error:
            raise refusal(error) from error

    def agent_id(self, text: str) -> UUID:
        """The id in the path."""
        with contextlib.suppress(ValueError):
            return UUID(text)
        raise refusal(BadRequest(f"expected the id of an agent, a UUID; got {text[:80]!r}"))

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A whole number of the query."""
        text = self.get_query_argument(name, str(default))
        with contextlib.suppress(ValueError):
            if text.isascii() and text.isdigit() and lowest <= int(text) <= highest:
                return int(text)
        problem = BadRequest(f"expected {name} to be a whole number from {lowest} to {highest}; got {text[:80]!r}")
        raise refusal(problem)


def refusal(error: NbstreamError) -> web.HTTPError:
    """The error as Tornado raises it; its cause is what is told."""
    raised = web.HTTPError(status_of(error), str(error))
    raised.__cause__ = error
    return raised
