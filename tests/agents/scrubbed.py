"""`nbstream proxy` as a process that knows nothing of this machine, and what a test looks at behind its back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import psutil

from nbstream.proxy import folders
from nbstream.proxy.reaper import RUN_KEY
from nbstream.sources.proxy import ProxySource
from support import until

KEY = "dummy-key-of-a-test"
ALLOWED = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_MAX_RETRIES",
    "DISABLE_AUTOUPDATER",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_TELEMETRY",
    "HTTPS_PROXY",
    "NO_PROXY",
)
"""What the profile names beside `nbstream.proxy.profiles.PASSED`."""
DECOYS = {"AWS_SECRET_ACCESS_KEY": "decoy", "CLAUDE_CODE_OAUTH_TOKEN": "decoy", "SOME_SERVICE_TOKEN": "decoy"}
"""Set for the proxy, named by no profile: none of them may reach the program."""
ARGUMENTS = ("-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages")

LIMITS = """
[limits]
interrupt_grace = 3.0
terminate_grace = 3.0
"""
CONFIG = """
[profiles.claude]
command = {command}
parser = "claude"
env = {env}
"""
STAY_HERE = {"NO_PROXY": "127.0.0.1", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}


class ProxyProcess:
    """A proxy whose whole environment is written here.

    Args:
        folder: of the test; the program's home, its working folder, and the proxy's files are in it.
        variables: what the proxy gets besides its folders.
        config: the proxy's configuration beside its limits.
    """

    def __init__(self, folder: Path, variables: dict[str, str], config: str = "") -> None:
        self.folder = folder
        self.variables = variables
        self.process: subprocess.Popen | None = None
        self.home, self.work, self.runtime, self.runs = (
            folders.private_folder(folder / name) for name in ("home", "work", "runtime", "runs")
        )
        self.config = folder / "proxy.toml"
        self.config.write_text(LIMITS + config)
        self.state = folders.state_file(self.work, self.runtime)

    @property
    def environ(self) -> dict[str, str]:
        """All that the proxy gets."""
        places = {"HOME": str(self.home), "TMPDIR": str(self.home), "NBSTREAM_RUNTIME": str(self.runtime)}
        return {**STAY_HERE, **places, **self.variables, **DECOYS}

    def start(self, port: int = 0) -> Self:
        self.state.unlink(missing_ok=True)
        log = self.folder / "proxy.log"
        options = ["--config", self.config, "--runs-dir", self.runs, "--heartbeat", "0.2", "--port", str(port)]
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "nbstream", "proxy", *options],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=self.environ,
                cwd=self.work,
            )
        until(lambda: self.state.exists() or self.process.poll() is not None, 60, "the proxy's state file")
        assert self.state.exists(), log.read_text()
        state = json.loads(self.state.read_text())
        self.url, self.token = state["url"], state["token"]
        return self

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """SIGKILL: no orderly end, the state file stays."""
        self.process.kill()
        self.process.wait(30)

    def close(self) -> None:
        """Ends the proxy with its runs and, by their tokens, whatever a failed test has left."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()
        for meta in self.runs.glob("*/meta.json"):
            for pid in bearers_of(json.loads(meta.read_text())["token"]):
                os.kill(pid, signal.SIGKILL)

    def log(self, agent) -> str:
        """The program's stdout as the proxy has it."""
        return (self.runs / str(agent.id) / "stdout.log").read_text(encoding="utf-8")

    def run_token(self, agent) -> str:
        return json.loads((self.runs / str(agent.id) / "meta.json").read_text())["token"]

    def program(self, agent) -> psutil.Process:
        """The running program itself."""
        return psutil.Process(json.loads((self.runs / str(agent.id) / "child.json").read_text())["pid"])

    def processes(self, agent) -> list[psutil.Process]:
        """All processes of the run that live: the supervisor, the program, and whatever that has started."""
        supervisor = json.loads((self.runs / str(agent.id) / "child.json").read_text())["supervisor"]
        below = psutil.Process(supervisor).children(recursive=True)
        return [psutil.Process(supervisor), *below]


class ScrubbedProxy(ProxyProcess):
    """One that runs Claude Code. What would leave this machine is sent to the test's server, which takes note.

    Args:
        folder: of the test.
        binary: the program.
        api_url: the Messages API that the program is to use.
        settings: the program's own settings, its `~/.claude/settings.json`.
    """

    def __init__(self, folder: Path, binary: Path, api_url: str, settings: dict | None = None) -> None:
        self.argv = [str(binary), *ARGUMENTS]
        variables = {
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": api_url,
            "HTTPS_PROXY": api_url,
            "CLAUDE_CODE_MAX_RETRIES": "2",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
        }
        super().__init__(folder, variables, CONFIG.format(command=json.dumps(self.argv), env=json.dumps(ALLOWED)))
        if settings is not None:
            (self.home / ".claude").mkdir()
            (self.home / ".claude" / "settings.json").write_text(json.dumps(settings))

    def source(self) -> ProxySource:
        """One that was told where the proxy is, and its token."""
        return ProxySource(self.url, token=self.token, profile="claude", heartbeat=1.0)

    def said(self, agent) -> str:
        """The text that the program has printed so far, by its deltas."""
        lines = [json.loads(line) for line in self.log(agent).splitlines(keepends=True) if line.endswith("\n")]
        deltas = [line["event"].get("delta", {}) for line in lines if line["type"] == "stream_event"]
        return "".join(delta.get("text", "") for delta in deltas)


def lives(process: psutil.Process) -> bool:
    """Whether that very process still runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def bearers_of(token: str) -> list[int]:
    """Every process of this machine that carries a run's token, by another way than the proxy's own."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUN_KEY) == token and lives(process):
                found.append(process.pid)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return found
