"""Keeping less in a store: `compact`, `delete`."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import TYPE_CHECKING

from nbstream.commands.history import find_agent, open_store
from nbstream.commands.progress import working
from nbstream.commands.text import cut
from nbstream.errors import NbstreamError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from uuid import UUID

    from nbstream.frames import Store
    from nbstream.store.retention import Retained


def compact(options: argparse.Namespace) -> int:
    """Turn the deltas of ended agents into their blocks."""
    with open_store(options.store) as store:
        agents = [find_agent(store, each) for each in options.agents]
        with working(f"compacting {store.path.name}"):
            done = store.compact(*agents)
    _tell(done, "compacted", json_wanted=options.json)
    return 0


def delete(options: argparse.Namespace) -> int:
    """Delete agents with all of their messages; asked for a yes on a terminal; 1 where the answer is no."""
    with open_store(options.store) as store:
        agents = [find_agent(store, each) for each in options.agents]
        if not options.yes and not _sure(store, agents):
            return 1
        with working(f"deleting from {store.path.name}"):
            done = store.delete(*agents)
    _tell(done, "deleted", json_wanted=options.json)
    return 0


def _sure(store: Store, agents: Sequence[UUID]) -> bool:
    if not sys.stdin.isatty():
        raise NbstreamError(f"expected --yes to delete {len(agents)} of the agents: nobody is here to be asked")
    for agent_id in agents:
        record = store.get_agent(agent_id)
        print(f"{agent_id}  {store.head(agent_id):,} messages  {cut(record.prompt, 50)}", file=sys.stderr)
    print("Delete for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _tell(done: Retained, word: str, *, json_wanted: bool) -> None:
    if json_wanted:
        print(json.dumps(dataclasses.asdict(done)))
        return
    agents = f"{done.agents:,} agent{'' if done.agents == 1 else 's'} {word}"
    sizes = f"{done.bytes_before / 1e6:.1f} to {done.bytes_after / 1e6:.1f} MB"
    print(f"{agents}: {done.rows_before:,} to {done.rows_after:,} messages, {sizes}")
    if not done.scrubbed:
        print("The bytes are still in the file: somebody was reading. It is tried again when the store is idle.")
