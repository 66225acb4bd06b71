"""The WebSocket `{base_url}nbstream/ws`: the frames of `nbstream.wire`, many agents over one connection."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from nbstream.server.connection import Connection
from nbstream.server.handlers import Guarded, authorized

MAX_FRAME: Final = 64 * 1024
"""Bytes of one frame of a reader; what it may ask has a hundred."""


class AgentsSocket(WebSocketMixin, WebSocketHandler, Guarded):
    """One reader's connection."""

    SUPPORTED_METHODS = ("GET",)
    connection: Connection | None = None

    @property
    def max_message_size(self) -> int:
        """A longer frame ends the connection with 1009."""
        return MAX_FRAME

    def check_origin(self, origin: str | None = None) -> bool:
        """As everywhere here: Jupyter's own would let a token in the URL excuse a foreign page."""
        return Guarded.check_origin(self, origin)

    @ws_authenticated
    @authorized(action="read")
    async def get(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]  # upstream: also not async
        """Upgrades, once it is clear who asks, from where, and that they may."""
        upgrade: Any = super().get(*args, **kwargs)
        await upgrade

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Lets the reader in."""
        super().open(*args, **kwargs)
        self.set_nodelay(True)
        self.backend.begin()
        self.connection = Connection(self.backend, self.scope, self._write, self.close)

    async def on_message(self, message: str | bytes) -> None:
        """One frame; Tornado reads the next one when this is answered."""
        if self.connection is not None:
            await self.connection.receive(message)

    def on_close(self) -> None:
        """The reader is gone."""
        super().on_close()
        pinging: Any = self.ping_callback
        if pinging is not None:
            pinging.stop()
        if self.connection is not None:
            self.connection.end()

    async def _write(self, text: str) -> None:
        with contextlib.suppress(WebSocketClosedError):  # `on_close` is about to be called
            await self.write_message(text)


ROUTES: Final[list[tuple[str, type[AgentsSocket]]]] = [(r"/nbstream/ws", AgentsSocket)]
