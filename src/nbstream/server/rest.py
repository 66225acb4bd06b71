"""The REST routes under `{base_url}nbstream/api/`; `api.yaml` describes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tornado import web

from nbstream.messages import TERMINAL
from nbstream.server.handlers import JsonHandler, authorized, refusal
from nbstream.server.pages import DEFAULT_LIMIT, MAX_LIMIT, page
from nbstream.server.refusals import BadRequest, SourceNotAllowed
from nbstream.service import launch
from nbstream.wire import StatusJson, record_json, status_json

if TYPE_CHECKING:
    from uuid import UUID

    from nbstream.messages import AgentRecord
    from nbstream.server.backend import Backend
    from nbstream.server.scope import Scope

HIGHEST: Final = 2**62
"""Sequence numbers are 64 bits in the store."""


class AgentsHandler(JsonHandler):
    """All agents of whoever asks; and new ones."""

    SUPPORTED_METHODS = ("GET", "POST")

    @web.authenticated
    @authorized(action="read")
    async def get(self) -> None:
        """Lists them, oldest first."""
        records = await self.ask(self.backend.stores.records, self.scope)
        self.answer({"agents": [record_json(record) for record in records]})

    @web.authenticated
    @authorized(action="execute")
    async def post(self) -> None:
        """Starts one in the server's process, so that it outlives every kernel."""
        record = await self.ask(_launch, self.backend, self.scope, self.request.body)
        self.set_header("Location", f"{self.base_url}nbstream/api/agents/{record.id}")
        self.answer(record_json(record), 201)


class ActiveHandler(JsonHandler):
    """The agents that have not ended."""

    SUPPORTED_METHODS = ("GET",)

    @web.authenticated
    @authorized(action="read")
    async def get(self) -> None:
        """Lists them, oldest first."""
        records = await self.ask(self.backend.stores.records, self.scope)
        self.answer({"agents": [record_json(record) for record in records if record.status not in TERMINAL]})


class AgentHandler(JsonHandler):
    """One agent."""

    SUPPORTED_METHODS = ("GET", "DELETE")

    @web.authenticated
    @authorized(action="read")
    async def get(self, agent_id: str) -> None:
        """Its row."""
        _, record = await self.ask(self.backend.stores.find, self.agent_id(agent_id), self.scope)
        self.answer(record_json(record))

    @web.authenticated
    @authorized(action="write")
    async def delete(self, agent_id: str) -> None:
        """Asks it to stop, whoever reads it; its history stays."""
        held, record = await self.ask(self.backend.stores.find, self.agent_id(agent_id), self.scope)
        if record.status not in TERMINAL:
            held.service.stop(record.id)
        self.set_status(204)
        self.finish()


class StatusHandler(JsonHandler):
    """Where one agent is."""

    SUPPORTED_METHODS = ("GET",)

    @web.authenticated
    @authorized(action="read")
    async def get(self, agent_id: str) -> None:
        """What a WebSocket would say of it."""
        self.answer(await self.ask(_status, self.backend, self.scope, self.agent_id(agent_id)))


class MessagesHandler(JsonHandler):
    """One agent's log."""

    SUPPORTED_METHODS = ("GET",)

    @web.authenticated
    @authorized(action="read")
    async def get(self, agent_id: str) -> None:
        """A page of it after `since`."""
        asked = self.agent_id(agent_id)
        since = self.number("since", 0, 0, HIGHEST)
        limit = self.number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        how = {"raw": self._whether("raw"), "compact": self._whether("compact")}
        if all(how.values()):
            raise refusal(BadRequest("expected raw or compact, not both: compact rows have no source"))
        self.answer_text(await self.ask(_messages, self.backend, self.scope, asked, since=since, limit=limit, **how))

    def _whether(self, name: str) -> bool:
        value = self.get_query_argument(name, "false")
        if value not in {"true", "false"}:
            raise refusal(BadRequest(f"expected {name} to be true or false; got {value[:80]!r}"))
        return value == "true"


def _messages(backend: Backend, scope: Scope, agent_id: UUID, **asked: Any) -> str:
    held, _ = backend.stores.find(agent_id, scope)
    return page(held.store, agent_id, **asked)


def _status(backend: Backend, scope: Scope, agent_id: UUID) -> StatusJson:
    held, record = backend.stores.find(agent_id, scope)
    live = held.service.live(record)
    return status_json(
        record,
        head=held.store.head(agent_id),
        duplicates=held.service.duplicates(agent_id),
        live={"state": live.state, "detail": live.detail},
        complete=record.status in TERMINAL,
    )


def _launch(backend: Backend, scope: Scope, body: bytes) -> AgentRecord:
    prompt, asked = _read(body)
    name = asked.get("source") or (backend.sources[0] if backend.sources else "")
    if name not in backend.sources:
        allowed = ", ".join(backend.sources) or "none"
        raise SourceNotAllowed(f"source {name!r} may not be started from here: allowed are {allowed}")
    held = backend.stores.default()
    agent = launch(
        prompt,
        name,
        store=held.store,
        model=asked.get("model"),
        session_id=asked.get("session_id"),
        owner=scope.owner,
        **backend.source_options.get(name, {}),
    )
    return agent.record


def _read(body: bytes) -> tuple[str, dict[str, str | None]]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON: {error}") from error
    if not isinstance(asked, dict):
        raise BadRequest("expected a JSON object with a prompt")
    unknown = sorted(asked.keys() - {"prompt", "source", "session_id", "model"})
    if unknown:
        raise BadRequest(f"expected prompt, source, session_id and model; got also {', '.join(unknown)[:200]}")
    prompt = asked.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise BadRequest("expected prompt to be a text with something in it")
    for name in ("source", "session_id", "model"):
        if not isinstance(asked.get(name), str | None):
            raise BadRequest(f"expected {name} to be a text or null")
    return prompt, asked


_AGENT: Final = r"/nbstream/api/agents/(?P<agent_id>[^/]+)"
ROUTES: Final[list[tuple[str, type[JsonHandler]]]] = [
    (r"/nbstream/api/agents", AgentsHandler),
    (r"/nbstream/api/agents/active", ActiveHandler),
    (_AGENT, AgentHandler),
    (rf"{_AGENT}/status", StatusHandler),
    (rf"{_AGENT}/messages", MessagesHandler),
]
