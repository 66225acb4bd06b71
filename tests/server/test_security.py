"""Every route and method that the extension registers, against every way of not being allowed: refused, all of them.

What is walked is the server's own router, so a route that is added is walked too, or the count says that it is not.
"""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from typing import ClassVar

import pytest
import tornado.httpclient
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPClientError
from tornado.websocket import websocket_connect
from traitlets.config import Config

from nbstream.server.rest import ROUTES
from nbstream.server.websocket import ROUTES as SOCKETS
from server.serving import hang_up
from store.given import TESTS, agent, messages

ACTIONS = {
    ("agents", "GET"): "read", ("agents", "POST"): "execute", ("active", "GET"): "read", ("{id}", "GET"): "read",
    ("{id}", "DELETE"): "write", ("status", "GET"): "read", ("messages", "GET"): "read", ("ws", "GET"): "read",
}  # fmt: skip
"""All there is; what an authorizer is asked."""


RECORDING = {"path": str(TESTS / "recordings" / "claude-text.jsonl")}
OPTIONS = {"sources": ["recording"], "source_options": {"recording": RECORDING}}


class Doorkeeper(Authorizer):
    """Notes what it is asked, and says no when told to."""

    asked: ClassVar[list[str]] = []
    denies: str | None = None

    def is_authorized(self, handler, user, action, resource):
        if resource == "nbstream":
            self.asked.append(action)
        return not (resource == "nbstream" and self.denies in (action, "everything"))


@pytest.fixture
def jp_server_config():
    Doorkeeper.asked.clear()
    Doorkeeper.denies = None
    server = {"jpserver_extensions": {"nbstream.server": True}, "authorizer_class": Doorkeeper}
    return Config({"ServerApp": server, "NbstreamServer": OPTIONS})


def registered(app):
    """(name, path with a place for the id, method, is a socket) of everything of ours in the server's router."""
    found = []
    for rule in [rule for group in app.default_router.rules for rule in getattr(group.target, "rules", [])]:
        if not rule.target.__module__.startswith("nbstream."):
            continue
        pattern = rule.matcher.regex.pattern.rstrip("$")
        path = pattern.replace("(?P<agent_id>[^/]+)", "{id}").replace("\\", "")
        found += [(path.rsplit("/", 1)[1], path, method, "/ws" in path) for method in rule.target.SUPPORTED_METHODS]
    return found


@pytest.fixture
def given(store, jp_serverapp, jp_http_port):
    agent_id = agent(store, status="running")
    store.save(agent_id, messages(agent_id, 1, 3)).result()
    cases = registered(jp_serverapp.web_app)
    assert len(cases) == len(ACTIONS)
    assert {(name, method) for name, _, method, _ in cases} == set(ACTIONS)
    assert len({path for _, path, _, _ in cases}) == len(ROUTES) + len(SOCKETS)
    return [(name, path.replace("{id}", str(agent_id)), method, socket) for name, path, method, socket in cases]


@pytest.fixture
def ask(http_server_client, jp_http_port, jp_serverapp):
    """The status of a request as it is, nothing added; 101 for a socket that opens."""

    async def go(path, method, socket, headers, query=""):
        body = json.dumps({"prompt": "x"}) if method == "POST" else None
        headers = dict(headers) | ({"Content-Type": "application/json"} if body else {})
        try:
            if socket:
                url = f"ws://localhost:{jp_http_port}{path}{query}"
                opened = await websocket_connect(tornado.httpclient.HTTPRequest(url, headers=headers))
                await hang_up(opened)
                return 101
            answer = await http_server_client.fetch(path + query, method=method, headers=headers, body=body)
        except HTTPClientError as error:
            return error.code
        return answer.code

    return go


async def test_with_a_token_everything_is_allowed_and_asked_of_the_authorizer(given, ask, jp_auth_header):
    for name, path, method, socket in given:
        Doorkeeper.asked.clear()
        assert await ask(path, method, socket, jp_auth_header) in {200, 201, 204, 101}, (name, method)
        assert Doorkeeper.asked == [ACTIONS[name, method]], (name, method)


async def cookies_of(fetch_raw, token):
    answer = await fetch_raw(f"/a%40b/api/me?token={token}")
    jar = SimpleCookie()
    for line in answer.headers.get_list("Set-Cookie"):
        jar.load(line)
    return "; ".join(f"{name}={one.value}" for name, one in jar.items() if name != "_xsrf")


@pytest.mark.parametrize(
    "attack",
    ["nobody", "wrong token", "authorizer", "xsrf missing", "xsrf wrong", "origin", "origin, token in URL", "host"],
)
async def test_refused(attack, given, ask, jp_auth_header, jp_serverapp, http_server_client, store):
    token = jp_serverapp.identity_provider.token
    headers, query, refused = dict(jp_auth_header), "", {403}
    if attack == "nobody":
        headers = {}
    elif attack == "wrong token":
        headers = {"Authorization": "token 0123456789"}
    elif attack == "authorizer":
        Doorkeeper.denies = "everything"
    elif attack == "xsrf missing":
        headers = {"Cookie": await cookies_of(http_server_client.fetch, token)}
    elif attack == "xsrf wrong":
        cookies = await cookies_of(http_server_client.fetch, token)
        headers = {"Cookie": f"{cookies}; _xsrf=aaaaaaaa", "X-XSRFToken": "bbbbbbbb"}
    elif attack == "origin":
        headers |= {"Origin": "https://evil.test"}
        refused = {403, 404}
    elif attack == "origin, token in URL":
        headers, query, refused = {"Origin": "https://evil.test"}, f"?token={token}", {403, 404}
    else:
        headers |= {"Host": "evil.test"}
    before = store.query("SELECT * FROM agents").to_pylist()
    walked = 0
    for name, path, method, socket in given:
        if attack.startswith("xsrf") and method == "GET":
            continue  # a GET changes nothing, so there is nothing to forge
        assert await ask(path, method, socket, headers, query) in refused, (attack, name, method)
        walked += 1
    changing = sum(method != "GET" for _, method in ACTIONS)
    assert walked == (changing if attack.startswith("xsrf") else len(ACTIONS))
    assert store.query("SELECT * FROM agents").to_pylist() == before


async def test_a_cookie_with_its_xsrf_token_is_let_in(given, ask, jp_serverapp, http_server_client):
    """Or the two tests of wrong ones would prove nothing."""
    answer = await http_server_client.fetch(f"/a%40b/tree?token={jp_serverapp.identity_provider.token}",
                                            raise_error=False)  # fmt: skip
    jar = SimpleCookie()
    for line in answer.headers.get_list("Set-Cookie"):
        jar.load(line)
    cookies = await cookies_of(http_server_client.fetch, jp_serverapp.identity_provider.token)
    xsrf = jar["_xsrf"].value
    headers = {"Cookie": f"{cookies}; _xsrf={xsrf}", "X-XSRFToken": xsrf}
    path = next(path for name, path, method, _ in given if method == "DELETE")
    assert await ask(path, "DELETE", False, headers) == 204


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "POST", "DELETE"])
async def test_other_methods_are_not_there(method, given, http_server_client, jp_auth_header):
    has = {(path, one) for _, path, one, _ in given}
    for _, path, _, _ in given:
        if (path, method) not in has:
            answer = await http_server_client.fetch(
                path, method=method, headers=jp_auth_header, raise_error=False, allow_nonstandard_methods=True
            )
            assert answer.code == 405, (method, path)


@pytest.mark.parametrize("action", ["read", "write", "execute"])
async def test_an_authorizer_that_denies_one_action(action, given, ask, jp_auth_header):
    Doorkeeper.denies = action
    for name, path, method, socket in given:
        denied = ACTIONS[name, method] == action
        assert (await ask(path, method, socket, jp_auth_header) == 403) is denied, (name, method)
