"""Finding the Jupyter server above a kernel, and asking it: on loopback, with files as Jupyter writes them."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from uuid import uuid4

import pytest

from nbstream.widget.jupyter import Question, find_server
from support import reply, until
from widget.feed import AskedServer

AGENT = uuid4()


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("JPY_PARENT_PID", "4711")
    monkeypatch.delenv("JUPYTERHUB_API_TOKEN", raising=False)
    return tmp_path


def write(runtime, port=8888, **changes):
    said = {
        "base_url": "/user/bob/", "hostname": "127.0.0.1", "password": False, "pid": 4711, "port": port,
        "root_dir": "/", "secure": False, "sock": "", "token": "s3cret", "url": "", "version": "2.21.1",
    }  # fmt: skip
    (runtime / "jpserver-4711.json").write_text(json.dumps({**said, **changes}))


def test_its_address_is_the_one_it_listens_on_with_its_prefix(runtime):
    write(runtime)
    server = find_server()
    assert server is not None
    assert (server.url, server.token) == ("http://127.0.0.1:8888/user/bob/", "s3cret")
    assert "s3cret" not in repr(server)


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"hostname": "0.0.0.0"}, "http://127.0.0.1:8888/user/bob/"),
        ({"hostname": ""}, "http://127.0.0.1:8888/user/bob/"),
        ({"hostname": "::1"}, "http://[::1]:8888/user/bob/"),
        ({"hostname": "localhost", "secure": True}, "https://localhost:8888/user/bob/"),
        ({"base_url": "/"}, "http://127.0.0.1:8888/"),
    ],
)
def test_hosts_and_prefixes(runtime, changes, url):
    write(runtime, **changes)
    assert find_server().url == url


def test_a_server_under_a_hub_has_the_hub_s_token(runtime, monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "from-hub")
    write(runtime, token="")
    assert find_server().token == "from-hub"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"port": 1}', '{"sock": "/tmp/x", "port": 1}', "null"])
def test_what_is_no_server_s_file_is_no_server(runtime, text):
    (runtime / "jpserver-4711.json").write_text(text)
    assert find_server() is None


@pytest.mark.parametrize("parent", ["", "1", "x", "../../etc/passwd", "-1"])
def test_no_such_parent_is_no_server(runtime, monkeypatch, parent):
    write(runtime)
    monkeypatch.setenv("JPY_PARENT_PID", parent)
    assert find_server() is None


def answering(status, body):
    async def handler(request, writer):
        writer.write(reply(status, body))

    return AskedServer(handler)


def test_it_is_asked_for_the_agent_with_its_token(runtime):
    with answering(200, json.dumps({"id": str(AGENT)})) as there:
        write(runtime, there.port)
        assert Question(find_server(), AGENT).settled()
    request = next(one for one in there.requests if not one.path.endswith("/-"))
    assert (request.method, request.path) == ("GET", f"/user/bob/nbstream/api/agents/{AGENT}")
    assert request.headers["authorization"] == "token s3cret"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "{}"),
        (403, "{}"),
        (200, "<html>"),
        (200, "[]"),
        (200, "{}"),
        (200, json.dumps({"id": "another"})),
        (500, ""),
    ],
)
def test_any_other_answer_is_a_no(runtime, status, body):
    with answering(status, body) as there:
        write(runtime, there.port)
        assert not Question(find_server(), AGENT).settled()


def test_a_server_that_is_gone_is_a_no(runtime):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        write(runtime, closed.getsockname()[1])
    assert not Question(find_server(), AGENT).settled()


def test_a_slow_server_keeps_no_cell_waiting_and_its_answer_is_not_lost(runtime):
    with socket.create_server(("127.0.0.1", 0)) as slow:
        write(runtime, slow.getsockname()[1])
        question = Question(find_server(), AGENT)
        first, second = slow.accept()[0], slow.accept()[0]
        asked = {str(AGENT).encode() in one.recv(65536): one for one in (first, second)}
        assert not question.answered()
        assert not question.expected()
        with asked[True] as connection, asked[False]:
            body = json.dumps({"id": str(AGENT)})
            connection.sendall(reply(200, body))
            assert question.settled()
            assert until(question.answered)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(400, json.dumps({"reason": "BadRequest"}), True), (400, "{}", False), (404, "<html>", False)],
)
def test_a_server_with_the_extension_may_yet_say_yes(runtime, status, body, expected):
    waiting = threading.Event()

    async def handler(request, writer):
        if request.path.endswith("/-"):
            writer.write(reply(status, body))
        else:
            await asyncio.to_thread(waiting.wait, 10)
            writer.write(reply(404, "{}"))

    with AskedServer(handler) as there:
        write(runtime, there.port)
        question = Question(find_server(), AGENT)
        assert question.expected() is expected
        waiting.set()
        assert not question.settled()
        assert not question.expected(), "it has said no"
