"""`nbstream import`: runs from elsewhere, into a store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nbstream.commands.progress import working
from nbstream.errors import NbstreamError
from nbstream.exchange import Imported, import_history
from nbstream.frames import Store

if TYPE_CHECKING:
    import argparse


def import_(options: argparse.Namespace) -> int:
    """Put what files hold into a store, which is made if there is none; what is there already is not written twice."""
    whole = Imported()
    with Store.open(options.store) as store, working("importing", None, "messages") as progress:
        for path in options.paths:
            before = progress.done

            def tell(done: int, _total: int | None, before: int = before) -> None:
                progress.done = before + done

            try:
                part = import_history(path, store=store, source=options.format, progress=tell)
            except ValueError as error:
                raise NbstreamError(str(error)) from error
            whole.agents += part.agents
            whole.rows += part.rows
            whole.read += part.read
            whole.skipped += part.skipped
    _tell(whole, json_wanted=options.json)
    return 0


def _tell(done: Imported, *, json_wanted: bool) -> None:
    if json_wanted:
        ids = [str(agent_id) for agent_id in done.agents]
        print(json.dumps({"agents": ids, "rows": done.rows, "read": done.read, "skipped": done.skipped}))
        return
    agents = f"{len(done.agents):,} agent{'' if len(done.agents) == 1 else 's'}"
    print(f"{agents}: {done.read:,} messages, {done.rows:,} of them new")
    for sentence in done.skipped:
        print(f"left out: {sentence}")
