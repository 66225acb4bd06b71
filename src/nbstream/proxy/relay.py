"""Any program that prints JSON lines, as a proxy of one agent: `nbstream relay -- COMMAND`.

The program starts at once. Its end is waited for, and then for a client that has taken the last event, so that nothing
is lost when nobody was there to read at first. Ctrl-C ends the program, or, if that is over, the waiting.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.proxy import folders, server
from nbstream.proxy.profiles import Profile
from nbstream.proxy.programs import CLAUDE_ENV
from nbstream.proxy.registry import StartRequest
from nbstream.proxy.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from nbstream.proxy.runs import Run
    from nbstream.proxy.service import Service

INTERRUPTED = 130  # what a shell answers for Ctrl-C


def relay(  # noqa: PLR0913 - keyword-only, each an option of the command line
    argv: Sequence[str],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    parser: str = "claude",
    stdin: str = "",
    env: Sequence[str] = (),
    state_file: str | Path | None = None,
    heartbeat: float = 10.0,
    allow_remote: bool = False,
) -> int:
    """Runs a program and serves its lines; its exit code, 128 + n when signal n ended it, 130 after Ctrl-C.

    Args:
        argv: the command.
        host: address to listen on.
        port: 0 for a free one.
        parser: the name of the wire format of its lines.
        stdin: what the program reads.
        env: names of variables it gets besides those that every program and Claude Code get.
        state_file: where to write the address and the token; None: nowhere, they are printed.
        heartbeat: seconds between comments on a silent stream.
        allow_remote: allow an address that other machines can reach.

    Raises:
        MissingExtra, BindRefused, ProfileInvalid, ProgramNotFound, OSError: it could not be started.
    """
    http = server.import_http()
    server.check_bind(host, allow_remote=allow_remote)
    profile = Profile(name="relay", argv=tuple(argv), parser=parser, env=(*CLAUDE_ENV, *env))
    settings = Settings(profiles={"relay": profile}, heartbeat=heartbeat)
    runs = Path(tempfile.mkdtemp(prefix="relay-", dir=folders.runtime_folder()))
    state = Path(state_file) if state_file else None
    try:
        with server.opened(host, port, runs, settings) as service:
            return asyncio.run(_session(http, service, state, stdin))
    finally:
        if state is not None:
            server.remove_state(state)
        shutil.rmtree(runs, ignore_errors=True)


async def _session(http: ModuleType, service: Service, state: Path | None, stdin: str) -> int:
    server.close_on_signals(service)
    run = await service.registry.start(StartRequest(prompt=stdin))

    def announce() -> None:
        if state is not None:
            server.write_state(state, service)
        sys.stderr.write(
            f"nbstream relay at {service.url}, agent {run.meta.agent_id}\n"
            f"NBSTREAM_PROXY={service.url} NBSTREAM_PROXY_TOKEN={service.token}\n"
        )
        sys.stderr.flush()

    closer = asyncio.create_task(_close_when_delivered(run, service))
    await http.run(service, announce)
    closer.cancel()
    if run.meta.stop_requested or run.meta.exit_code is None:
        return INTERRUPTED
    return run.meta.exit_code


async def _close_when_delivered(run: Run, service: Service) -> None:
    await run.ended.wait()
    await run.delivered.wait()
    service.closing.set()
