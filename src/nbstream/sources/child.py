"""A program as a child of this process: its lines, its end, and no survivor.

For short runs and for protocols that talk back. A run that must outlive the kernel belongs behind the proxy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Final

from nbstream.errors import ProgramNotFound, SourceUnavailable
from nbstream.proxy.profiles import WITHHELD
from nbstream.proxy.supervise import descendants, send
from nbstream.sources.lines import LineDecoder
from nbstream.sse import ServerSentEvent

READ: Final = 65_536
TAIL: Final = 2_000
"""Characters of stderr that are kept."""
GRACE_S: Final = (2.0, 2.0, 5.0)
"""Seconds after SIGINT, SIGTERM and SIGKILL, for the program and all its descendants."""


class Child:
    """A running program. Made by `start`, ended by `end`.

    Attributes:
        stderr: the last of what it said there.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._errors = asyncio.create_task(self._read_errors())
        self.stderr = ""

    @classmethod
    async def start(cls, argv: Sequence[str], *, cwd: str | None, env: Mapping[str, str] | None) -> Child:
        """Starts the program in a session of its own.

        Args:
            argv: the command line; no shell.
            cwd: its folder, None for the current one.
            env: added to this process's environment, which it gets without Jupyter's and other tools' credentials.

        Raises:
            ProgramNotFound: it is not there.
            SourceUnavailable: it is there and cannot be started.
        """
        passed = {name: value for name, value in os.environ.items() if not WITHHELD.match(name)} | dict(env or {})
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=cwd, env=passed, start_new_session=True
            )
        except FileNotFoundError as error:
            raise ProgramNotFound(f"{error.filename or argv[0]!r} is not there: install it, or correct argv") from error
        except OSError as error:
            raise SourceUnavailable(f"{argv[0]!r} cannot be started: {error.strerror}") from error
        return cls(process)

    async def write(self, text: str, *, last: bool = False) -> None:
        """Sends text to its stdin; a program that does not read it is no error."""
        stdin = self._process.stdin
        assert stdin is not None
        with contextlib.suppress(ConnectionError):
            stdin.write(text.encode("utf-8", "replace"))
            await stdin.drain()
        if last:
            stdin.close()

    async def lines(self) -> AsyncGenerator[list[ServerSentEvent], None]:
        """The lines it prints, as they come, to the end of its output."""
        decoder, out = LineDecoder(), self._process.stdout
        assert out is not None
        while chunk := await out.read(READ):
            yield decoder.feed(chunk)
        yield decoder.close()

    async def wait(self) -> int:
        """Its exit code, 128 + n for signal n, once it has ended."""
        code = await self._process.wait()
        return 128 - code if code < 0 else code

    async def end(self, *, gently: bool = True) -> None:
        """Ends it and all that it started: SIGINT, SIGTERM, SIGKILL.

        Args:
            gently: begin with SIGINT; otherwise with SIGKILL.
        """
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL) if gently else (signal.SIGKILL,)
        family = descendants(self._process.pid)
        for number, grace in zip(numbers, GRACE_S, strict=False):
            if self._process.returncode is None:
                family |= descendants(self._process.pid)
                send(self._process.pid, number, group=True)
            for pid in family:
                send(pid, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(grace):
                    await self._process.wait()
                break
        for pid in family:
            send(pid, signal.SIGKILL)

    async def close(self) -> None:
        """Lets go of it: nothing of it runs any more, nothing of it is open."""
        if self._process.returncode is None:
            await self.end(gently=False)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._errors.cancel()
        await asyncio.gather(self._errors, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_S[-1]):
                await self._process.wait()
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()

    async def _read_errors(self) -> None:
        errors = self._process.stderr
        assert errors is not None
        while chunk := await errors.read(READ):
            self.stderr = (self.stderr + chunk.decode("utf-8", "replace"))[-TAIL:]
