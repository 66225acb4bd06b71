"""Prints what it was started with: argv, environment, stdin, working folder, and what it was told to do with signals."""

import json
import os
import signal
import sys
from pathlib import Path

print(
    json.dumps(
        {
            "argv": sys.argv,
            "env": dict(os.environ),
            "stdin": sys.stdin.buffer.read().decode(),
            "cwd": str(Path.cwd()),
            "ignored": [n for n in range(1, 32) if n not in (13, 25) and signal.getsignal(n) == signal.SIG_IGN],
            "fds": sorted(int(entry.name) for entry in Path("/proc/self/fd").iterdir()),
        }
    )
)
