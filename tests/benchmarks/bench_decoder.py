"""How fast the decoder is, beside those of other packages and beside the least any decoder must do.

    python tests/benchmarks/bench_decoder.py [--quick] [--json FILE]

Bytes in memory, one process, processor time; all take turns within each round, so a busy machine slows all alike, and
the first round warms up. Events are dropped as they come: what a caller does with them is not the decoder's time. Each
peer is measured at its bare decoder, without its response classes: httpx-sse and httpx2 (text, lines, events), the ones
inside the SDKs of Anthropic and OpenAI, and sseclient-py. The floor is `bytes.split` at blank lines: not a decoder, it
keeps nothing over a cut and reads no field.
"""

from __future__ import annotations

import codecs
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx2._sse
from anthropic._streaming import SSEDecoder as AnthropicDecoder
from httpx_sse._decoders import SSEDecoder, SSELineDecoder
from openai._streaming import SSEDecoder as OpenAIDecoder
from sseclient import SSEClient

from benchmarks.figures import FLOOR, OURS, Figure, figure, hand_in, options
from nbstream.sse import EventStreamDecoder

ROUNDS = 5
EVENT_BYTES = 183  # with `id`, `event` and `data` lines: the mean of recorded agent streams
BIG_MB = (4, 8, 16, 32)
NO_LIMIT = 1 << 30
CHUNKS = {"1 B": 1, "64 B": 64, "1 KiB": 1024, "8 KiB": 8192, "64 KiB": 65536}

Decode = Callable[[list[bytes]], int]


class Case(NamedTuple):
    """One row of the table."""

    name: str
    chunks: list[bytes]
    events: int
    blank: bytes


def ours(chunks: list[bytes]) -> int:
    decoder = EventStreamDecoder(max_event_bytes=NO_LIMIT)
    return sum(len(decoder.feed(chunk)) for chunk in chunks)


def httpx_sse(chunks: list[bytes]) -> int:
    text, lines, decoder = codecs.getincrementaldecoder("utf-8")("replace"), SSELineDecoder(), SSEDecoder()
    count = 0
    for chunk in chunks:
        for line in lines.decode(text.decode(chunk)):
            if decoder.decode(line) is not None:
                count += 1
    return count


def httpx2_sse(chunks: list[bytes]) -> int:
    text, parser = codecs.getincrementaldecoder("utf-8")("replace"), httpx2._sse._SSEParser(None)
    count = 0
    for chunk in chunks:
        for _ in parser.decode(text.decode(chunk)):
            count += 1
    return count


def anthropic(chunks: list[bytes]) -> int:
    return sum(1 for _ in AnthropicDecoder().iter_bytes(iter(chunks)))


def openai(chunks: list[bytes]) -> int:
    return sum(1 for _ in OpenAIDecoder().iter_bytes(iter(chunks)))


def sseclient(chunks: list[bytes]) -> int:
    return sum(1 for _ in SSEClient(chunks).events())


PEERS: dict[str, Decode] = {
    "httpx-sse": httpx_sse,
    "httpx2": httpx2_sse,
    "anthropic SDK": anthropic,
    "openai SDK": openai,
    "sseclient-py": sseclient,
}


def split_at(blank: bytes) -> Decode:
    """The floor."""
    return lambda chunks: sum(len(chunk.split(blank)) for chunk in chunks)


def event(number: int) -> bytes:
    head = b'id: 1.%d\nevent: message\ndata: {"type":"content_block_delta","delta":{"text":"' % number
    return head + b"x" * (EVENT_BYTES - len(head) - 5) + b'"}}\n\n'


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def cases(events: int) -> list[Case]:
    """Every row: line ends by sizes of chunks; small chunks get fewer events, since each costs as much as an event."""
    rows = []
    for ends, line_end in (("LF", b"\n"), ("CRLF", b"\r\n")):
        each = [event(number).replace(b"\n", line_end) for number in range(events)]
        for label, size in CHUNKS.items():
            count = events // (20 if size == 1 else 4 if size == 64 else 1)
            rows.append(Case(f"{ends}, chunks of {label}", cut(b"".join(each[:count]), size), count, line_end * 2))
        rows.append(Case(f"{ends}, an event a chunk", each, events, line_end * 2))
    for size in BIG_MB:
        stream = b"data: " + b"x" * (size * 1_000_000) + b"\n\n"
        rows.append(Case(f"one event of {size} MB", cut(stream, 65536), 1, b"\n\n"))
    return rows


def measure(case: Case, rounds: int, names: dict[str, Decode]) -> list[Figure]:
    """The figures of one row of the table, in µs an event, or in ms for one big one."""
    spent: dict[str, list[float]] = {name: [] for name in names}
    notes = dict.fromkeys(names, "")
    scale, unit = (1e3, "ms") if case.events == 1 else (1e6 / case.events, "µs an event")
    for turn in range(rounds + 1):
        for name, decode in names.items():
            began = time.process_time()
            count = decode(case.chunks)
            seconds = time.process_time() - began
            if not name.startswith(FLOOR) and count != case.events:
                notes[name] = f"found {count:,} of {case.events:,} events"
            if turn:
                spent[name].append(seconds * scale)
    if notes[OURS]:
        raise SystemExit(f"{case.name}: nbstream {notes[OURS]}, so the figures would mean nothing")
    return [figure("decoder", case.name, name, unit, spent[name], notes[name]) for name in names]


def linear(rows: list[Figure]) -> list[Figure]:
    """How much longer the largest event takes than one of half its size: 2 is linear, 4 the square.

    Of the two largest, because up to 8 MB the allocator gives the same pages again, and the step up from there is its own.
    """
    big = {(row.who, row.case): row.value for row in rows if row.unit == "ms"}
    half, whole = (f"one event of {size} MB" for size in BIG_MB[-2:])
    return [
        figure(
            "decoder",
            f"{whole}, over one of {BIG_MB[-2]}",
            who,
            "times",
            [big[who, whole] / big[who, half]],
            "2 is linear",
        )
        for who in dict.fromkeys(row.who for row in rows)
    ]


def main() -> None:
    chosen = options(__doc__).parse_args()
    rows: list[Figure] = []
    for case in cases(2_000 if chosen.quick else 20_000):
        names = {OURS: ours, **PEERS, f"{FLOOR}bytes.split": split_at(case.blank)}
        rows += measure(case, 3 if chosen.quick else ROUNDS, names)
        print(f"{case.name}: {rows[-len(names)].value:.2f} {rows[-1].unit}", flush=True)
    hand_in(rows + linear(rows), chosen.json)


if __name__ == "__main__":
    main()
