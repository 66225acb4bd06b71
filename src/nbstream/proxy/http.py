"""The HTTP server around the application: uvicorn with our own ending and a way to cut off a client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from nbstream.proxy.app import create_app
from nbstream.proxy.security import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Scope

    from nbstream.proxy.service import Service

CLOSING_INTERRUPT = 1.5  # seconds; shorter than Stop's, because a service is given five to end
CLOSING_TERMINATE = 1.0
CLOSING_DRAIN = 1  # seconds for open responses to end
IDLE_CHECK = 0.5  # seconds between two looks at the clock

NO_LINGER = struct.pack("ii", 1, 0)  # closing drops what the kernel still holds for a client that takes nothing

Connections = dict[tuple[str, int], asyncio.Transport]


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # runs are stopped before connections are closed, which uvicorn's own handlers would do at once

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _tracked(connections: Connections) -> type[asyncio.Protocol]:
    """Uvicorn's protocol that enters its connection into a table, by the client's address."""

    class Tracked(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._peer = tuple(transport.get_extra_info("peername")[:2])
            connections[self._peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            connections.pop(self._peer, None)

    return Tracked


async def _close_when_idle(service: Service, connections: Connections, idle_exit: float) -> None:
    loop = asyncio.get_running_loop()
    used = loop.time()
    while loop.time() - used < idle_exit:
        await asyncio.sleep(min(IDLE_CHECK, idle_exit))
        if connections or service.registry.active():
            used = loop.time()
    service.closing.set()


async def run(service: Service, ready: Callable[[], None], idle_exit: float | None = None) -> None:
    """Serves until `service.closing` is set, then ends the runs and the connections, in that order.

    Args:
        service: what is served.
        ready: called once the server answers.
        idle_exit: seconds with no run and no connection after which it closes; None: never.
    """
    connections: Connections = {}

    def connection(scope: Scope) -> asyncio.Transport | None:
        return connections.get(cast("tuple[str, int]", tuple(scope["client"])))

    def is_gone(scope: Scope) -> bool:
        transport = connection(scope)
        return transport is None or transport.is_closing()

    def cut_off(scope: Scope) -> None:
        transport = connection(scope)
        if transport is not None:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            transport.abort()

    registry = service.registry
    app = create_app(registry, cut_off, is_gone)
    limit = registry.settings.limits.max_body_bytes
    guard = Guard(app, token=service.token, hosts=service.hosts, origins=service.origins, max_body_bytes=limit)
    options: dict[str, Any] = {"ws": "none", "lifespan": "off", "access_log": False, "log_level": "warning"}
    options |= {"server_header": False, "proxy_headers": False, "timeout_graceful_shutdown": CLOSING_DRAIN}
    server = _Server(uvicorn.Config(guard, http=_tracked(connections), **options), ready)
    serving = asyncio.create_task(server.serve(sockets=[service.sock]))
    closing = asyncio.create_task(service.closing.wait())
    idle = asyncio.create_task(_close_when_idle(service, connections, idle_exit)) if idle_exit else None
    await asyncio.wait({serving, closing}, return_when=asyncio.FIRST_COMPLETED)
    if service.leave_running:
        app.state.leaving.set()
    else:
        await registry.stop_all(interrupt=CLOSING_INTERRUPT, terminate=CLOSING_TERMINATE)
    server.should_exit = True
    for task in (closing, idle):
        if task is not None:
            task.cancel()
    await serving
    await registry.detach()
