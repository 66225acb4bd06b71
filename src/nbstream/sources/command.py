"""Any program that prints lines: the prompt on its stdin, each line an event."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from nbstream.errors import SourceRefused
from nbstream.sources import End, News, Request
from nbstream.sources.agents import HttpSource
from nbstream.sources.api import LOST, Events
from nbstream.sources.child import Child
from nbstream.sources.pace import STALLED_S, watched
from nbstream.sources.replay import ReplaySource


class CommandSource:
    """One run of one command line, as a child of this process: it ends with the kernel.

    Args:
        argv: the program and its arguments; no shell. `{prompt}` alone is replaced, and then stdin stays empty.
        parser: the wire format of its lines; `auto` finds out by the keys of the first objects.
        cwd: the folder it works in.
        env: variables it gets besides this process's own; their values are never stored.
        stalled_after: seconds of silence after which it is shown as stalled.
        withheld: names of options that were not stored and must be given again.
    """

    name = "command"
    resumable = False

    def __init__(
        self,
        argv: Sequence[str],
        *,
        parser: str = "auto",
        cwd: str | None = None,
        env: Mapping[str, str] | None = None,
        stalled_after: float = STALLED_S,
        withheld: Sequence[str] = (),
    ) -> None:
        if isinstance(argv, str) or not argv or not all(isinstance(word, str) for word in argv):
            raise SourceRefused("expected argv to be a list of texts, for instance ['my-agent', '--json']")
        self.parser = parser
        self._argv = list(argv)
        self._cwd, self._env = cwd, dict(env or {})
        self._stalled_after = stalled_after
        self._withheld = [what for what in withheld if not (what == "env" and env)]
        self._child: Child | None = None
        self._stopping = False
        self._stopped = asyncio.Event()

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again; the values of `env` stay out."""
        options = {"argv": self._argv, "parser": self.parser, "cwd": self._cwd, "stalled_after": self._stalled_after}
        return {"name": self.name, "options": options | ({"withheld": ["env"]} if self._env else {})}

    async def events(self, request: Request, cursor: str | None) -> Events:
        """See `Source.events`. What the program has printed is not kept anywhere else."""
        if cursor is not None:
            yield End("gone", detail=f"the program ended with the process that had started it; {LOST}")
            return
        if self._withheld:
            raise SourceRefused(f"{', '.join(self._withheld)} may hold secrets and was not stored: give it again")
        yield News("starting", f"starting {Path(self._argv[0]).name}")
        in_words = "{prompt}" in self._argv
        argv = [request.prompt if word == "{prompt}" else word for word in self._argv]
        self._child = child = await Child.start(argv, cwd=self._cwd, env=self._env)
        try:
            yield News("live")
            telling = asyncio.create_task(child.write("" if in_words else request.prompt, last=True))
            printed = watched(child.lines(), self._stopped, stalled_after=self._stalled_after, silence=math.inf)
            async with aclosing(printed):
                async for item in printed:
                    if item:
                        yield item
            telling.cancel()
            code = await child.wait()
            said = child.stderr.strip()
            yield End(
                "stopped" if self._stopping else "exited",
                exit_code=code,
                detail=said.splitlines()[-1] if said else None,
                metadata={"exit_code": code, "stderr": said},
            )
        finally:
            await child.close()

    async def stop(self, request: Request) -> None:
        """SIGINT, SIGTERM, SIGKILL for the program and all that it started; what it prints meanwhile is kept."""
        self._stopping = True
        if self._child is not None:
            await self._child.end()
        self._stopped.set()


def anything(
    *, argv: Sequence[str] | None = None, base_url: str | None = None, path: str | None = None, **options: Any
) -> CommandSource | HttpSource | ReplaySource:
    """The source `auto`: a program, an address or a recording whose wire format is found out.

    Args:
        argv: a command line, see `CommandSource`.
        base_url: an address, see `HttpSource`.
        path: a recording, see `ReplaySource`.
        options: what that source takes.

    Raises:
        SourceRefused: not exactly one of the three was given.
    """
    given = [what for what in (argv, base_url, path) if what is not None]
    if len(given) != 1:
        raise SourceRefused("expected exactly one of argv=[…], base_url='http…' and path='recording.jsonl'")
    options = {"parser": "auto", **options}
    if argv is not None:
        return CommandSource(argv, **options)
    return HttpSource(base_url, **options) if base_url is not None else ReplaySource(str(path), **options)


def generic(**options: Any) -> CommandSource | HttpSource | ReplaySource:
    """The source `generic`: as `auto`, but its lines are text, or nbstream's own messages, whatever they look like."""
    return anything(**{"parser": "generic", **options})
