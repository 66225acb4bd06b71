"""The guard, over the router's own list of routes: a route that is added is tested without being named here."""

from __future__ import annotations

import http.client
import json
import uuid

import httpx
import pytest

from nbstream.proxy.app import ROUTES
from proxy.process import toml

AGENT = str(uuid.UUID(int=7))
CALLS = sorted((method, route.path.replace("{agent_id}", AGENT)) for route in ROUTES for method in route.methods)
JSON = {"Content-Type": "application/json"}
START = json.dumps({"prompt": "x", "profile": "count"})


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    from proxy.process import ProxyProcess

    options = ("--allow-origin", "http://notebook.test:8888", "--allow-host", "proxy.test:80")
    proxy = ProxyProcess(tmp_path_factory.mktemp("guard") / "p", toml("count", "count.py", "3", "0"), options=options)
    proxy.start()
    yield proxy
    proxy.close()


@pytest.fixture(autouse=True)
def _nothing_was_spawned(proxy):
    yield
    assert [entry.name for entry in proxy.runs.iterdir()] == [".lock"]


def call(proxy, method, path, headers, *, guarded=True):
    """One raw request: http.client adds Host and Content-Length only, and Host can be left to us.

    What the HTTP library refuses it answers before the body is there, and closes: a body that comes then resets the
    connection, and the answer with it. So such a request has none.
    """
    host, port = proxy.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        sent = START.encode() if guarded and method == "POST" else b""
        connection.putheader("Content-Length", str(len(sent)))
        connection.endheaders(sent)
        answer = connection.getresponse()
        answer.read()
        names = {name.lower() for name, _ in answer.getheaders()}
        assert not any(name.startswith("access-control") for name in names)
        assert "x-content-type-options" in names or not guarded
        return answer.status
    finally:
        connection.close()


def valid(proxy, **changes):
    """The headers of a request that is let in, with changes; None leaves one out."""
    headers = {
        "Host": proxy.url.removeprefix("http://"),
        "Authorization": f"Bearer {proxy.token}",
        "Content-Type": "application/json",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return [(name, value) for name, value in headers.items() if value is not None]


def test_the_router_has_the_routes_of_the_design():
    assert [(sorted(route.methods - {"HEAD"}), route.path) for route in ROUTES] == [
        (["GET"], "/health"),
        (["GET"], "/agents"),
        (["POST"], "/agent/start"),
        (["POST"], "/agent/stream"),
        (["POST"], "/agent/stop/{agent_id}"),
        (["GET"], "/agent/{agent_id}"),
        (["GET"], "/agent/{agent_id}/stream"),
    ]


TOKENS = [
    None,
    "",
    "Bearer",
    "Bearer ",
    "Bearer wrong",
    "Basic {token}",
    "bearer {token}x",
    "{token}",
    "Bearer {token} ",
]


@pytest.mark.parametrize("given", TOKENS)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_without_the_token(proxy, method, path, given):
    authorization = given and given.format(token=proxy.token)
    if given == "Bearer {token} ":
        authorization = f"Bearer {proxy.token[:-1]}"
    assert call(proxy, method, path, valid(proxy, Authorization=authorization)) == 401


def test_the_token_twice_is_no_token(proxy):
    headers = [*valid(proxy), ("Authorization", "Bearer other")]
    assert call(proxy, "GET", "/health", headers) == 401


def test_the_token_in_the_url_is_no_token(proxy):
    assert call(proxy, "GET", f"/health?token={proxy.token}", valid(proxy, Authorization=None)) == 401


HOSTS = [
    "",
    "evil.test",
    "evil.test:{port}",
    "127.0.0.1",
    "127.0.0.1:1",
    "localhost",
    "localhost.evil.test:{port}",
    "127.0.0.1.nip.io:{port}",
    "0.0.0.0:{port}",
    "127.0.0.1:{port}.",
    "127.0.0.2:{port}",
    "user@127.0.0.1:{port}",
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_under_a_foreign_name(proxy, method, path, host):
    port = proxy.url.rpartition(":")[2]
    assert call(proxy, method, path, valid(proxy, Host=host.format(port=port))) == 421


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_without_or_with_two_names(proxy, method, path):
    """HTTP itself forbids both, so it is the HTTP library that answers."""
    name = proxy.url.removeprefix("http://")
    assert call(proxy, method, path, valid(proxy, Host=None), guarded=False) == 400
    assert call(proxy, method, path, [*valid(proxy), ("Host", name)], guarded=False) == 400


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "proxy.test:80"])
def test_the_names_of_this_server(proxy, host):
    port = proxy.url.rpartition(":")[2]
    assert call(proxy, "GET", "/health", valid(proxy, Host=host.format(port=port))) == 200


ORIGINS = [
    "null",
    "http://evil.test",
    "http://127.0.0.1:{port}",
    "http://notebook.test",
    "http://notebook.test:8888.evil",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_for_a_web_page(proxy, method, path, origin):
    port = proxy.url.rpartition(":")[2]
    assert call(proxy, method, path, valid(proxy, Origin=origin.format(port=port))) == 403


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_route_from_another_site(proxy, method, path):
    assert call(proxy, method, path, valid(proxy, Sec_Fetch_Site="cross-site")) == 403


def test_an_allowed_origin_is_let_in_and_still_gets_no_cors_header(proxy):
    assert call(proxy, "GET", "/health", valid(proxy, Origin="http://notebook.test:8888")) == 200


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "",
    ],
)
@pytest.mark.parametrize(("method", "path"), [entry for entry in CALLS if entry[0] == "POST"])
def test_only_json_is_read(proxy, method, path, kind):
    assert call(proxy, method, path, valid(proxy, Content_Type=kind)) == 415


@pytest.mark.parametrize(("method", "path"), [*CALLS, ("GET", "*"), ("GET", "/nowhere")])
def test_options_is_not_answered(proxy, method, path):
    assert call(proxy, "OPTIONS", path, valid(proxy)) == 405


@pytest.mark.parametrize("path", [path for method, path in CALLS if method == "POST"])
def test_a_body_over_the_limit(proxy, path):
    long = b'{"prompt": "' + b"x" * (4 * 2**20) + b'"}'
    headers = proxy.headers | JSON
    refused = []
    for content in (long, (long[start : start + 2**16] for start in range(0, len(long), 2**16))):
        with httpx.Client(trust_env=False, timeout=10) as client:
            try:
                refused.append(client.post(proxy.url + path, content=content, headers=headers).status_code)
            except httpx.TransportError:
                refused.append("cut off")  # it answers and closes while the rest is still on its way
    assert refused[0] in (413, "cut off")
    assert refused[1] in (413, "cut off")
    assert 413 in refused


def test_a_websocket_is_refused(proxy):
    headers = [*valid(proxy), ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
    headers.append(("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="))
    assert call(proxy, "GET", f"/agent/{AGENT}/stream", headers) == 404


def test_the_token_is_strong_new_at_each_start_and_nowhere_to_be_seen(make_proxy):
    first = make_proxy(profiles=toml("count", "count.py", "3", "0"))
    agent_id = first.start_agent("count")
    first.until_over(agent_id)
    token = first.token
    assert len(token) >= 43, "256 bits in base64"
    assert token not in first.log()
    files = [path for path in first.runs.rglob("*") if path.is_file()]
    assert not any(token.encode() in path.read_bytes() for path in files)
    first.end()
    assert first.start().token != token
