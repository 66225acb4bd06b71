"""A real Jupyter server with the extension, real stores, and a kernel's side that tests write to."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from uuid import UUID

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPClientError
from traitlets.config import Config

from nbstream.frames import Store
from nbstream.wire import read_batch
from server import described
from server.serving import hang_up
from store.given import environment, record


@pytest.fixture
def nbstream_config():
    """Traits of the extension; a test module overrides it."""
    return {}


@pytest.fixture
def jp_server_config(nbstream_config):
    return Config({"ServerApp": {"jpserver_extensions": {"nbstream.server": True}}, "NbstreamServer": nbstream_config})


@pytest.fixture(autouse=True)
def no_stores_of_others(tmp_path, monkeypatch):
    monkeypatch.setenv("NBSTREAM_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("NBSTREAM_STORE", raising=False)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)


@pytest.fixture
def path(jp_root_dir):
    """Where a kernel beside the notebooks keeps its store."""
    return jp_root_dir / "nbstream.duckdb"


@pytest.fixture
def store(path):
    with Store.open(path) as opened:
        yield opened


@pytest.fixture
def backend(jp_serverapp):
    return jp_serverapp.web_app.settings["nbstream_backend"]


@pytest.fixture
def fetch(jp_fetch):
    """A request to the API: its status and its JSON."""

    async def go(*parts, method="GET", body=None, params=None, headers=None):
        headers = dict(headers or {})
        if body is not None and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        data = json.dumps(body) if body is not None and not isinstance(body, str | bytes) else body
        try:
            answer = await jp_fetch(
                "nbstream", "api", *map(str, parts), method=method, body=data, params=params, headers=headers
            )
        except HTTPClientError as error:
            if error.response is None:
                raise
            answer = error.response
        answered = json.loads(answer.body) if answer.body else None
        described.check(method, parts, answer.code, answered)
        return answer.code, answered, answer.headers

    return go


def last(frame):
    """The sequence number of the last row of a frame."""
    return read_batch(frame)[-1].sequence_number


async def when(condition):
    """Waits until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)


class View:
    """A WebSocket's reader: what it was sent, by kind."""

    def __init__(self, socket):
        self.socket = socket
        self.frames = []
        self.rows = {}

    async def say(self, **frame):
        await self.socket.write_message(json.dumps(frame, default=str))

    async def next(self, seconds=20):
        text = await asyncio.wait_for(self.socket.read_message(), seconds)
        if text is None:
            return None
        frame = json.loads(text)
        self.frames.append(frame)
        if frame["type"] == "agent:message":
            self.rows.setdefault(UUID(frame["agent_id"]), []).extend(read_batch(frame))
        return frame

    async def until(self, *kinds, where=lambda _: True):
        """The next frame of one of these kinds; what comes before it is kept in `frames`."""
        while frame := await self.next():
            if frame["type"] in kinds and where(frame):
                return frame
        raise AssertionError(f"the socket was closed ({self.socket.close_code}) before {kinds}: {self.frames}")

    def numbers(self, agent_id):
        return [row.sequence_number for row in self.rows.get(agent_id, [])]


@pytest.fixture
def view(jp_ws_fetch, jp_asyncio_loop):
    """Opens WebSockets to the extension, closed at the end."""
    opened = []

    async def go(**options):
        opened.append(await jp_ws_fetch("nbstream", "ws", **options))
        return View(opened[-1])

    yield go

    async def close():
        for socket in opened:
            await hang_up(socket)

    jp_asyncio_loop.run_until_complete(close())


class Kernel:
    """Another process that has a store and writes to it: `tests/store/child.py`."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "store.child", str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        self.role = self.answer()["role"]

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def do(self, what, **order):
        self.process.stdin.write(json.dumps({"do": what, **order}, default=str) + "\n")
        self.process.stdin.flush()

    def save(self, agent_id, events):
        self.do("save", agent=agent_id, events=list(events))
        return self.answer()

    def kill(self):
        self.process.kill()
        self.close()

    def close(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
            self.process.wait(20)
            self.process.stdout.close()


@pytest.fixture
def kernel(path):
    """Starts the process that owns the store, with one agent in it; gives both."""
    running = []

    def start(where=path, **changes):
        with Store.open(where) as before:
            agent_id = before.create_agent(record(**changes)).id
        running.append(Kernel(where))
        assert running[-1].role == "owner"
        return running[-1], agent_id

    yield start
    for one in running:
        one.close()
