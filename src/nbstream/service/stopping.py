"""Stopping an agent that another process reads, or that nobody reads any more.

The wish is kept with the agent, so it holds whatever dies in between: the reader hears of it by the commit itself, also
while its kernel's main thread is busy, and whoever reads the agent on after it finds it there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.errors import AgentNotFound, NbstreamError
from nbstream.messages import TERMINAL
from nbstream.service.reader import is_alive
from nbstream.sources import Request, source_from

if TYPE_CHECKING:
    from nbstream.messages import AgentRecord
    from nbstream.service.streaming import StreamingService

STOP: Final = "stop"
"""The entry of an agent's metadata that asks its reader to stop it: when, and whether it was heard."""
HEARD_S: Final = 2.0
"""Seconds a living reader has to say that it heard; it takes milliseconds. Then the source is asked from here."""

_log = logging.getLogger(__name__)


async def ask_to_stop(service: StreamingService, agent_id: UUID) -> None:
    """Has an agent stopped that this process does not read."""
    try:
        record = await asyncio.to_thread(service.store.get_agent, agent_id)
        if record.status in TERMINAL:
            return
        asked = {"at": datetime.now(UTC).isoformat(timespec="microseconds")}
        record = await asyncio.wrap_future(service.store.update_agent(agent_id, merge={STOP: asked}))
        if is_alive(record.metadata.get("reader")) and await _heard(service, agent_id):
            return
        record = await asyncio.to_thread(service.store.get_agent, agent_id)
        if record.status not in TERMINAL:
            await _stop_unread(service, record)
    except NbstreamError as error:
        _log.error("agent %s could not be stopped: %s", agent_id, error)


async def _heard(service: StreamingService, agent_id: UUID) -> bool:
    """Whether its reader takes notice, or the agent ends, before the time is up."""
    loop = asyncio.get_running_loop()
    news = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(news.set)

    subscriber = service.hub.subscribe(agent_id, wake=wake)
    try:
        async with asyncio.timeout(HEARD_S):
            record = await asyncio.to_thread(service.store.get_agent, agent_id)
            while record.status not in TERMINAL and not record.metadata[STOP].get("heard"):
                await news.wait()
                news.clear()
                record = subscriber.record or record
        return True
    except TimeoutError:
        return False
    finally:
        service.hub.unsubscribe(subscriber)


async def _stop_unread(service: StreamingService, record: AgentRecord) -> None:
    """Nobody reads it: read it on, which stops it; where that cannot be, tell its source and say that it has ended."""
    with contextlib.suppress(NbstreamError, KeyError):
        if await asyncio.to_thread(service.resume, record):
            return
    why = "stopped; its reader had ended"
    try:
        await source_from(record.metadata["source"]).stop(_request(record))
    except (NbstreamError, KeyError) as error:
        why = f"stopped; its reader had ended, and its source could not be told: {error}"
    with contextlib.suppress(AgentNotFound):
        await asyncio.to_thread(service.give_up, record, why)


def _request(record: AgentRecord) -> Request:
    asked: dict[str, Any] = record.metadata.get("asked", {})
    return Request(
        agent_id=record.id,
        prompt=record.prompt or "",
        session_id=asked.get("session_id"),
        model=asked.get("model"),
    )
