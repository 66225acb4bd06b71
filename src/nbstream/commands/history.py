"""Reading a store: `agents`, `tail`, `search`, `verify`."""

from __future__ import annotations

import dataclasses
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nbstream.commands.progress import working
from nbstream.commands.text import Narrator, cut, plain
from nbstream.errors import AgentNotFound, NbstreamError, StoreError
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
        for record in store.list_agents(status=options.status):
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


def search(options: argparse.Namespace) -> int:
    """Print the places where all the words are, best first; 1 when there is none."""
    marks = ("", "") if options.json else ("\x01", "\x02") if sys.stdout.isatty() else ("«", "»")
    with open_store(options.store) as store:
        agent_id = None if options.agent is None else find_agent(store, options.agent)
        try:
            found = store.search(" ".join(options.words), agent_id, limit=options.limit, marks=marks, to="arrow")
        except ValueError as error:
            raise NbstreamError(str(error)) from error
    for hit in found.to_pylist():
        if options.json:
            print(json.dumps(hit | {"created_at": hit["created_at"].isoformat()}))
        else:
            where = f"{hit['agent_id']}  {hit['sequence_number']:>7}  {hit['created_at']:%Y-%m-%d %H:%M}"
            print(f"{where}  {hit['part'] or hit['type'] or '':<18}  {_marked(hit['snippet'])}")
    return 0 if found.num_rows else 1


def _marked(snippet: str) -> str:
    """The snippet on a line, its words bold; the marks are ours only where no text can hold them."""
    line = plain(" ".join(snippet.split()))
    return line.replace("\u2401", "\x1b[1m").replace("\u2402", "\x1b[0m")


def verify(options: argparse.Namespace) -> int:
    """Prove a store's rules on its rows and print the report; 1 when one is broken."""
    with open_store(options.store) as store:
        with working(f"verifying {store.path.name}"):
            report = store.verify()
        print(json.dumps(dataclasses.asdict(report), default=str) if options.json else report)
        return 0 if report else 1


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
            for message in rows_of(store, agent_id, seen):
                seen = message.sequence_number or seen
                yield message
            if ended:
                return
            news.wait()
    finally:
        forget()


def rows_of(store: Store, agent_id: UUID, since: int = 0, *, raw: bool = False) -> Iterator[AgentMessage]:
    """An agent's messages in order, a page in memory at a time."""
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
