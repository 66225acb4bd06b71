"""A real Jupyter server as a process of its own, and an HTTP client for it; for what the fixtures are too small for."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import httpx
from tornado.testing import bind_unused_port
from tornado.websocket import WebSocketClientConnection


async def hang_up(socket: WebSocketClientConnection) -> None:
    """Closes a WebSocket, and waits until its stream is: a loop that ends before that leaves it open."""
    if socket.protocol is None:
        return
    stream = socket.protocol.stream
    socket.close()
    async with asyncio.timeout(20):
        while not stream.closed():  # noqa: ASYNC110 - the end of a stream has no event here
            await asyncio.sleep(0.01)


class JupyterServer:
    """`jupyter server` with the extension, on a free port, under a base URL with a person's name in it.

    Args:
        root: its root folder.
        options: more command-line options.
    """

    def __init__(self, root: Path, *options: str, state: Path | None = None) -> None:
        socket, self.port = bind_unused_port()
        socket.close()
        self.token = secrets.token_hex(16)
        self.base = "/user/a%40b/"
        self.root = root
        folders = {name: str(root / ".jupyter" / name) for name in ("config", "data", "runtime")}
        env = os.environ | {f"JUPYTER_{name.upper()}_DIR": folder for name, folder in folders.items()}
        if state is not None:
            env["NBSTREAM_STATE"] = str(state)
        self.log = (root / "server.log").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
                f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}",
                f"--ServerApp.base_url={self.base}", f"--IdentityProvider.token={self.token}",
                '--ServerApp.jpserver_extensions={"nbstream.server": True}', *options,
            ],
            env=env, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self.headers = {"Authorization": f"token {self.token}"}
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}{self.base}", headers=self.headers, timeout=30
        )
        self.socket_url = f"ws://127.0.0.1:{self.port}{self.base}nbstream/ws?token={quote(self.token)}"
        self._await()

    def _await(self) -> None:
        until = time.monotonic() + 60
        while True:
            try:
                if self.client.get("api/status").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError((self.root / "server.log").read_text(errors="replace")[-3000:])
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.process.terminate()
        self.process.wait(30)
        self.log.close()
