"""Reading a store: `agents`, `tail`, `verify`, `export`."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nbstream.commands.markdown import markdown
from nbstream.commands.text import Narrator, cut
from nbstream.errors import AgentNotFound, StoreError
from nbstream.frames import Store
from nbstream.messages import TERMINAL

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from uuid import UUID

    from nbstream.messages import AgentMessage, AgentRecord

PAGE: Final = 5_000  # rows in memory at a time


def agents(options: argparse.Namespace) -> int:
    """List the agents of a store, oldest first: a line each, or JSON, an object a line."""
    with open_store(options.store) as store:
        for record in store.list_agents():
            if options.json:
                print(json.dumps(_shape(record)))
                continue
            begun = f"{record.created_at:%Y-%m-%d %H:%M:%S}" if record.created_at else ""
            line = f"{record.id}  {record.status:<11}  {record.source:<11.11}  {begun:<19}  {cut(record.prompt, 50)}"
            print(line.rstrip())
    return 0


def tail(options: argparse.Namespace) -> int:
    """Print an agent's log from its start; with `follow`, go on until the agent has ended."""
    with open_store(options.store) as store:
        agent_id = find_agent(store, options.agent)
        narrator = Narrator(sys.stdout.write)
        for message in _log(store, agent_id, follow=options.follow):
            if options.json:
                print(json.dumps(message.to_json()), flush=options.follow)
            else:
                narrator.tell(message)
                if options.follow:
                    sys.stdout.flush()
        narrator.end()
    return 0


def verify(options: argparse.Namespace) -> int:
    """Prove a store's rules on its rows and print the report; 1 when one is broken."""
    with open_store(options.store) as store:
        report = store.verify()
        print(report)
        return 0 if report else 1


def export(options: argparse.Namespace) -> int:
    """Print an agent: its log as JSON lines, raw bytes included, or its transcript as Markdown."""
    with open_store(options.store) as store:
        agent_id = find_agent(store, options.agent)
        if options.format == "jsonl":
            for message in _rows(store, agent_id, 0, raw=True):
                print(json.dumps(message.to_json(raw=True)))
        else:
            blocks = store.transcript(agent_id, to="arrow").to_pylist()
            for piece in markdown(store.get_agent(agent_id), blocks):
                sys.stdout.write(piece)
    return 0


def open_store(path: Path) -> Store:
    """Open a store that is there; nothing is made in passing.

    Raises:
        StoreError: there is no file.
    """
    if not path.is_file():
        raise StoreError(f"expected a store at {path}, there is no such file: name the file that nbs.connect() opened")
    return Store.open(path)


def find_agent(store: Store, beginning: str) -> UUID:
    """The agent whose id is, or alone begins with, `beginning`.

    Raises:
        AgentNotFound: there is none, or more than one.
    """
    found = [record.id for record in store.list_agents() if str(record.id).startswith(beginning.lower())]
    if len(found) != 1:
        count = "no agent" if not found else f"{len(found)} agents"
        raise AgentNotFound(
            f"{count} of {store.path} with an id that begins with {beginning!r}: nbstream agents lists them"
        )
    return found[0]


def _log(store: Store, agent_id: UUID, *, follow: bool) -> Iterator[AgentMessage]:
    """An agent's messages in order, each once: what is there, then what is committed until it ends."""
    news = threading.Event()
    forget = store.on_commit(lambda _: news.set())  # first, so that no commit falls between reading and listening
    try:
        seen = 0
        while True:
            news.clear()
            ended = not follow or store.get_agent(agent_id).status in TERMINAL
            for message in _rows(store, agent_id, seen):
                seen = message.sequence_number or seen
                yield message
            if ended:
                return
            news.wait()
    finally:
        forget()


def _rows(store: Store, agent_id: UUID, since: int, *, raw: bool = False) -> Iterator[AgentMessage]:
    while page := store.read(agent_id, since=since, limit=PAGE, raw=raw):
        yield from page
        since = page[-1].sequence_number or since


def _shape(record: AgentRecord) -> dict[str, Any]:
    """The record as JSON values; its metadata is for finding the source again and stays out."""
    values = {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
    del values["metadata"]
    return {name: value if value is None else str(value) for name, value in values.items()} | {
        name: value.isoformat() for name, value in values.items() if name.endswith("_at") and value
    }
