"""How fast the decoder is, beside httpx-sse's and beside the least any decoder must do.

    python tests/benchmarks/bench_decoder.py [--quick] [--json FILE]

Bytes in memory, one process, processor time; the three take turns within each round, so a busy machine slows all
alike. Events are dropped as they come: what a caller does with them is not the decoder's time. httpx-sse is measured at
its bare decoders (text, lines, events), without its response classes. The floor is `bytes.split` at blank lines:
not a decoder, it keeps nothing over a cut and reads no field.
"""

from __future__ import annotations

import argparse
import codecs
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from nbstream.sse import EventStreamDecoder

ROUNDS = 5
EVENT_BYTES = 183  # with `id`, `event` and `data` lines: the mean of recorded agent streams
BIG = 16 * 1024 * 1024 - 64
NO_LIMIT = 1 << 30
NAMES = ("nbstream", "httpx-sse", "floor")


def ours(chunks: list[bytes]) -> int:
    decoder = EventStreamDecoder(max_event_bytes=NO_LIMIT)
    return sum(len(decoder.feed(chunk)) for chunk in chunks)


def theirs(chunks: list[bytes]) -> int:
    text, lines, decoder = codecs.getincrementaldecoder("utf-8")("replace"), SSELineDecoder(), SSEDecoder()
    count = 0
    for chunk in chunks:
        for line in lines.decode(text.decode(chunk)):
            if decoder.decode(line) is not None:
                count += 1
    return count


def floor_of(line_end: bytes) -> Callable[[list[bytes]], int]:
    blank = line_end * 2
    return lambda chunks: sum(len(chunk.split(blank)) for chunk in chunks)


def event(number: int) -> bytes:
    head = b'id: 1.%d\nevent: message\ndata: {"type":"content_block_delta","delta":{"text":"' % number
    return head + b"x" * (EVENT_BYTES - len(head) - 5) + b'"}}\n\n'


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def shapes(events: int) -> list[tuple[str, str, list[bytes], int]]:
    """(line ends, chunks, the chunks themselves, events in them) of each row of the table."""
    rows = []
    for name, line_end in (("LF", b"\n"), ("CRLF", b"\r\n")):
        each = [event(number).replace(b"\n", line_end) for number in range(events)]
        stream = b"".join(each)
        rows += [(name, label, cut(stream, size), events) for label, size in (("64 KiB", 65536), ("1 KiB", 1024))]
        part = b"".join(each[: events // 4])
        rows += [(name, "64 B", cut(part, 64), events // 4), (name, "one event", each, events)]
    # Not 8 and 16: up to 8 MB the allocator gives the same pages again, and the step up from there is its own.
    for label, size in (("16 MB in 1 KiB", BIG), ("32 MB in 1 KiB", BIG * 2)):
        rows.append(("LF", label, cut(b"data: " + b"x" * size + b"\n\n", 1024), 1))
    return rows


def measure(line_ends: str, chunks: list[bytes], events: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round by name; the first, warming, round is not counted."""
    floor = floor_of(b"\r\n" if line_ends == "CRLF" else b"\n")
    seconds: dict[str, list[float]] = {name: [] for name in NAMES}
    for turn in range(rounds + 1):
        for name, decode in zip(NAMES, (ours, theirs, floor), strict=True):
            started = time.process_time()
            count = decode(chunks)
            spent = time.process_time() - started
            if name != "floor" and count != events:
                sys.exit(f"{name} found {count} events of {events}: the figures would mean nothing")
            if turn:
                seconds[name].append(spent)
    return seconds


def summary(seconds: list[float], size: int, events: int) -> dict[str, float]:
    middle = statistics.median(seconds)
    return {
        "median_s": middle,
        "min_s": min(seconds),
        "max_s": max(seconds),
        "mb_per_s": size / middle / 1e6,
        "us_per_event": middle / events * 1e6,
    }


def cell(figures: dict[str, float], events: int) -> str:
    """Median, and the spread from fastest to slowest round, in µs an event; in ms for one big event."""
    unit = 1e3 if events == 1 else 1e6 / events
    low, middle, high = (figures[key] * unit for key in ("min_s", "median_s", "max_s"))
    return f"{middle:7.2f} ({low:.2f}-{high:.2f})".ljust(24)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    arguments.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    arguments.add_argument("--quick", action="store_true", help="a tenth of the events: for trying it out")
    chosen = arguments.parse_args()
    rows: list[dict[str, Any]] = []
    print(f"µs an event, ms for the big ones: median of {ROUNDS} (fastest-slowest), processor time")
    print("ends  chunk           " + "".join(name.ljust(24) for name in NAMES) + "httpx-sse/ours   MB/s ours")
    for line_ends, label, chunks, events in shapes(4_000 if chosen.quick else 40_000):
        size = sum(map(len, chunks))
        seconds = measure(line_ends, chunks, events, ROUNDS)
        figures = {name: summary(seconds[name], size, events) for name in NAMES}
        # Of the rounds, not of the medians: both sides of a round saw the same machine.
        ratios = [b / a for a, b in zip(seconds["nbstream"], seconds["httpx-sse"], strict=True)]
        rows.append({"line_ends": line_ends, "chunk": label.strip(), "events": events, "bytes": size, **figures})
        rows[-1]["ratio_to_httpx_sse"] = statistics.median(ratios)
        cells = "".join(cell(figures[name], events) for name in NAMES)
        rate = figures["nbstream"]["mb_per_s"]
        print(f"{line_ends:5} {label:15} {cells}{statistics.median(ratios):6.2f} x {rate:15.0f}")
    growth = rows[-1]["nbstream"]["median_s"] / rows[-2]["nbstream"]["median_s"]
    print(f"one event of twice the size takes {growth:.2f} times as long (2 is linear)")
    if chosen.json:
        about = {"python": platform.python_version(), "httpx_sse": version("httpx-sse"), "rounds": ROUNDS}
        chosen.json.write_text(json.dumps({**about, "growth_for_twice_the_size": growth, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
