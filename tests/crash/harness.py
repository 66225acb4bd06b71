"""Kills kernels, proxy, server and network at random, then compares the whole log with its source.

    python tests/crash/harness.py --kills 1000 --messages 100000 [--seed S]

Everything is a real process: programs that print known lines (`emit.py`) under a real proxy, a network that breaks
connections at random bytes (`forward.py`), kernels that launch and read them (`kernel.py`), a server that reads along
(`server.py`), all on one store. What follows from the seed: who is killed, when, and at which byte a connection breaks.
When every agent has ended, each log is compared with the lines that its program was to print, line for line and by hash.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crash import emit, fleet
from crash.forward import Forwarder
from nbstream.frames import Store

KINDS = {"network": 8, "kernel": 2, "proxy": 1, "server": 1}
"""How often each kind is chosen; a cut needs a connection that is up, which few are while so much dies."""
SHORTEST_S, LONGEST_S = 0.01, 1.0
EARLY = 0.15
"""Share of kills that do not wait until their victim is up: it dies while it starts."""
TICK_S = 0.01


@dataclass(kw_only=True)
class Options:
    """One run of the harness.

    Args:
        kills: SIGKILLs and broken connections together.
        messages: lines of all sources together, at least.
        seed: what chooses victims and moments.
        kernels: processes that launch and write, on one store.
        agents: of each kernel.
        servers: processes that only read; they need a store that can be shared, as a second kernel does.
        limit: seconds for the whole run.
    """

    kills: int = 25
    messages: int = 2_000
    seed: int = 1
    kernels: int = 2
    agents: int = 3
    servers: int = 1
    limit: float = 3600.0

    @property
    def lines(self) -> int:
        """Lines of each source."""
        return -(-self.messages // (self.kernels * self.agents))


@dataclass
class Outcome:
    """What came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    agents: int = 0
    messages: int = 0
    rows: int = 0
    seen: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    duplicates: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.wrong)

    def __str__(self) -> str:
        table = [*((f"kills: {kind}", number) for kind, number in sorted(self.kills.items()))]
        table += [("kills in all", self.kills.total()), ("agents", self.agents), ("messages", self.messages)]
        table += [("rows", self.rows), ("messages the servers saw", self.seen)]
        table += [("duplicates refused", self.duplicates), ("lost", self.lost), ("doubled", self.doubled)]
        table += [("out of order", self.disordered), ("seconds", round(self.seconds))]
        verdict = "equal to the source, by hash" if self.good else "NOT equal to the source"
        lines = [f"{name:<26}{number:>10,}" for name, number in table]
        return "\n".join([*lines, *(f"! {text}" for text in self.wrong[:40]), verdict])


class Run:
    """The processes of one run, killed and started again until every agent has ended."""

    def __init__(self, options: Options, folder: Path, forwarder: Forwarder):
        self.options = options
        self.rng = random.Random(options.seed)
        self.forwarder = forwarder
        self.store = folder / "store.duckdb"
        self.gate = folder / "gate"
        self._open_gate(0.0)
        url = f"http://127.0.0.1:{forwarder.port}"
        self.proxy = fleet.proxy(folder, forwarder.target, url, count=options.lines, pause=0.003, gate=self.gate)
        names = [f"kernel{number}" for number in range(options.kernels)]
        self.kernels = [fleet.kernel(folder, self.store, url, name, options.agents) for name in names]
        servers = [fleet.server(folder, self.store, f"server{number}") for number in range(options.servers)]
        self.children: list[fleet.Child] = [self.proxy, *self.kernels, *servers]

    def go(self) -> None:
        """From the first start to the last agent's end."""
        until = time.monotonic() + self.options.limit
        try:
            self._start_all(until)
            while self.kills.total() < self.options.kills and not self._over():
                self._wait(SHORTEST_S * (LONGEST_S / SHORTEST_S) ** self.rng.random(), until)
                self._kill()
                self._open_gate(self.kills.total() / self.options.kills)
            self._open_gate(1.0)
            while not self._over():
                self._wait(0.1, until)
        finally:
            for child in reversed(self.children):
                child.end()

    def _start_all(self, until: float) -> None:
        for child in self.children:
            child.start()
            while not child.ready.exists():
                self._wait(TICK_S, until)

    def _over(self) -> bool:
        return all(kernel.done for kernel in self.kernels)

    def _wait(self, seconds: float, until: float) -> None:
        end = time.monotonic() + seconds
        while True:
            for child in self.children:
                if child.process is not None:
                    child.look()
            now = time.monotonic()
            if now > until:
                raise TimeoutError(f"not over after {self.options.limit:.0f} s: {self.kills.total()} kills so far")
            if now >= end:
                return
            time.sleep(min(TICK_S, end - now))

    def _kill(self) -> None:
        """Kills somebody who is up, or, now and then, who is on the way up."""
        early = self.rng.random() < EARLY
        kind = self.rng.choices([*KINDS], [*KINDS.values()])[0]
        choice, share = self.rng.randrange(1 << 16), self.rng.random()
        children = [child for child in self.children if not child.done and (early or child.ready.exists())]
        victims = [child for child in children if child.kind == kind]
        if victims:
            victim = victims[choice % len(victims)]
            victim.kill()
            victim.start()
        else:
            self.forwarder.cut(choice, share)

    @property
    def kills(self) -> Counter[str]:
        """How many of each kind so far; a connection counts when it has broken."""
        done = Counter(network=self.forwarder.cuts)
        for child in self.children:
            done[child.kind] += child.kills
        return done

    def _open_gate(self, share: float) -> None:
        partial = self.gate.with_suffix(".part")
        partial.write_text(f"{share:.6f}")
        partial.replace(self.gate)


def compare(options: Options, path: Path, outcome: Outcome) -> None:
    """The whole log against the lines that the programs were to print."""
    prompts = {f"kernel{kernel}-{agent}" for kernel in range(options.kernels) for agent in range(options.agents)}
    with Store.open(path) as store:
        records = store.list_agents()
        outcome.agents, outcome.rows = len(records), sum(store.head(record.id) for record in records)
        if sorted(record.prompt or "" for record in records) != sorted(prompts):
            outcome.wrong.append(f"expected agents {sorted(prompts)}, found {sorted(str(r.prompt) for r in records)}")
        for record in records:
            source = [emit.line(record.prompt or "", n, options.lines) for n in range(1, options.lines + 1)]
            kept = "\n".join(store.raw(record.id)).split("\n")
            outcome.messages += len(source)
            _compare_lines(source, kept, f"agent {record.prompt}", outcome)
            if record.status != "completed":
                outcome.wrong.append(f"agent {record.prompt} is {record.status}: {record.error}")
            numbers = [message.sequence_number for message in store.read(record.id)]
            if numbers != list(range(1, len(numbers) + 1)):
                outcome.wrong.append(f"agent {record.prompt}: sequence numbers are not 1 to {len(numbers)}")
        [ids] = store.query("SELECT count(*) AS rows, count(DISTINCT id) AS ids FROM agent_messages").to_pylist()
        if ids["rows"] != ids["ids"] or ids["rows"] != outcome.rows:
            outcome.wrong.append(f"{ids['rows']} rows have {ids['ids']} ids, expected {outcome.rows}")
        report = store.verify()
        outcome.duplicates = report.duplicates
        outcome.wrong += [*report.violations, *(f"gap: {gap}" for gap in report.gaps)]


def _compare_lines(source: list[str], kept: list[str], who: str, outcome: Outcome) -> None:
    if _hash(source) == _hash(kept):
        return
    wanted, found = Counter(source), Counter(kept)
    lost, doubled = wanted - found, found - wanted
    outcome.lost += lost.total()
    outcome.doubled += doubled.total()
    if not lost and not doubled:
        outcome.disordered += sum(one != other for one, other in zip(source, kept, strict=True))
    first = next((n for n, (one, other) in enumerate(zip(source, kept, strict=False), 1) if one != other), "the end")
    outcome.wrong.append(f"{who}: {len(kept)} lines for {len(source)}, the first difference at line {first}")


def _hash(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def free_port() -> int:
    """A port that is free now; the proxy keeps it over its restarts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(options: Options, folder: Path) -> Outcome:
    """One run in an empty folder."""
    began = time.monotonic()
    outcome = Outcome()
    folder.chmod(0o700)
    with Forwarder(free_port()) as forwarder:
        running = Run(options, folder, forwarder)
        running.go()
    outcome.kills = running.kills
    outcome.wrong += [failure for child in running.children for failure in child.failures]
    for seen in folder.glob("*.seen"):
        for line in seen.read_text().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "messages":
                outcome.seen += int(rest)
            else:
                outcome.wrong.append(f"{seen.stem}: {line}")
    compare(options, running.store, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def main() -> int:
    """The command line; 1 when anything is lost, doubled, out of order or otherwise wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in (("kills", int), ("messages", int), ("seed", int), ("kernels", int), ("agents", int)):
        parser.add_argument(f"--{name}", type=kind)
    parser.add_argument("--servers", type=int)
    parser.add_argument("--limit", type=float, help="seconds for the whole run (3600)")
    parser.add_argument("--keep", action="store_true", help="keep the folder even when all is well")
    given = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    keep = given.pop("keep")
    options = Options(**{"seed": random.randrange(1 << 32), **given})
    folder = Path(tempfile.mkdtemp(prefix="nbstream-crash-"))
    print(f"seed {options.seed}, files in {folder}", flush=True)
    outcome = run(options, folder)
    print(outcome)
    if outcome.good and not keep:
        shutil.rmtree(folder)
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
