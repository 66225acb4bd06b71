"""How long a message takes from its bytes to its emission, after the commit.

    python tests/benchmarks/bench_delay.py [--quick] [--json FILE]

Time stamps in one process. Every message has a time at which it is due, agents in turn; its source hands over whatever is
due as one chunk, as a socket does. The delay is from the time it was due, not from when the source woke, so a loop that
lags is counted. Before that every agent has had its first message, so that it runs and its model is known. `idle`: the main thread sleeps, as in `time.sleep(60)`; `busy`: it computes in pure Python, so it holds the
interpreter for 5 ms at a time. p99 is of one run's messages; the figure is the median of the runs.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.feeding import EDGES, Gate, MemorySource, Seen, all_ended, event_of, lines, serving, start_all
from benchmarks.figures import OURS, Figure, figure, hand_in, options
from nbstream.service import StreamingService
from nbstream.store import Committed, new_id

ROUNDS = 3
LEAD = 0.5
"""Seconds of the stream that are not counted."""
LEAST = 60
"""Messages of a run that are counted at least."""
PATIENCE = 60.0


class Case(NamedTuple):
    """One row of the table."""

    agents: int
    rate: int
    busy: bool

    @property
    def name(self) -> str:
        agents = "1 agent" if self.agents == 1 else f"{self.agents:,} agents"
        return f"{self.rate:,} messages/s, {agents}, kernel {'busy' if self.busy else 'idle'}"


class Clock:
    """When each message is due: message k of agent a is number k * agents + a, `rate` of them a second."""

    def __init__(self, agents: int, rate: int) -> None:
        self._agents, self._rate = agents, rate
        self.begin = 0.0

    def due(self, agent: int, number: int) -> float:
        return self.begin + (number * self._agents + agent) / self._rate


class PacedSource(MemorySource):
    """Hands over its first message before the gate, and each other when it is due."""

    def __init__(self, events: list[bytes], gate: Gate, clock: Clock, place: int) -> None:
        super().__init__([], gate)
        self._events, self._clock, self._place = events, clock, place

    async def ready(self) -> None:
        """It is at once."""

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"".join(self._events[: EDGES + 1])
        await self.gate.wait()
        deltas, at = self._events[EDGES:], 1
        while at < len(deltas):
            wait = self._clock.due(self._place, at) - time.perf_counter()
            await asyncio.sleep(max(0.0, wait))
            now, first = time.perf_counter(), at
            while at < len(deltas) and self._clock.due(self._place, at) <= now:
                at += 1
            if at > first:
                yield b"".join(deltas[first:at])


class Delays(Seen):
    """Takes the time of every message when it is emitted."""

    def __init__(self, service: StreamingService, agents: list[UUID], clock: Clock) -> None:
        self._clock = clock
        self._places = {agent: place for place, agent in enumerate(agents)}
        self.found: list[float] = []
        super().__init__(service, agents)

    def heed(self, committed: Committed) -> None:
        now, place = time.perf_counter(), self._places[committed.agent_id]
        for message in committed.messages:
            line = (message.event_id or "").rpartition(".")[2]
            if line.isdigit() and (due := self._clock.due(place, int(line) - EDGES - 1)) >= self._clock.begin + LEAD:
                self.found.append(now - due)


def delays(case: Case, seconds: float, folder: Path) -> list[float]:
    """The delay of every message of one run, in ms, in order of size."""
    each = 1 + round(case.rate * (max(seconds, LEAST / case.rate) + LEAD) / case.agents)
    events = [event_of(number, line) for number, line in enumerate(lines(each), 1)]
    clock, gate = Clock(case.agents, case.rate), Gate()
    path = folder / f"{new_id()}.duckdb"
    with serving(path) as service:
        sources = [PacedSource(events, gate, clock, place) for place in range(case.agents)]
        agents = start_all(service, sources)
        while gate.waiting < case.agents or any(not each.model for each in service.store.list_agents()):
            time.sleep(0.05)
        seen = Delays(service, agents, clock)
        clock.begin = time.perf_counter() + 0.1
        gate.open()
        end = clock.begin + each * case.agents / case.rate
        while case.busy and time.perf_counter() < end:
            sum(number * number for number in range(1_000))
        seen.wait((each - 1) * case.agents, PATIENCE + end - time.perf_counter())
        all_ended(service)
        seen.close()
    path.unlink()
    return sorted(one * 1e3 for one in seen.found)


def cases() -> list[Case]:
    by_rate = [Case(20, rate, busy) for rate in (10, 1_000, 10_000) for busy in (False, True)]
    return by_rate + [Case(agents, 1_000, busy=False) for agents in (1, 10, 100, 1_000)]


def main() -> None:
    chosen = options(__doc__).parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        for case in cases():
            seconds, rounds = (2.0, 1) if chosen.quick else (4.0, ROUNDS)
            runs = [delays(case, seconds, Path(name)) for _ in range(rounds)]
            for label, part in (("p50", 0.5), ("p99", 0.99)):
                found = [run[int(len(run) * part)] for run in runs]
                figures.append(figure("delay", f"{case.name}: {label}", OURS, "ms", found))
            print(f"{case.name}: p50 {figures[-2].value:.1f} ms, p99 {figures[-1].value:.1f} ms", flush=True)
    hand_in(figures, chosen.json)


if __name__ == "__main__":
    main()
