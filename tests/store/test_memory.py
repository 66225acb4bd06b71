"""What a long run leaves in the memory of the process that writes, as the C library of Linux counts it."""

from __future__ import annotations

import json
import subprocess
import sys

from store.given import environment

COMMITS = 800
WRITER = f"""
import ctypes, json, sys
from pathlib import Path
from nbstream.store import MessageStore
from nbstream.store.session import DuckSession
from store.given import agent

SIZES = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
class Sizes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in SIZES]
libc = ctypes.CDLL("libc.so.6")
libc.mallinfo2.restype = Sizes

def held():
    sizes = libc.mallinfo2()
    return sizes.uordblks + sizes.hblkhd

with MessageStore.open(Path(sys.argv[1])) as store:
    known = [agent(store) for _ in range(20)]
    session = DuckSession(store._backend._database.cursor())
    states = [session.state(one) for one in known]

    def commit(times):
        for _ in range(times):
            session._cursor.begin()
            session._update_progress(states)
            session.commit()
        session.checkpoint()
        return held()

    print(json.dumps([commit(100), commit({COMMITS})]))
    session.close()
"""


def test_commits_leave_nothing_in_memory(path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WRITER, str(path)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    before, after = json.loads(ran.stdout)
    assert after - before < COMMITS * 1_500, "bytes"
