"""Run an operation on copies of a store, each time killed (SIGKILL) before one more of its statements.

One process that has nothing open forks a child for each kill: to start a Python for each would take minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from pathlib import Path
from uuid import UUID

import duckdb

from nbstream.store.owner import Owner
from nbstream.store.requests import Retain
from nbstream.store.session import DuckSession
from nbstream.store.wire import table_bytes


class Fatal:
    """A cursor that kills its process before a statement, once it is armed."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self.left: int | None = None

    def _count(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def execute(self, *args):
        self._count()
        return self._cursor.execute(*args)

    def executemany(self, *args):
        self._count()
        return self._cursor.executemany(*args)

    def begin(self):
        self._count()
        return self._cursor.begin()

    def commit(self):
        self._count()
        return self._cursor.commit()

    def __getattr__(self, name: str):
        return getattr(self._cursor, name)


def run(path: Path, request: Retain, statement: int) -> None:
    cursors: list[Fatal] = []

    def session(database):
        cursors.append(Fatal(database.cursor()))
        return DuckSession(cursors[-1])

    owner = Owner(path, session)
    cursors[0].left = statement
    owner.submit(request)
    request.future.result()
    owner.close()


def main() -> None:
    source, folder, kind, agents, changes, step = sys.argv[1:]
    statement = 0
    while True:
        path = Path(folder) / f"{statement}.duckdb"
        shutil.copyfile(source, path)
        child = os.fork()
        if child == 0:
            body = table_bytes(duckdb.execute(changes).to_arrow_table()) if changes else b""
            request = Retain(kind=kind, agents=tuple(map(UUID, json.loads(agents))), changes=body)
            try:
                run(path, request, statement)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        outcome = os.waitpid(child, 0)[1]
        if outcome == 0:
            print(statement)
            return
        assert os.WIFSIGNALED(outcome), "the operation failed by itself"
        statement += int(step)


main()
