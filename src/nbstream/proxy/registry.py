"""All runs of one proxy: starting them, finding them again after the proxy was killed, ending them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from nbstream.errors import NbstreamError, ProgramNotFound, SourceError
from nbstream.proxy import reaper
from nbstream.proxy.folders import open_private, private_folder, read_json, write_private
from nbstream.proxy.runs import Meta, Run
from nbstream.proxy.settings import Settings

SUPERVISOR = Path(__file__).with_name("supervise.py")
START_LIMIT = 10.0  # seconds for the supervisor to start the program; it takes about 0.03


class UnknownProfile(NbstreamError):
    """No profile of that name is in the proxy's configuration."""


class RunNotFound(NbstreamError):
    """This proxy has no run of that agent id."""


class TooManyRuns(NbstreamError):
    """As many runs as the limit allows are going on."""


class IdInUse(NbstreamError):
    """The agent id belongs to a run that was started with another request."""


class ProxyClosing(NbstreamError):
    """The proxy is about to end and starts nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a client may ask for.

    Args:
        prompt: goes to the program's stdin, as UTF-8.
        profile: a name out of the configuration; None: the default.
        session_id: of the program's own session to continue.
        model: the model's name.
        agent_id: the client's choice, so that the request can be sent again; None: a new one.
    """

    prompt: str
    profile: str | None = None
    session_id: str | None = None
    model: str | None = None
    agent_id: uuid.UUID | None = None

    def fingerprint(self) -> str:
        """Tells whether a request with a known agent id is the same request again."""
        content = [self.prompt, self.profile, self.session_id, self.model]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class Registry:
    """The runs in one folder.

    Args:
        folder: where the run folders are; it must be locked by this process.
        settings: the proxy's.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = folder
        self.settings = settings
        self.closing = False
        self.last_used = time.monotonic()
        self._runs: dict[uuid.UUID, Run] = {}
        self._starting = asyncio.Lock()

    def adopt(self) -> int:
        """Takes up every run that the folder holds; how many of them were taken for running."""
        oldest = time.time() - self.settings.limits.keep_days * 86400
        for folder in self.folder.iterdir():
            agent_id = _agent_id(folder.name)
            if agent_id is None:
                continue  # not ours: never touched
            meta = Meta.load(folder / "meta.json")
            if meta is None or (meta.status != "running" and folder.stat().st_mtime < oldest):
                shutil.rmtree(folder, ignore_errors=True)  # too old, or the proxy was killed as it made the folder
                continue
            run = self._runs[agent_id] = Run(folder, meta, self.settings.limits)
            if run.running:
                run.watch()
            if run.running and meta.stop_requested:
                run.stop_soon()  # the proxy was killed between two signals
        return len(self.active())

    def active(self) -> list[Run]:
        """The runs that are not over."""
        return [run for run in self._runs.values() if run.running]

    def all(self) -> list[Run]:
        """Every run, the oldest first."""
        return sorted(self._runs.values(), key=lambda run: run.meta.created_at)

    def get(self, agent_id: str) -> Run:
        """The run of an agent, watched.

        Raises:
            RunNotFound: there is none.
        """
        known = _agent_id(agent_id)
        run = self._runs.get(known) if known else None
        if run is None:
            raise RunNotFound(f"no agent {agent_id[:64]!r} here: it never was, or its run was removed")
        run.watch()
        return run

    async def start(self, request: StartRequest) -> Run:
        """Starts a run; the same request with the same agent id again gives the same run.

        Raises:
            UnknownProfile, ArgumentRefused, ProgramNotFound: the request cannot be met as it is.
            IdInUse: the agent id is another request's.
            TooManyRuns, ProxyClosing: not now.
        """
        async with self._starting:
            if request.agent_id in self._runs:
                return self._again(request)
            if self.closing:
                raise ProxyClosing("the proxy is ending: start it again and repeat the request")
            limit = self.settings.limits.max_runs
            if len(self.active()) >= limit:
                raise TooManyRuns(f"{limit} agents are running, which is the limit (`max_runs`): stop one, or wait")
            run = await self._launch(request)
            self._runs[uuid.UUID(run.meta.agent_id)] = run
            run.watch()
            return run

    def _again(self, request: StartRequest) -> Run:
        run = self.get(str(request.agent_id))
        if run.meta.request_hash != request.fingerprint():
            raise IdInUse(f"agent {request.agent_id} was started with another request: choose another agent_id")
        return run

    async def _launch(self, request: StartRequest) -> Run:
        profiles = self.settings.profiles
        name = request.profile or next(iter(profiles), "")
        if name not in profiles:
            raise UnknownProfile(
                f"no profile {name[:64]!r} in this proxy's configuration: it has {', '.join(profiles)}"
            )
        profile = profiles[name]
        argv = profile.command(session_id=request.session_id, model=request.model)
        profile.check_installed(os.environ)
        meta = Meta(
            agent_id=str(request.agent_id or uuid.uuid4()),
            token=secrets.token_hex(16),
            epoch=secrets.token_hex(4),
            profile=name,
            parser=profile.parser,
            request_hash=request.fingerprint(),
            created_at=time.time(),
            session_id=request.session_id,
            model=request.model,
        )
        environment = profile.environment(os.environ) | {reaper.RUN_KEY: meta.token}
        run = Run(self.folder / meta.agent_id, meta, self.settings.limits)
        try:
            private_folder(run.folder)
            _write_prompt(run.folder, request.prompt)
            launch = {"argv": argv, "cwd": str(profile.cwd or self.settings.directory)}
            write_private(run.folder / "launch.json", launch)
            run.save()
            run.supervised_by(_supervise(run.folder, environment))
        except OSError as problem:
            shutil.rmtree(run.folder, ignore_errors=True)
            raise SourceError(f"the run folder {run.folder} could not be made: {problem}") from problem
        await self._await_start(run)
        return run

    async def _await_start(self, run: Run) -> None:
        """Waits until the program runs, and gives up a run whose program does not."""
        deadline = time.monotonic() + START_LIMIT
        while not run.child and time.monotonic() < deadline:
            exited = read_json(run.folder / "exit.json")
            if exited is not None and exited["error"]:
                break
            await asyncio.sleep(0.002)
        if run.child:
            return
        exited = read_json(run.folder / "exit.json") or {}
        reaper.sweep(run.meta.token)
        run.alive()  # reaps the supervisor
        shutil.rmtree(run.folder, ignore_errors=True)
        if exited.get("error"):
            raise ProgramNotFound(f"profile {run.meta.profile!r} could not be started: {exited['error']}")
        raise SourceError(f"profile {run.meta.profile!r} did not start within {START_LIMIT:g} s")

    async def stop_all(self, *, interrupt: float, terminate: float) -> None:
        """Ends every run; see `Run.stop`."""
        self.closing = True
        async with self._starting:
            stops = [run.stop(interrupt=interrupt, terminate=terminate) for run in self.active()]
        await asyncio.gather(*stops)

    async def detach(self) -> None:
        """Ceases to watch; what runs goes on."""
        self.closing = True
        for run in self._runs.values():
            await run.detach()


def _agent_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _write_prompt(folder: Path, prompt: str) -> None:
    with os.fdopen(open_private(folder / "prompt", os.O_EXCL), "wb") as file:
        file.write(prompt.encode())


def _supervise(folder: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Starts the supervisor in a session of its own; what it has to complain about is in its own log."""
    with os.fdopen(open_private(folder / "supervisor.log", os.O_APPEND), "wb") as log:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(folder.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
