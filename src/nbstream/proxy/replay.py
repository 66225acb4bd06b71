"""Prints the lines of a recording at a pace, then exits as the recorded program did.

    python -m nbstream.proxy.replay FILE [SECONDS | own]

SECONDS is the pause before each line (0.03). `own` keeps the pace of the lines' own `timestamp` fields, where they have
one. The exit code is that of the row of FILE in a `MANIFEST.tsv` beside it (columns `file` and `exit`), else 0. Only
the standard library, so that it also runs by its file path with `python -I -S` and is up in a few milliseconds.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from pathlib import Path

DEFAULT_PACE = 0.03  # seconds a line: recordings have no arrival times, and this streams as an agent does
LONGEST_PAUSE = 2.0  # seconds; nobody wants to wait for a recorded wait


def exit_code(recording: Path) -> int:
    """The recorded program's exit code, from the manifest beside the recording; 0 when it is not named there."""
    manifest = recording.parent / "MANIFEST.tsv"
    if not manifest.is_file():
        return 0
    header, *rows = (line.split("\t") for line in manifest.read_text("utf-8").splitlines())
    for row in rows:
        entry = dict(zip(header, row, strict=False))
        if entry.get("file") == recording.name and entry.get("exit", "").isdigit():
            return int(entry["exit"])
    return 0


def timestamp(line: bytes) -> float | None:
    """The seconds since the epoch in the `timestamp` of a JSON line, None when there is none."""
    try:
        value = json.loads(line)
        return datetime.fromisoformat(value["timestamp"]).timestamp()
    except (ValueError, TypeError, KeyError):
        return None


def main(arguments: list[str]) -> int:
    """Plays one recording to stdout; the exit code."""
    recording = Path(arguments[0])
    pace = arguments[1] if len(arguments) > 1 else str(DEFAULT_PACE)
    before: float | None = None
    for line in recording.read_bytes().splitlines(keepends=True):
        if pace != "own":
            pause = float(pace)
        else:
            now = timestamp(line)
            pause = now - before if now is not None and before is not None else 0.0
            before = now if now is not None else before
        time.sleep(min(max(pause, 0.0), LONGEST_PAUSE))
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    return exit_code(recording)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
