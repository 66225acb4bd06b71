"""Starts two grandchildren that ignore every polite signal, one in a session of its own, one with an empty environment.

Arguments: MODE MARK. The mark is in the grandchildren's command line, so that a test finds its own. MODE `wait`: prints a line and waits; `exit`: prints a line and ends at once; `deaf`: like `wait`, and ignores SIGINT and
SIGTERM itself.
"""

import os
import signal
import sys
import time

mode = sys.argv[1]


def grandchild(own_session: bool) -> None:
    if os.fork():
        return
    if own_session:
        os.setsid()
        if os.fork():
            os._exit(0)  # twice forked: its parent is gone
    deaf = "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(600)"
    os.execve(
        sys.executable, [sys.executable, "-I", "-S", "-c", deaf, sys.argv[2]], {} if own_session else dict(os.environ)
    )


grandchild(own_session=False)
grandchild(own_session=True)
if mode == "deaf":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
print('{"ready": true}', flush=True)
if mode != "exit":
    time.sleep(600)
