"""Finding the proxy of a folder, and starting one where there is none."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import httpx

from nbstream.errors import SourceRefused, SourceUnavailable
from nbstream.proxy import folders, reaper
from nbstream.proxy.profiles import WITHHELD
from nbstream.proxy.server import import_http

if TYPE_CHECKING:
    from collections.abc import Iterator

HEALTH_TIMEOUT = 2.0  # seconds; it answers in milliseconds, and a busy machine is given time
START_TIMEOUT = 20.0  # seconds for a new proxy to answer, an import of everything on a cold disk included
POLL = 0.05  # seconds between two looks
IDLE_EXIT = 24 * 3600.0  # seconds after which a proxy that was started by itself ends if nobody uses it
KEPT = {"NBSTREAM_RUNTIME", "NBSTREAM_RUNS"}  # of the withheld names, what tells the proxy its folders
LOG_SHOWN = 2000  # bytes of a failed proxy's log that the error carries


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyAddress:
    """Where a proxy answers, and what to show it.

    Args:
        url: its base, `http://127.0.0.1:PORT`.
        token: the bearer token; left out of the repr.
        pid: its process, None when it was named by the environment.
        version: its nbstream, "" when it was named by the environment.
    """

    url: str
    token: str = field(repr=False)
    pid: int | None = None
    version: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What every request to it carries."""
        return {"Authorization": f"Bearer {self.token}"}


def find_proxy(runtime_dir: str | Path | None = None, *, directory: str | Path | None = None) -> ProxyAddress | None:
    """The proxy whose agents work in a folder; None when there is none that answers.

    `NBSTREAM_PROXY` (an URL) with `NBSTREAM_PROXY_TOKEN` comes before everything else and is not tried.

    Args:
        runtime_dir: where its state file is; None: the user's runtime folder.
        directory: the folder agents work in; None: the working folder.

    Raises:
        SourceRefused: `NBSTREAM_PROXY` is set and the token is not.
    """
    if named := _named_by_environment():
        return named
    where = Path(directory) if directory else Path.cwd()
    state = folders.read_json(folders.state_file(where, Path(runtime_dir) if runtime_dir else None))
    address = _address(state or {})
    return address if address and _answers(address) else None


def _address(state: dict[str, Any]) -> ProxyAddress | None:
    """What a state file says, if the process that wrote it still runs."""
    url, token, pid = state.get("url"), state.get("token"), state.get("pid")
    if not isinstance(url, str) or not isinstance(token, str) or not isinstance(pid, int):
        return None
    if not reaper.is_running(pid, state.get("start")):
        return None
    return ProxyAddress(url=url, token=token, pid=pid, version=str(state.get("version", "")))


def _named_by_environment() -> ProxyAddress | None:
    url = os.environ.get("NBSTREAM_PROXY")
    if not url:
        return None
    token = os.environ.get("NBSTREAM_PROXY_TOKEN")
    if not token:
        raise SourceRefused("NBSTREAM_PROXY is set and NBSTREAM_PROXY_TOKEN is not: set both, or neither")
    return ProxyAddress(url=url.rstrip("/"), token=token)


def _answers(address: ProxyAddress) -> bool:
    options: dict[str, Any] = {"trust_env": False, "timeout": HEALTH_TIMEOUT, "headers": address.headers}
    if address.url.startswith("http:"):
        options["verify"] = False  # nothing to verify; reading the certificates takes 20 to 100 ms each time
    try:
        with httpx.Client(**options) as client:
            return client.get(f"{address.url}/health").status_code == 200
    except httpx.HTTPError:
        return False


def ensure_proxy(*, directory: str | Path | None = None) -> ProxyAddress:
    """The proxy whose agents work in a folder, started if there is none; of two callers at once one starts it.

    It is a process of its own that outlives this one, and ends after a day without use.

    Args:
        directory: the folder agents work in; None: the working folder.

    Raises:
        MissingExtra: the proxy's optional part is not installed.
        SourceUnavailable: it could not be started; the message has the end of its log.
    """
    where = Path(directory) if directory else Path.cwd()
    if found := find_proxy(directory=where):
        return found
    import_http()
    state = folders.state_file(where)
    deadline = time.monotonic() + START_TIMEOUT
    with _locked(state.with_suffix(".lock"), deadline):
        if found := find_proxy(directory=where):
            return found
        log = state.with_suffix(".log")
        # A proxy that was killed has left its state file; the next one has the same profiles.
        config = (folders.read_json(state) or {}).get("config")
        process = _start_detached(where, log, ["--config", config] if config else [])
        # Reaps it should it end before us; and a thread that waits is no warning about a process nobody waits for.
        threading.Thread(target=process.wait, name="nbstream-proxy-reaper", daemon=True).start()
        while time.monotonic() < deadline:
            if found := find_proxy(directory=where):
                return found
            if process.poll() is not None:
                break
            time.sleep(POLL)
    shown = log.read_bytes()[-LOG_SHOWN:].decode(errors="replace").strip()
    raise SourceUnavailable(f"the proxy did not start; its log {log} ends with:\n{shown}")


def _start_detached(where: Path, log: Path, more: list[str]) -> subprocess.Popen[bytes]:
    """Starts a proxy that outlives this process and knows nothing of the notebook's credentials."""
    keep = {name: value for name, value in os.environ.items() if not WITHHELD.match(name) or name in KEPT}
    with os.fdopen(folders.open_private(log, os.O_TRUNC), "wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "nbstream.proxy", "proxy", "--port", "0", "--idle-exit", str(IDLE_EXIT), *more],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=keep,
            cwd=where,
            start_new_session=True,
        )


@contextlib.contextmanager
def _locked(path: Path, deadline: float) -> Iterator[IO[bytes]]:
    while (lock := folders.try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise SourceUnavailable(
                f"another process has been starting the proxy for long: see {path.with_suffix('.log')}"
            )
        time.sleep(POLL)
    with lock:
        yield lock
