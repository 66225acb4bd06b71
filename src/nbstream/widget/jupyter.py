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
from collections.abc import Callable
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
        return self._asked(str(agent_id), 200, "id", str(agent_id))

    def serves(self) -> bool:
        """Whether it has an nbstream extension, which refuses at once what is no agent's id."""
        return self._asked("-", 400, "reason", "BadRequest")

    def _asked(self, name: str, status: int, key: str, value: str) -> bool:
        parts = urlsplit(self.url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = make(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT)
        headers = {"Authorization": f"token {self.token}"} if self.token else {}
        try:
            connection.request("GET", f"{parts.path}nbstream/api/agents/{name}", headers=headers)
            answer = connection.getresponse()
            return answer.status == status and json.loads(answer.read()).get(key) == value
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
    """Whether the server knows an agent, and whether it could; each asked in a thread of its own."""

    def __init__(self, server: JupyterServer, agent_id: UUID) -> None:
        self._asked = time.monotonic()
        self._answer = _in_a_thread(lambda: server.knows(agent_id))
        self._serves = _in_a_thread(server.serves)

    def answered(self) -> bool:
        """The answer, False while there is none; waits until `PATIENCE` after the question."""
        return self._within(self._answer)

    def expected(self) -> bool:
        """Whether the answer is, or may yet be, that it does: the server has the extension, which joins a store now."""
        return self.answered() or (not self._answer.done() and self._within(self._serves))

    def settled(self) -> bool:
        """The answer, however long it takes."""
        return self._answer.result()

    def _within(self, answer: Future[bool]) -> bool:
        try:
            return answer.result(max(0.0, self._asked + PATIENCE - time.monotonic()))
        except TimeoutError:
            return False


def _in_a_thread(ask: Callable[[], bool]) -> Future[bool]:
    answer: Future[bool] = Future()
    threading.Thread(target=lambda: answer.set_result(ask()), name="nbstream-ask-server", daemon=True).start()
    return answer


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
