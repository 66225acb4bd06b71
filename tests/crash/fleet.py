"""The processes of the crash harness: each can be killed with SIGKILL, and is started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from nbstream.proxy import folders
from nbstream.proxy.reaper import bearers

HERE = Path(__file__).parent
READY_LIMIT_S = 120.0
"""A process that is not ready by then hangs; starts take 1 s, on a machine that is busy with more than this ten."""


@dataclass
class Child:
    """One process under one name, started as often as it is killed.

    Args:
        kind: what is counted: kernel, proxy or server.
        name: unique; its log is `{name}.log`.
        argv: the command line.
        folder: where its files are, and where it works.
        ready: the file it writes when it is up; removed before each start.
    """

    kind: str
    name: str
    argv: list[str]
    folder: Path
    ready: Path
    kills: int = 0
    failures: list[str] = field(default_factory=list)
    done: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        self.ready.unlink(missing_ok=True)
        environ = os.environ | {"NBSTREAM_RUNTIME": str(self.folder / "runtime")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.argv, stdout=log, stderr=log, cwd=self.folder, env=environ)
        self.started = time.monotonic()

    def kill(self) -> None:
        """SIGKILL, and the wait until it is gone."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            self.kills += 1

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def look(self) -> None:
        """Notices that it has ended by itself: a kernel may, when all its agents have; whatever else is a failure."""
        code = self.process.poll() if self.process is not None else None
        if code is None or self.done:
            if not self.done and not self.ready.exists() and time.monotonic() - self.started > READY_LIMIT_S:
                self.failures.append(f"{self.name} was not ready after {READY_LIMIT_S:.0f} s")
                self.kill()
                self.start()
        elif code == 0 and self.kind == "kernel":
            self.done = True
        else:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing in its log"]
            self.failures.append(f"{self.name} ended with {code}: {last[0][:300]}")
            self.start()


@dataclass
class Proxy(Child):
    """The proxy; what it writes about itself is published under the forwarder's address once it is up."""

    public_url: str = ""
    published: int = 0

    def look(self) -> None:
        super().look()
        assert self.process is not None
        if self.published != self.process.pid and (state := folders.read_json(self.ready)):
            runtime = folders.private_folder(self.folder / "runtime")
            folders.write_private(folders.state_file(self.folder, runtime), {**state, "url": self.public_url})
            self.published = self.process.pid

    def end(self) -> None:
        super().end()
        for meta in (self.folder / "runs").glob("*/meta.json"):
            for pid in bearers(json.loads(meta.read_text())["token"]):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def proxy(folder: Path, port: int, public_url: str, *, count: int, pause: float, gate: Path) -> Proxy:
    """`nbstream proxy` whose one profile is the source of known content."""
    command = json.dumps([sys.executable, "-I", "-S", str(HERE / "emit.py"), str(count), str(pause), str(gate)])
    config = folder / "proxy.toml"
    config.write_text(f"[limits]\nmax_runs = 64\n[profiles.emit]\ncommand = {command}\n")
    state = folder / "proxy-state.json"
    argv = [sys.executable, "-m", "nbstream.proxy", "proxy", "--config", str(config), "--port", str(port)]
    argv += ["--runs-dir", str(folder / "runs"), "--state-file", str(state), "--heartbeat", "1"]
    argv += ["--allow-host", public_url.removeprefix("http://")]
    return Proxy("proxy", "proxy", argv, folder, state, public_url=public_url)


def kernel(folder: Path, store: Path, url: str, name: str, agents: int) -> Child:
    """A kernel with so many agents of its own."""
    ready = folder / f"{name}.ready"
    argv = [sys.executable, str(HERE / "kernel.py"), str(store), url, str(folder), name, str(agents), str(ready)]
    return Child("kernel", name, argv, folder, ready)


def server(folder: Path, store: Path, name: str) -> Child:
    """A reader of every agent."""
    ready = folder / f"{name}.ready"
    argv = [sys.executable, str(HERE / "server.py"), str(store), str(folder / f"{name}.seen"), str(ready)]
    return Child("server", name, argv, folder, ready)
