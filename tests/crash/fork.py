"""An agent with two grandchildren, one in a session of its own: prints a line, then waits.

The variable MARK, which the test gave to the proxy, is in the environment of all three.
"""

import os
import signal
import time

for own_session in (False, True):
    if os.fork() == 0:
        if own_session:
            os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.closerange(0, 3)
        time.sleep(600)
        os._exit(0)
print('{"type":"keep_alive"}\n{"type":"system","subtype":"status","status":"ready"}', flush=True)
time.sleep(600)
