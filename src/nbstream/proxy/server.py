"""Serving the proxy: a socket on loopback, a token that is new at each start, a state file, and an orderly end.

SIGTERM, SIGINT and SIGHUP end the proxy within about five seconds: it stops its runs, sends every open stream its last
event, removes the state file. With `leave_running` the runs go on and the next proxy of that folder takes them up, as
it does after SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import ipaddress
import os
import secrets
import signal
import socket
import sys
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from nbstream.errors import MissingExtra, NbstreamError
from nbstream.proxy import folders
from nbstream.proxy.registry import Registry
from nbstream.proxy.service import Service
from nbstream.proxy.settings import Settings, load_settings
from nbstream.proxy.supervise import start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from nbstream.proxy.profiles import Profile


SEND_BUFFER = 2**19  # bytes in the kernel for a slow client; Linux grants twice as much: 1 MiB instead of up to 4


class BindRefused(NbstreamError):
    """The proxy would have listened where other machines can reach it."""


class ProxyRunning(NbstreamError):
    """Another proxy has the run folders."""


def check_bind(host: str, *, allow_remote: bool) -> None:
    """Refuses an address that other machines can reach, unless that is asked for.

    Raises:
        BindRefused: it is one, or it is a name that is not `localhost`.
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and not allow_remote:
        raise BindRefused(
            f"{host!r} is not a loopback address: other machines could start programs here with a stolen token, and "
            "what agents say would cross the network unencrypted. Use an SSH tunnel, or pass --allow-remote if you must"
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)  # inherited by each connection
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def host_names(host: str, port: int, more: Sequence[str] = ()) -> list[str]:
    """The exact values of Host that name this server."""
    own = f"[{host}]" if ":" in host else host
    return list(dict.fromkeys([*(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]", own)), *more]))


def import_http() -> ModuleType:
    """`nbstream.proxy.http`, which needs the optional part.

    Raises:
        MissingExtra: that is not installed.
    """
    try:
        return importlib.import_module("nbstream.proxy.http")
    except ModuleNotFoundError as problem:
        if (problem.name or "").startswith("nbstream"):
            raise
        raise MissingExtra("the proxy", "proxy") from problem


def lock_runs(folder: Path) -> IO[bytes]:
    """Takes a folder of runs for this process.

    Raises:
        ProxyRunning: another proxy has it.
    """
    lock = folders.try_lock(folder / ".lock")
    if lock is None:
        raise ProxyRunning(
            f"another proxy has the runs in {folder}: use that one (`find_proxy()` knows its address), stop it, or "
            "choose another folder with --runs-dir"
        )
    return lock


def write_state(path: Path, service: Service) -> None:
    """Writes what a client needs to find the proxy, and to tell whether it is still that one."""
    state = {
        "url": service.url,
        "token": service.token,
        "pid": os.getpid(),
        "start": start_of(os.getpid()),
        "version": version("nbstream"),
        "started": datetime.now(UTC).isoformat(),
        "directory": str(service.registry.settings.directory),
        "config": str(config) if (config := service.registry.settings.config) else None,
    }
    folders.write_private(path, state)


def remove_state(path: Path) -> None:
    """Removes the state file if it is this process's."""
    if (folders.read_json(path) or {}).get("pid") == os.getpid():
        path.unlink(missing_ok=True)


def close_on_signals(service: Service) -> None:
    """Makes SIGTERM, SIGINT and SIGHUP end the service."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, service.closing.set)


@contextlib.contextmanager
def opened(host: str, port: int, runs: Path, settings: Settings, **options: Any) -> Iterator[Service]:
    """A service with its socket, its lock and its registry; all given back at the end.

    Args:
        host: to listen on; see `check_bind`.
        port: 0 for a free one.
        runs: the folder of runs.
        settings: the proxy's.
        options: more fields of `Service`; `hosts` are names besides the loopback ones.
    """
    with lock_runs(runs), contextlib.closing(listen(host, port)) as sock:
        bound = sock.getsockname()[1]
        yield Service(
            registry=Registry(runs, settings),
            sock=sock,
            url=f"http://{f'[{host}]' if ':' in host else host}:{bound}",
            token=secrets.token_urlsafe(32),
            hosts=host_names(host, bound, options.pop("hosts", ())),
            **options,
        )


def serve(  # noqa: PLR0913 - keyword-only, each an option of the command line
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    profiles: Sequence[Profile] | None = None,
    config: str | Path | None = None,
    state_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    heartbeat: float = 10.0,
    leave_running: bool = False,
    allow_remote: bool = False,
    allowed_hosts: Sequence[str] = (),
    allowed_origins: Sequence[str] = (),
    idle_exit: float | None = None,
) -> int:
    """Runs the proxy until it is told to end; 0.

    Args:
        host: address to listen on.
        port: 0 for a free one.
        profiles: instead of the built-in `claude` and `replay`.
        config: a TOML file; see `nbstream.proxy.settings`.
        state_file: for the address and the token; None: in the runtime folder, named after the working folder.
        runs_dir: of the run folders; None: in the user's state folder, named after the working folder.
        heartbeat: seconds between comments on a silent stream.
        leave_running: at the end, leave the runs to the next proxy of that folder.
        allow_remote: allow an address that other machines can reach.
        allowed_hosts: more exact values of the Host header, with their port.
        allowed_origins: exact values of Origin that are let in; still no header that would let a page read.
        idle_exit: seconds with no run and no connection after which the proxy ends; None: never.

    Raises:
        MissingExtra, BindRefused, ProxyRunning, ProfileInvalid, OSError: it could not be started.
    """
    http = import_http()
    check_bind(host, allow_remote=allow_remote)
    settings = load_settings(config, profiles, heartbeat)
    runs = folders.private_folder(Path(runs_dir)) if runs_dir else folders.runs_folder(settings.directory)
    state = Path(state_file) if state_file else folders.state_file(settings.directory)
    options = {"hosts": allowed_hosts, "origins": tuple(allowed_origins), "leave_running": leave_running}
    with opened(host, port, runs, settings, **options) as service:
        _run(http, service, state, idle_exit)
    return 0


def _run(http: ModuleType, service: Service, state: Path, idle_exit: float | None) -> None:
    async def session() -> None:
        close_on_signals(service)
        adopted = service.registry.adopt()
        await http.run(service, partial(_announce, state, service, adopted), idle_exit)

    try:
        asyncio.run(session())
    finally:
        remove_state(state)


def _announce(state: Path, service: Service, adopted: int) -> None:
    write_state(state, service)
    taken = f"; {adopted} running agents taken up" if adopted else ""
    sys.stdout.write(f"nbstream proxy at {service.url}, token in {state}{taken}\n")
    sys.stdout.flush()
