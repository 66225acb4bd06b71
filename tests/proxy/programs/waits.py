"""Ignores SIGINT and SIGTERM and waits for a tool in a session of its own; ends with 7 when the tool has ended."""

import signal
import subprocess
import sys

tool = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"], start_new_session=True)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
print('{"ready": true}', flush=True)
tool.wait()
sys.exit(7)
