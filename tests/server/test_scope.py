"""Each person sees what is theirs: unknown and somebody else's are the same answer, by REST and by WebSocket."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import uuid4

import pytest
from jupyter_server.auth import IdentityProvider, User
from traitlets.config import Config

from nbstream.server import NbstreamServer
from nbstream.server.scope import Scope
from store.given import TESTS, agent, messages, record

RECORDING = {"path": str(TESTS / "recordings" / "claude-text.jsonl")}


class People(IdentityProvider):
    """Names who asks by a header, as a hub does by its own means."""

    def get_user(self, handler):
        name = handler.request.headers.get("X-Person")
        return User(username=name) if name else None


ROUTES = [("GET",), ("GET", "status"), ("GET", "messages"), ("DELETE",)]


@pytest.fixture
def jp_server_config():
    server = {
        "jpserver_extensions": {"nbstream.server": True},
        "identity_provider_class": People,
        "disable_check_xsrf": True,
    }
    options = {"sources": ["recording"], "source_options": {"recording": RECORDING}}
    return Config({"ServerApp": server, "NbstreamServer": options})


@pytest.fixture
def theirs(store):
    """Anna's, Ben's, and nobody's agent."""
    ids = {name: agent(store, owner=name, status="running") for name in ("anna", "ben", None)}
    for agent_id in ids.values():
        store.save(agent_id, messages(agent_id, 1, 2)).result()
    return ids


async def test_rest(fetch, theirs, store):
    anna = {"X-Person": "anna"}
    _, body, _ = await fetch("agents", headers=anna)
    assert [one["id"] for one in body["agents"]] == [str(theirs["anna"])]
    unknown = uuid4()
    before = store.list_agents()
    for method, *rest in ROUTES:
        _, nothing, _ = await fetch("agents", unknown, *rest, method=method, headers=anna)
        for name in ("ben", None):
            status, body, _ = await fetch("agents", theirs[name], *rest, method=method, headers=anna)
            assert status == 404
            assert body["message"].replace(str(theirs[name]), "ID") == nothing["message"].replace(str(unknown), "ID")
            assert body["reason"] == nothing["reason"]
    assert store.list_agents() == before, "nobody's agent was asked to stop"
    assert (await fetch("agents", theirs["anna"], headers=anna))[0] == 200


async def test_websocket(view, theirs, store, fetch):
    one = await view(headers={"X-Person": "anna"})
    unknown = uuid4()
    said = {}
    for kind in ({"type": "subscribe", "since": 0}, {"type": "raw", "sequence_number": 1}):
        for agent_id in (unknown, theirs["ben"], theirs[None]):
            await one.say(agent_id=agent_id, **kind)
            frame = await one.until("agent:error")
            said.setdefault(kind["type"], set()).add((frame["message"].replace(str(agent_id), "ID"), frame["reason"]))
    assert said == {
        "subscribe": {("no agent ID here", "AgentNotFound")},
        "raw": {("no agent ID here", "AgentNotFound")},
    }
    store.update_agent(theirs["ben"], status="completed").result()
    store.update_agent(theirs[None], status="completed").result()
    agent(store, owner="ben")
    mine = agent(store, owner="anna")
    await one.until("agent:created", where=lambda f: f["record"]["id"] == str(mine))
    await one.say(type="ping")
    await one.until("pong")
    seen = {f["record"]["id"] for f in one.frames if "record" in f}
    assert seen <= {str(mine), str(theirs["anna"])}


async def test_what_one_starts_is_ones_own(fetch):
    _, body, _ = await fetch("agents", method="POST", body={"prompt": "x"}, headers={"X-Person": "anna"})
    assert (await fetch("agents", body["id"], headers={"X-Person": "anna"}))[0] == 200
    assert (await fetch("agents", body["id"], headers={"X-Person": "ben"}))[0] == 404


async def test_a_deleted_agent_is_gone_for_its_owner_only(fetch, theirs, store, path, backend):
    await fetch("agents", headers={"X-Person": "anna"})
    store.close()
    path.unlink()
    await backend.call(backend.stores.look)
    assert (await fetch("agents", theirs["anna"], headers={"X-Person": "anna"}))[0] == 410
    assert (await fetch("agents", theirs["anna"], headers={"X-Person": "ben"}))[0] == 404


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        (Scope(), {"anna", "ben", None}),
        (Scope(owner="anna", unowned=False), {"anna"}),
        (Scope(owner="anna", unowned=True), {"anna", None}),
        (Scope(unowned=False), {"anna", "ben"}),
    ],
)
def test_who_sees_what(scope, sees):
    assert {name for name in ("anna", "ben", None) if scope.holds(record(owner=name))} == sees


@pytest.mark.parametrize(
    ("options", "named", "expected"),
    [
        ({}, False, Scope(owner=None, unowned=True)),
        ({}, True, Scope(owner="anna", unowned=False)),
        ({"unowned_are_shown": True}, True, Scope(owner="anna", unowned=True)),
        ({"people_are_named": True}, False, Scope(owner="anna", unowned=False)),
        ({"people_are_named": False}, True, Scope(owner=None, unowned=True)),
    ],
)
def test_the_traits_decide(options, named, expected):
    app = NbstreamServer(**options)
    provider = People() if named else IdentityProvider()
    stand_in = SimpleNamespace(
        serverapp=SimpleNamespace(identity_provider=provider),
        people_are_named=app.people_are_named,
        unowned_are_shown=app.unowned_are_shown,
    )
    assert NbstreamServer.scope_of(stand_in, User(username="anna")) == expected
