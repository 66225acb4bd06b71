"""Damaged streams by the hundred thousand: nothing makes a parser raise, and all that went in is in `raw`.

Bytes go the way they go in life: event stream decoder or line splitter, parser, recorder. For every stream it is
checked that each row can be stored, that the rows' `raw` gives back every event, and, for some, that a parser rebuilt
from `raw` in the middle of the stream makes the same rows of the rest, and that another cut of the bytes changes nothing.

    python tests/fuzz_parsers.py --streams 100000 --parser all --seed 1
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import streams
from fold import RECORDINGS, events_of, lines_of
from nbstream.messages import AgentMessage
from nbstream.parsers import parser_named
from nbstream.parsers.langgraph import MODES
from nbstream.parsers.lookup import PARSERS
from nbstream.parsers.raw import events_in
from nbstream.service.recorder import Recorder
from nbstream.sse import EventStreamDecoder, ServerSentEvent
from pools import HANDMADE, RECORDED
from wires import check

NAMES = sorted(PARSERS)
AGENT = UUID(int=7)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SHORT = 1_500
"""Characters of the longest line of a recording that is taken: short streams find the same faults sooner."""
ALSO = {
    "claude": ["claude-tool-partial.jsonl", "claude-subagent-partial.jsonl", "claude-err529.jsonl"],
    "anthropic": ["llama-anthropic-messages.sse"],
    "gemini": [],
}
REASONS = ("exited", "eof", "stopped", "gone")

# JSON texts that take the place of a value; by weight, the last ones are slow.
JUNK = (
    "null", "true", "false", "0", "-1", "1.5", '""', '"x"', "[]", "{}", "[null]", '["x"]', '{"type": "x"}', "NaN", "-Infinity",
    "1e999", "-0", "1E-400", "9" * 400, '"\\ud800"', '"a\\udc00b"', '"\\u0000"', '"\\u2028"', '"\x7f\u0085"', "[[[[]]]]",
    '{"a": 1, "a": [2]}', '{"": {"": ""}}', '"\\ud83d\\ude00"', "18446744073709551616", '"9223372036854775808"', '"١٢"',
)  # fmt: skip
SLOW_JUNK = (
    "9" * 5_000,
    "[" * 300 + "]" * 300,
    "[" * 3_000 + "]" * 3_000,
    '{"a":' * 300 + "1" + "}" * 300,
    '"' + "x" * 5_000 + '"',
)


@dataclass
class Report:
    """What a run of the fuzzer saw."""

    parser: str
    streams: int = 0
    events: int = 0
    rows: int = 0
    rebuilt: int = 0
    recut: int = 0
    seconds: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.kinds.items()))
        ends = ", ".join(f"{count:,} {status}" for status, count in sorted(self.endings.items()))
        return (
            f"{self.parser}: {self.streams:,} streams ({kinds}), {self.events:,} events, {self.rows:,} rows, "
            f"{self.rebuilt:,} rebuilt, {self.recut:,} cut anew; {ends}; {self.seconds:.0f} s"
        )


class Fuzzer:
    """Makes streams for one parser, and checks what becomes of them.

    Args:
        name: the parser.
        seed: the same seed makes the same streams.
    """

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.rng = Random(f"{name}/{seed}")
        self.pool = pool_of(name)
        self.report = Report(name)

    def run(self, count: int) -> Report:
        """Reads so many streams."""
        began = time.perf_counter()
        for _ in range(count):
            self.one()
        self.report.seconds += time.perf_counter() - began
        return self.report

    def one(self) -> None:
        """One stream; what is wrong with it is raised with its bytes."""
        kind, wire, is_lines = self._stream()
        try:
            self._read(wire, is_lines)
        except Exception as error:
            error.add_note(f"parser {self.name}, {'lines' if is_lines else 'event stream'}, bytes {wire!r}")
            raise
        self.report.streams += 1
        self.report.kinds[kind] += 1

    def _stream(self) -> tuple[str, bytes, bool]:
        rng, kind = self.rng, self.rng.random()
        if kind < 0.05:
            return "random", rng.randbytes(rng.randint(0, 120)), rng.random() < 0.5
        if kind < 0.3 and self.name in streams.MAKERS:
            wire = streams.MAKERS[self.name](rng).wire
            return "valid", wire, False
        if kind < 0.45 and self.name in streams.MAKERS:
            return "valid, damaged", self._bytes_damaged(streams.MAKERS[self.name](rng).wire), False
        lines = [self._line() for _ in range(rng.randint(1, 6))]
        is_lines = rng.random() < 0.5
        wire = b"\n".join(line for _, line in lines) + b"\n" * rng.randint(0, 1) if is_lines else self._as_events(lines)
        return ("recorded, damaged", self._bytes_damaged(wire) if rng.random() < 0.3 else wire, is_lines)

    def _line(self) -> tuple[str, bytes]:
        """One event's type and data: of the pool, mostly with values of the wrong kind in it."""
        rng = self.rng
        name, text = rng.choice(self.pool)
        if rng.random() < 0.75:
            text = self._json_damaged(text)
        if rng.random() < 0.08:
            text = text[: rng.randint(0, len(text))]
        return name, text.encode("utf-8", "surrogatepass")

    def _json_damaged(self, text: str) -> str:
        try:
            value = json.loads(text)
        except ValueError:
            return text
        junk = []
        for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
            value = self._damaged(value, junk)
        text = json.dumps(value, ensure_ascii=self.rng.random() < 0.5)
        for place, piece in enumerate(junk):
            text = text.replace(f'"\N{SECTION SIGN}{place}"', piece).replace(f'"\\u00a7{place}"', piece)
        return text

    def _damaged(self, value: Any, junk: list[str]) -> Any:
        """The value with one thing in it gone, replaced, repeated or wrapped."""
        rng = self.rng
        if isinstance(value, (dict, list)) and value and rng.random() < 0.85:
            key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
            change = rng.random()
            if change < 0.12:
                value.pop(key)
            elif change < 0.16 and isinstance(value, dict):
                value[rng.choice(("type", "id", "index", "content", "delta", "text", ""))] = value[key]
            elif change < 0.2 and isinstance(value, list):
                value.append(value[key])
            else:
                value[key] = self._damaged(value[key], junk)
            return value
        if rng.random() < 0.1:
            return [value] if rng.random() < 0.5 else {"type": value}
        junk.append(rng.choice(JUNK if rng.random() < 0.985 else SLOW_JUNK))
        return f"\N{SECTION SIGN}{len(junk) - 1}"

    def _as_events(self, lines: list[tuple[str, bytes]]) -> bytes:
        """The lines as an event stream, some with ids, types, comments and data of several lines."""
        rng, pieces = self.rng, []
        end = rng.choice((b"\n", b"\n", b"\r\n", b"\r"))
        for number, (name, line) in enumerate(lines):
            if rng.random() < 0.3:
                pieces.append(b"id: e." + str(number).encode() + end)
            if name != "message" or rng.random() < 0.1:
                pieces.append(b"event: " + (name or rng.choice(("x", "error", "messages|a"))).encode() + end)
            # JSON may go on in another line after a comma.
            parts = line.replace(b", ", b",\n" if rng.random() < 0.1 else b", ").split(b"\n")
            pieces += [b"data: " + part + end for part in parts] + [end]
            if rng.random() < 0.05:
                pieces.append(b": ping" + end + end)
        return b"".join(pieces)

    def _bytes_damaged(self, wire: bytes) -> bytes:
        rng, wire = self.rng, bytearray(wire)
        for _ in range(rng.randint(1, 3)):
            start = rng.randint(0, len(wire))
            stop = min(len(wire), start + rng.choice((1, 1, 5, 60)))
            how = rng.randrange(4)
            if how == 0:
                del wire[start:stop]
            elif how == 1:
                wire[start:start] = rng.randbytes(rng.randint(1, 4))
            elif how == 2:
                wire[start:start] = wire[start:stop]
            elif stop > start:
                wire[start] ^= 1 << rng.randrange(8)
        return bytes(wire)

    def _read(self, wire: bytes, is_lines: bool) -> None:
        rng, report = self.rng, self.report
        events = decoded(wire, is_lines, rng.choice((1, 3, 17, 400, 10**6)) if rng.random() < 0.1 else 10**6)
        if rng.random() < 0.1:
            assert decoded(wire, is_lines, rng.randint(1, 40)) == events, "another cut gave other events"
            report.recut += 1
        recorder = Recorder(AGENT, parser_named(self.name), lambda: NOON)
        rows = [recorder.rows([event]) for event in events]
        reason, exit_code = rng.choice(REASONS), rng.choice((None, 0, 0, 1, 143, -2, 300))
        ending, last, _ = recorder.end(reason, exit_code)
        flat = [row for made in [*rows, last] for row in made]
        for row in flat:
            check(row)
        assert ending.status in {"completed", "failed", "stopped", "interrupted"}
        assert (ending.error is None) == (ending.status == "completed")
        for said in (recorder.parser.session_id or "", recorder.parser.model or "", ending.error or ""):
            said.encode()
        check_raw(flat, events, recorder.parser.named, self.name)
        if rng.random() < 0.2:
            self._rebuild(events, rows, (reason, exit_code, last))
        report.events += len(events)
        report.rows += len(flat)
        report.endings[ending.status] += 1

    def _rebuild(self, events: list[ServerSentEvent], rows: list[list[AgentMessage]], end: Any) -> None:
        """A restart after some row: the rows of what follows are the same."""
        places = [place for place, made in enumerate(rows, 1) if made]
        if not places:
            return
        cut = self.rng.choice(places)
        recorder = Recorder(AGENT, parser_named(self.name), lambda: NOON)
        kept = [row.raw for made in rows[:cut] for row in made if row.raw is not None]
        recorder.rebuild(kept, events[cut - 1].id or None, ())
        again = [recorder.rows([event]) for event in events[cut:]]
        reason, exit_code, last = end
        again.append(recorder.end(reason, exit_code)[1])
        first = [*rows[cut:], last]
        assert [list(map(told, made)) for made in again] == [list(map(told, made)) for made in first], (
            "rebuilt otherwise"
        )
        self.report.rebuilt += 1


def told(row: AgentMessage) -> tuple[Any, ...]:
    """A row without its random id."""
    return (row.type, row.role, row.part, row.block, row.op, row.content, dict(row.metadata), row.raw, row.event_id)


def decoded(wire: bytes, is_lines: bool, size: int) -> list[ServerSentEvent]:
    """The events of these bytes, fed in chunks of that size."""
    if is_lines:
        lines = wire.decode("utf-8", "replace").split("\n")
        return [ServerSentEvent("message", line.removesuffix("\r")) for line in (lines if lines[-1] else lines[:-1])]
    decoder = EventStreamDecoder()
    return [event for start in range(0, len(wire), size) for event in decoder.feed(wire[start : start + size])]


def check_raw(rows: list[AgentMessage], events: list[ServerSentEvent], named: bool, name: str) -> None:
    """Every event is in `raw`, in order and whole; its type too, where the format needs it."""
    kept = [event for row in rows if row.raw is not None for event in events_in(row.raw)]
    for row in rows:
        (row.raw or "").encode()
    assert [event.data for event in kept] == [event.data for event in events], "raw is not what went in"
    if named and name != "auto":
        assert [event.event for event in kept] == [event.event for event in events], "raw lost a type"


def pool_of(name: str) -> list[tuple[str, str]]:
    """Types and data of events of one format, each shape of its recordings once."""
    found = [("message", json.dumps(frame)) for frame in HANDMADE.get(name, [])]
    shapes = set()
    for recording in [*RECORDED.get(name, []), *ALSO.get(name, [])]:
        if recording.endswith(".sse"):
            data = [(event.event, event.data) for event in events_of(recording)]
        else:
            data = [("message", line) for line in lines_of(recording)]
        for event, line in data:
            shape = _shape(json.loads(line)) if line.startswith("{") else line[:20]
            if len(line) <= SHORT and shape not in shapes:
                shapes.add(shape)
                found.append((event, line))
    if name == "langgraph":
        parts = [json.loads(text) for _, text in found]
        found += [(part["type"] + "|" * bool(part["ns"]), json.dumps(part["data"])) for part in parts] * 3
        found += [(mode, json.dumps(part["data"])) for mode in sorted(MODES) for part in parts[:6]]
    if name == "auto":
        found += [event for other in NAMES if other != "auto" for event in pool_of(other)[:6]]
    return [*found, ("message", "[DONE]"), ("message", "plain words"), ("error", '{"error": {"message": "m"}}')]


def _shape(value: Any) -> Any:
    if not isinstance(value, dict):
        return type(value).__name__
    return (str(value.get("type")), tuple((key, _shape(value[key])) for key in sorted(value)))


def reports(names: list[str], count: int, seed: int) -> Iterator[Report]:
    """One report for each parser."""
    return (Fuzzer(name, seed).run(count) for name in names)


def main() -> int:
    """Reads the arguments, prints a line for each parser."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, default=100_000, help="streams for each parser")
    parser.add_argument("--parser", default="all", choices=["all", *NAMES])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    names = NAMES if given.parser == "all" else [given.parser]
    for report in reports(names, given.streams, given.seed):
        print(report, flush=True)
    return 0


if __name__ == "__main__":
    assert RECORDINGS.is_dir()
    sys.exit(main())
