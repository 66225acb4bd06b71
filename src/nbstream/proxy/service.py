"""What one listening proxy consists of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from nbstream.proxy.registry import Registry


@dataclass(kw_only=True)
class Service:
    """One proxy that listens.

    Args:
        registry: its runs.
        sock: where it listens.
        url: where it answers.
        token: what every request must show.
        hosts: the exact values that Host may have.
        origins: the exact values that Origin may have.
        leave_running: its runs go on when it ends.

    Attributes:
        closing: set to end the proxy.
    """

    registry: Registry
    sock: socket.socket
    url: str
    token: str
    hosts: list[str]
    origins: tuple[str, ...] = ()
    leave_running: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
