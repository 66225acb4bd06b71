"""A real proxy process on loopback, and the small programs that it runs in the tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from nbstream.proxy.reaper import RUN_KEY, bearers
from nbstream.sse import EventStreamDecoder
from support import until

PROGRAMS = Path(__file__).parent / "programs"
RECORDINGS = Path(__file__).parent.parent / "recordings"

CONFIG = """
recordings = "{recordings}"
pace = 0
[limits]
interrupt_grace = 1.0
terminate_grace = 1.0
{limits}
"""


def toml(name: str, program: str, *arguments: str, more: str = "") -> str:
    """A profile that runs one of the test programs with this Python."""
    command = json.dumps([sys.executable, "-I", "-S", str(PROGRAMS / program), *arguments])
    return f"[profiles.{name}]\ncommand = {command}\n{more}\n"


@dataclass
class ProxyProcess:
    """`python -m nbstream.proxy proxy` with its files in a folder of the test.

    Args:
        folder: where its runs, state and configuration are.
        profiles: TOML tables.
        limits: TOML lines of [limits].
        options: more options of the command line.
        environ: variables on top of this process's.
    """

    folder: Path
    profiles: str = ""
    limits: str = ""
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.state = self.folder / "state.json"
        self.runs = self.folder / "runs"
        self.config = self.folder / "proxy.toml"
        self.config.write_text(CONFIG.format(recordings=RECORDINGS, limits=self.limits) + self.profiles)

    def start(self) -> ProxyProcess:
        self.state.unlink(missing_ok=True)
        with (self.folder / "proxy.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nbstream.proxy", "proxy", *self._files(), "--heartbeat", "0.2", *self.options],
                stdout=log,
                stderr=log,
                env=os.environ | self.environ,
                cwd=self.folder,
            )
        until(lambda: self.state.exists() or self.process.poll() is not None, 60, "the proxy's state file")
        assert self.state.exists(), self.log()
        state = json.loads(self.state.read_text())
        self.url, self.token = state["url"], state["token"]
        self.client = httpx.Client(base_url=self.url, headers=self.headers, timeout=20, trust_env=False)
        return self

    def _files(self):
        return ["--config", self.config, "--runs-dir", self.runs, "--state-file", self.state]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def log(self) -> str:
        return (self.folder / "proxy.log").read_text()

    def kill(self) -> None:
        """SIGKILL, as if the machine had run out of memory."""
        self.client.close()
        self.process.kill()
        self.process.wait(30)

    def end(self) -> int:
        """SIGTERM, and its exit code."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def close(self) -> None:
        """Ends the proxy and, by their tokens, whatever of its runs a failed test has left."""
        if self.process.poll() is None:
            self.kill()
        self.client.close()
        for folder in self.runs.iterdir():
            for pid in self.alive(folder.name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def alive(self, agent_id: str) -> set[int]:
        """Every process that carries the token of a run, its supervisor included."""
        meta = self.runs / agent_id / "meta.json"
        return bearers(json.loads(meta.read_text())["token"]) if meta.exists() else set()

    def post(self, path: str, body: dict | None = None, **options) -> httpx.Response:
        return self.client.post(path, json=body if body is not None else {}, **options)

    def start_agent(self, profile: str, prompt: str = "hello", **more) -> str:
        answer = self.post("/agent/start", {"profile": profile, "prompt": prompt, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["agent_id"]

    def status(self, agent_id: str) -> dict:
        return self.client.get(f"/agent/{agent_id}").json()

    def until_over(self, agent_id: str) -> dict:
        until(lambda: self.status(agent_id)["status"] != "running", 60, "the run's end")
        return self.status(agent_id)

    def stdout(self, agent_id: str) -> bytes:
        return (self.runs / agent_id / "stdout.log").read_bytes()

    def read(self, agent_id: str, last_event_id: str | None = None, limit: int | None = None) -> Reading:
        """Reads a stream to its end, or until `limit` bytes were read."""
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        reading = Reading()
        with self.client.stream("GET", f"/agent/{agent_id}/stream", headers=headers) as response:
            reading.status, reading.headers = response.status_code, dict(response.headers)
            for chunk in response.iter_raw():
                reading.feed(chunk[: None if limit is None else limit - len(reading.bytes)])
                if limit is not None and len(reading.bytes) >= limit:
                    break
        return reading


@dataclass
class Reading:
    """What came over one stream."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    bytes: bytearray = field(default_factory=bytearray)
    events: list = field(default_factory=list)

    def __post_init__(self):
        self._decoder = EventStreamDecoder(max_event_bytes=2**26)

    def feed(self, chunk: bytes) -> None:
        self.bytes += chunk
        self.events += self._decoder.feed(chunk)

    @property
    def lines(self) -> list[str]:
        return [event.data for event in self.events if event.event == "message"]

    @property
    def ids(self) -> list[str]:
        return [event.id for event in self.events if event.event in ("message", "oversize")]

    @property
    def numbers(self) -> list[int]:
        return [int(event_id.split(".")[1]) for event_id in self.ids]

    @property
    def last_id(self) -> str | None:
        return self.ids[-1] if self.ids else None

    def the(self, kind: str) -> dict:
        """The data of the one event of a kind."""
        (found,) = (json.loads(event.data) for event in self.events if event.event == kind)
        return found


def token_in(pid: int) -> bool:
    """Whether a process carries a run's token at all."""
    return f"{RUN_KEY}=".encode() in Path(f"/proc/{pid}/environ").read_bytes()
