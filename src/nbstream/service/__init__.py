"""From a source to the store, and from the store to whoever watches: `connect`, `launch`, `attach`."""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from nbstream.frames import Store
from nbstream.hub import Hub, Live, Subscriber
from nbstream.messages import AgentRecord
from nbstream.service.agent import Agent
from nbstream.service.follower import Follower
from nbstream.service.streaming import MASK, StreamingService, utc_now
from nbstream.sources import Request, Source, source_named
from nbstream.store.identity import new_id

__all__ = [
    "Agent",
    "Follower",
    "Hub",
    "Live",
    "StreamingService",
    "Subscriber",
    "attach",
    "connect",
    "launch",
]

DEFAULT_STORE: Final = "nbstream.duckdb"
"""Beside the notebook; `NBSTREAM_STORE` names another."""

_lock = threading.RLock()
_services: dict[Path | str, tuple[Store, StreamingService]] = {}


def connect(path: str | Path | None = None) -> Store:
    """The store at that path, opened once per process and kept open.

    Agents that were running when their kernel died are resumed where their proxy still has them, and marked as
    interrupted where their source is gone.

    Args:
        path: a DuckDB file, made if there is none; None takes `NBSTREAM_STORE`, else `nbstream.duckdb` in the current
            folder. `:memory:` keeps nothing.

    Raises:
        StoreLocked: another program, which is not nbstream, holds the file.
        NotAStore: the file is there and is not a store.
        StoreTooNew: the file was written by a later nbstream.
    """
    given = str(path or os.environ.get("NBSTREAM_STORE") or DEFAULT_STORE)
    key: Path | str = given if given == ":memory:" else Path(given).expanduser().resolve()
    with _lock:
        known = key in _services
        store, service = open_service(key)
        if not known:
            service.recover()
        return store


def open_service(path: Path | str) -> tuple[Store, StreamingService]:
    """A store and the one service that reads agents into it, opened once per process; nothing is resumed.

    Args:
        path: resolved, or `:memory:`.

    Raises:
        StoreError: one of those of `connect`.
    """
    with _lock:
        if path not in _services:
            store = Store.open(path)
            _services[path] = (store, StreamingService(store))
        return _services[path]


def close_service(path: Path | str) -> None:
    """Closes a store of this process and its service; agents behind a proxy go on there."""
    with _lock:
        found = _services.pop(path, None)
    if found is not None:
        store, service = found
        try:
            service.close()
        finally:  # a source that does not let go in time must not keep the file
            store.close()


def launch(
    prompt: str,
    source: str | Source = "claude",
    *,
    store: Store | None = None,
    model: str | None = None,
    session_id: str | None = None,
    parent: Agent | None = None,
    owner: str | None = None,
    mask_secrets: bool = True,
    **options: Any,
) -> Agent:
    """Starts an agent and returns at once; the stream runs in a thread of its own.

    Args:
        prompt: what it is asked.
        source: a name (`claude`, `local`, `replay`, … whatever is installed), the URL of a proxy, or a `Source`.
        store: where its messages are kept; None takes the default store.
        model: the model's name, None for the source's default.
        session_id: a session of the same program to go on with.
        parent: the agent on whose behalf it runs.
        owner: whose it is where a server names its people; None takes `JUPYTERHUB_USER`, which a hub sets.
        mask_secrets: keep keys and tokens of known formats out of the store; what stands there instead names the kind.
        options: what the source takes.

    Raises:
        UnknownSource: no installed package offers that source.
        MissingExtra: the source needs an optional part.
        StoreError: the agent's row could not be saved, so it was not started.
    """
    store = store or connect()
    service = _service_of(store)
    made = source_named(source, **options) if isinstance(source, str) else source
    record = AgentRecord(
        id=new_id(),
        type=made.parser,
        status="created",
        source=source if isinstance(source, str) else made.name,
        prompt=prompt,
        session_id=session_id,
        model=model,
        parent_agent_id=parent.id if parent else None,
        created_at=utc_now(),
        owner=owner or os.environ.get("JUPYTERHUB_USER"),
        metadata={} if mask_secrets else {MASK: False},
    )
    service.start(record, made, Request(agent_id=record.id, prompt=prompt, session_id=session_id, model=model))
    return Agent(service, store, record.id, made)


def attach(agent_id: UUID | str, *, store: Store | None = None) -> Agent:
    """An agent that was launched before, in this kernel or another; one that can still be read is read on.

    Args:
        agent_id: as `agent.id` showed it.
        store: where its messages are; None takes the default store.

    Raises:
        AgentNotFound: this store has no agent of that id.
    """
    store = store or connect()
    service = _service_of(store)
    record = store.get_agent(UUID(str(agent_id)))
    if record.status in {"created", "running", "interrupted"}:
        service.resume(record)
    return Agent(service, store, record.id)


def _service_of(store: Store) -> StreamingService:
    """The one service that writes to a store in this process."""
    with _lock:
        for known, service in _services.values():
            if known is store:
                return service
        service = StreamingService(store)
        _services[str(store.path)] = (store, service)
        return service


@atexit.register
def close_all() -> None:
    """Closes every store of this process, the services first; runs by itself when the process ends."""
    with _lock:
        for store, service in _services.values():
            service.close()
            store.close()
        _services.clear()
