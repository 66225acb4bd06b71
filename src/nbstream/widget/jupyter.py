"""The Jupyter server above this kernel: whether its nbstream extension knows an agent.

Jupyter names its process to the kernel (`JPY_PARENT_PID`) and writes where it listens into a file that only its owner
can read. Remote kernels, VS Code and nbclient have no such server; then there is none, and the widget does it all.
The server's token is used for one request and goes nowhere else.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

PATIENCE: Final = 0.4
"""Seconds that a cell waits for the first answer; a server that has the store open answers in a hundredth of it."""

TIMEOUT: Final = 10.0
"""Seconds for one answer. Joining a store for the first time may take the server a while, and nobody waits for it."""

EVERYWHERE: Final = {"", "0.0.0.0", "::", "*"}  # noqa: S104 -- what a server listens on; it is asked on loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class JupyterServer:
    """Where the server answers, and what to show it.

    Args:
        url: its base, prefix included, ending in a slash.
        token: what its owner shows it; left out of the repr.
    """

    url: str
    token: str = field(repr=False)

    def knows(self, agent_id: UUID) -> bool:
        """Whether its nbstream extension can read this agent; False where it has none, or does not answer."""
        parts = urlsplit(self.url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = make(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
        headers = {"Authorization": f"token {self.token}"} if self.token else {}
        try:
            connection.request("GET", f"{parts.path}nbstream/api/agents/{agent_id}", headers=headers)
            answer = connection.getresponse()
            return answer.status == 200 and json.loads(answer.read()).get("id") == str(agent_id)
        except (OSError, HTTPException, ValueError, AttributeError, ssl.SSLError):
            return False
        finally:
            connection.close()


def find_server() -> JupyterServer | None:
    """The server that started this kernel, or None."""
    parent = os.environ.get("JPY_PARENT_PID", "")
    if not parent.isdecimal():
        return None
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        said = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{parent}.json").read_text(encoding="utf-8"))
        return _server(said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


class Question:
    """Whether the server knows an agent, asked in a thread of its own."""

    def __init__(self, server: JupyterServer, agent_id: UUID) -> None:
        self._answer: Future[bool] = Future()
        self._asked = time.monotonic()
        threading.Thread(
            target=lambda: self._answer.set_result(server.knows(agent_id)), name="nbstream-ask-server", daemon=True
        ).start()

    def answered(self) -> bool:
        """The answer, False while there is none; waits until `PATIENCE` after the question."""
        return self._within(self._asked + PATIENCE - time.monotonic())

    def settled(self) -> bool:
        """The answer, however long it takes."""
        return self._answer.result()

    def _within(self, seconds: float) -> bool:
        try:
            return self._answer.result(max(0.0, seconds))
        except TimeoutError:
            return False


def _server(said: dict[str, object]) -> JupyterServer | None:
    """What the server wrote about itself; one that listens on a file has no address a page could have."""
    if said.get("sock"):
        return None
    host = str(said["hostname"])
    scheme = "https" if said.get("secure") else "http"
    name = "127.0.0.1" if host in EVERYWHERE else host
    base = str(said["base_url"]).rstrip("/")
    # A server under JupyterHub has no token of its own; the hub gave this process one.
    token = str(said.get("token") or os.environ.get("JUPYTERHUB_API_TOKEN", ""))
    address = f"[{name}]" if ":" in name else name
    return JupyterServer(url=f"{scheme}://{address}:{said['port']}{base}/", token=token)
