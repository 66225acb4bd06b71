"""The same stream over real HTTP: programs under the real proxy in a process of its own, read by the real source."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import httpx

from benchmarks.feeding import Seen, all_ended, lines, serving, start_all
from benchmarks.figures import OURS, Figure, figure
from nbstream.sources.proxy import ProxySource
from nbstream.store import new_id
from support import until

AGENTS = 20
RATE = "messages/s"


class Proxy:
    """A proxy process that plays one recording as fast as it is read.

    Args:
        folder: of its own.
        log: the lines that each run prints.
    """

    def __init__(self, folder: Path, log: list[str]) -> None:
        self._state = folder / "state.json"
        self._log = folder / "proxy.log"
        recordings = folder / "recordings"
        recordings.mkdir(parents=True)
        (recordings / "answer.jsonl").write_text("".join(f"{line}\n" for line in log))
        (folder / "proxy.toml").write_text(f'recordings = "{recordings}"\npace = 0\n[limits]\nmax_runs = {AGENTS}\n')
        self._argv = [sys.executable, "-m", "nbstream.proxy", "proxy", "--config", str(folder / "proxy.toml")]
        self._argv += ["--state-file", str(self._state), "--runs-dir", str(folder / "runs")]

    def __enter__(self) -> Proxy:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._argv, cwd=self._state.parent, stdout=log, stderr=log)
        until(self._state.exists, what="the proxy")
        found = json.loads(self._state.read_text())
        self.url, self.token = found["url"], found["token"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)

    def source(self) -> ProxySource:
        return ProxySource(self.url, token=self.token, profile="replay:answer", parser="anthropic")

    def finish(self, ids: list[str]) -> None:
        """Starts the runs and waits until their programs have printed everything."""
        headers = {"authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            for agent_id in ids:
                body = {"prompt": "x", "profile": "replay:answer", "agent_id": agent_id}
                client.post("/agent/start", json=body).raise_for_status()
            until(lambda: client.get("/health").json()["active_agents"] == 0, timeout=120, what="the programs' end")


def once(folder: Path, log: list[str], *, finished: bool) -> float:
    """Messages a second, from the first emitted to the last."""
    wanted = (len(log) - 2) * AGENTS
    ids = [new_id() for _ in range(AGENTS)]
    with Proxy(folder, log) as proxy, serving(folder / "store.duckdb") as service:
        if finished:
            proxy.finish([str(one) for one in ids])
        seen = Seen(service, ids)
        start_all(service, [proxy.source() for _ in ids], ids)
        seen.wait(wanted, 180)
        all_ended(service)
        seen.close()
    # Its end is emitted too, but nothing of it is waited for.
    return (wanted - seen.at_first) / (seen.last - seen.first)


def over_http(folder: Path, messages: int, rounds: int) -> list[Figure]:
    """With the programs running meanwhile, and reading what they have written already.

    Sustained: from the first emission to the last, so that starting twenty programs is not counted.
    """
    log = lines(messages // AGENTS)
    figures = []
    for finished, words in ((True, "their programs have ended"), (False, "their programs run meanwhile")):
        rates = [once(folder / str(new_id()), log, finished=finished) for _ in range(rounds)]
        figures.append(figure("ingest", f"{AGENTS} agents over HTTP, {words}", OURS, RATE, rates))
        print(f"{figures[-1].case}: {figures[-1].value:,.0f} messages/s", flush=True)
    return figures
