"""The routes of the proxy; the table at the end names them all.

Handlers read the request, call the registry and answer. Which class of error becomes which status is one table, so that
the rest of the package knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nbstream.errors import NbstreamError, ProgramNotFound, SourceError
from nbstream.proxy.profiles import ArgumentRefused
from nbstream.proxy.registry import IdInUse, ProxyClosing, RunNotFound, StartRequest, TooManyRuns, UnknownProfile
from nbstream.proxy.stream import AboveHead, EpochUnknown, EventIdMalformed, EventStream, position

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import Scope

    from nbstream.proxy.registry import Registry
    from nbstream.proxy.runs import Run

RETRY_AFTER = 5  # seconds a client is asked to wait when no more runs may start
FIELDS = {"prompt", "session_id", "model", "agent_id", "profile"}


class BodyNotJson(NbstreamError):
    """The body is not JSON."""


class FieldInvalid(NbstreamError):
    """The body is JSON and not a request to start an agent."""


PROBLEMS: dict[type[Exception], tuple[int, str]] = {
    BodyNotJson: (400, "not_json"),
    FieldInvalid: (422, "field_invalid"),
    ArgumentRefused: (422, "argument_refused"),
    ProgramNotFound: (422, "program_not_found"),
    UnknownProfile: (404, "unknown_profile"),
    RunNotFound: (404, "unknown_agent"),
    IdInUse: (409, "agent_id_in_use"),
    TooManyRuns: (429, "too_many_runs"),
    ProxyClosing: (503, "closing"),
    EventIdMalformed: (400, "event_id_malformed"),
    EpochUnknown: (409, "epoch_unknown"),
    AboveHead: (416, "above_head"),
    SourceError: (500, "not_started"),
}
"""Status and `reason` of each error that a handler may raise."""


async def answer_problem(_: Request, problem: Exception) -> Response:
    """Answers an error of the table."""
    status, reason = next(PROBLEMS[kind] for kind in type(problem).__mro__ if kind in PROBLEMS)
    headers = {"Retry-After": str(RETRY_AFTER)} if status in (429, 503) else None
    return JSONResponse({"detail": str(problem), "reason": reason}, status, headers)


def _registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


async def read_start(request: Request) -> StartRequest:
    """The request to start an agent that a body holds.

    Raises:
        BodyNotJson, FieldInvalid: see there.
    """
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as problem:
        raise BodyNotJson(f"expected a JSON object with `prompt`: {problem}") from None
    if not isinstance(body, dict):
        raise FieldInvalid(f"expected a JSON object with `prompt`, got {type(body).__name__}")
    if unknown := sorted(set(body) - FIELDS):
        raise FieldInvalid(f"unknown field {unknown[0][:64]!r}: expected some of {', '.join(sorted(FIELDS))}")
    texts = {name: value for name, value in body.items() if value is not None}
    for name, value in texts.items():
        _check_text(name, value)
    if not texts.get("prompt"):
        raise FieldInvalid("expected `prompt`, a text that is not empty")
    try:
        agent_id = uuid.UUID(texts.pop("agent_id")) if "agent_id" in texts else None
    except ValueError:
        raise FieldInvalid("expected `agent_id` to be a UUID") from None
    return StartRequest(**texts, agent_id=agent_id)


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str) or "\0" in value:
        raise FieldInvalid(f"expected `{name}` to be a text without NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise FieldInvalid(f"expected `{name}` to be valid Unicode: it holds half of a surrogate pair") from None


def describe(run: Run) -> dict[str, Any]:
    """What is known of a run."""
    meta = run.meta
    return {
        "agent_id": meta.agent_id,
        "status": meta.status,
        "pid": run.child.get("pid"),
        "profile": meta.profile,
        "parser": meta.parser,
        "session_id": meta.session_id,
        "model": meta.model,
        "epoch": meta.epoch,
        "head": run.head,
        "created_at": datetime.fromtimestamp(meta.created_at, UTC).isoformat(),
        "duration": meta.duration,
        "exit_code": meta.exit_code,
        "signal": meta.signal,
        "reason": meta.reason,
    }


async def health(request: Request) -> Response:
    """GET /health."""
    active = len(_registry(request).active())
    now = datetime.now(UTC).isoformat()
    answer = {"status": "ok", "timestamp": now, "active_agents": active, "version": version("nbstream")}
    return JSONResponse(answer)


async def agents(request: Request) -> Response:
    """GET /agents: every run, the oldest first."""
    return JSONResponse({"agents": [describe(run) for run in _registry(request).all()]})


async def agent(request: Request) -> Response:
    """GET /agent/{id}: one run, with the tail of its stderr."""
    run = _registry(request).get(request.path_params["agent_id"])
    await run.caught_up.wait()
    return JSONResponse({**describe(run), "stderr": run.stderr_tail()})


async def start(request: Request) -> Response:
    """POST /agent/start."""
    run = await _registry(request).start(await read_start(request))
    return JSONResponse({"agent_id": run.meta.agent_id, "pid": run.child.get("pid"), "status": "started"})


async def start_and_stream(request: Request) -> Response:
    """POST /agent/stream: both in one; the agent's id is in the header `X-Agent-Id`."""
    return await _stream(request, await _registry(request).start(await read_start(request)))


async def stream(request: Request) -> Response:
    """GET /agent/{id}/stream: what comes after Last-Event-ID, then whatever follows."""
    return await _stream(request, _registry(request).get(request.path_params["agent_id"]))


async def _stream(request: Request, run: Run) -> Response:
    state = request.app.state
    after = await position(run, request.headers.get("last-event-id"))
    headers = {"X-Agent-Id": run.meta.agent_id}
    return EventStream(
        run, after, state.registry.settings.heartbeat, state.cut_off, state.is_gone, state.leaving, headers
    )


async def stop(request: Request) -> Response:
    """POST /agent/stop/{id}: answers when nothing of the run is left; one that was over keeps its status."""
    run = _registry(request).get(request.path_params["agent_id"])
    await run.stop()
    return JSONResponse({"status": run.meta.status, "agent_id": run.meta.agent_id})


ROUTES = [
    Route("/health", health, methods=["GET"]),
    Route("/agents", agents, methods=["GET"]),
    Route("/agent/start", start, methods=["POST"]),
    Route("/agent/stream", start_and_stream, methods=["POST"]),
    Route("/agent/stop/{agent_id}", stop, methods=["POST"]),
    Route("/agent/{agent_id}", agent, methods=["GET"]),
    Route("/agent/{agent_id}/stream", stream, methods=["GET"]),
]


def create_app(registry: Registry, cut_off: Callable[[Scope], None], is_gone: Callable[[Scope], bool]) -> Starlette:
    """The application without its guard.

    Args:
        registry: the runs.
        cut_off: breaks the connection of a request, whatever is still to be sent on it.
        is_gone: whether that connection is broken.
    """
    app = Starlette(routes=ROUTES, exception_handlers=dict.fromkeys(PROBLEMS, answer_problem))
    app.router.redirect_slashes = False
    app.state.registry = registry
    app.state.cut_off = cut_off
    app.state.is_gone = is_gone
    app.state.leaving = asyncio.Event()  # set: every stream ends, and its run goes on
    return app
