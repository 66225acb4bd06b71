"""The model's server as a child process that dies with the process that started it."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import select
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, Self

import httpx

from nbstream.errors import SourceUnavailable
from nbstream.local.model import find_model
from nbstream.local.server import KEY_ENV, alias_of, require_runtime

if TYPE_CHECKING:
    from pathlib import Path

_TAIL_BYTES = 800  # of the log, in an error
_STOP_SECONDS = 5.0  # from closing its stdin to killing it
_SIGILL = -4


class LocalServer:
    """A running model server; a context manager, and one per process with `ensure`.

    The child holds the read end of a pipe as its stdin and ends at its end: no death of this process, SIGKILL
    included, leaves it behind. It has a session of its own, so the interrupt of a kernel does not reach it.

    Args:
        model: a GGUF file; None takes `NBSTREAM_LOCAL_MODEL`, then the default model, fetched when it is not
            here.
        threads: for the computation.
        ctx: tokens of prompt and answer together.
        start_timeout: seconds the model may take to load, its download not counted.

    Attributes:
        url: `http://127.0.0.1:PORT`; routes `/v1/messages`, `/v1/chat/completions`, `/v1/responses`.
        api_key: for `Authorization: Bearer …` or `x-api-key`.
        model: the name to ask for.
        pid: the child's.
    """

    _shared: ClassVar[dict[Path, LocalServer]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        threads: int = 1,
        ctx: int = 4096,
        start_timeout: float = 60.0,
    ) -> None:
        require_runtime()
        self._path = find_model(model)
        self._options = ["--threads", str(threads), "--ctx", str(ctx)]
        self._start_timeout = start_timeout
        self._owner = os.getpid()
        self._child: subprocess.Popen[bytes] | None = None
        self.model = alias_of(self._path)
        self.api_key = secrets.token_urlsafe(32)
        self.url = ""
        self.pid = 0

    @classmethod
    def ensure(cls, model: str | Path | None = None) -> LocalServer:
        """Return this process's server of the model, starting it when there is none that runs.

        Blocks while the model is fetched (the first time) and loaded (one to three seconds); safe from any
        thread. The server is stopped when this process ends.

        Raises:
            MissingExtra: the runtime is not installed.
            SourceUnavailable: the model cannot be fetched, or its server does not start.
            SourceRefused: the named file is not there.
        """
        with cls._lock:
            require_runtime()
            path = find_model(model)
            server = cls._shared.get(path)
            # After a fork the object is inherited and the child is not: it reads as ended.
            if server is None or not server.alive:
                server = cls(path).start()
                cls._shared[path] = server
                atexit.register(server.stop)
            return server

    @property
    def alive(self) -> bool:
        """True while the child runs."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> Self:
        """Start the child and return when it answers.

        Raises:
            SourceUnavailable: it died, or took longer than `start_timeout`; with the tail of its log.
        """
        deadline = time.monotonic() + self._start_timeout
        # -P: a file of the working folder named like one of the library's must not be imported.
        command = [sys.executable, "-P", "-m", "nbstream", "local", "serve", "--until-eof"]
        command += ["--model", str(self._path), *self._options]
        with tempfile.TemporaryFile() as log:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=os.environ | {KEY_ENV: self.api_key},
                start_new_session=True,
            )
            try:
                line = self._ready_line(deadline)
                self._ask_health(str(line["url"]), deadline)
            except BaseException as error:
                status = self.stop()
                if isinstance(error, (_NotReadyError, httpx.HTTPError)):
                    raise SourceUnavailable(_why(status, error, _tail(log))) from error
                raise
        self.url, self.pid = str(line["url"]), int(line["pid"])
        return self

    def stop(self) -> int | None:
        """End the child and return its exit status; does nothing when there is none or it is another's."""
        child = self._child
        if child is None or os.getpid() != self._owner:
            return None
        for pipe in (child.stdin, child.stdout):
            if pipe:
                pipe.close()
        try:
            return child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return child.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ready_line(self, deadline: float) -> dict[str, Any]:
        """Wait for the one line the child prints when it answers."""
        assert self._child is not None
        assert self._child.stdout is not None
        out = self._child.stdout
        ready, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise _NotReadyError(f"it did not answer within {self._start_timeout:g} s")
        text = out.readline()
        if not text:
            raise _NotReadyError("it ended")
        line: dict[str, Any] = json.loads(text)
        return line

    def _ask_health(self, url: str, deadline: float) -> None:
        # trust_env: a proxy of the environment has no business on loopback.
        with httpx.Client(trust_env=False, timeout=max(1.0, deadline - time.monotonic())) as client:
            client.get(f"{url}/health").raise_for_status()


class _NotReadyError(Exception):
    """The child did not come up."""


def _tail(log: Any) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
    return str(log.read().decode(errors="replace")).strip()


def _why(status: int | None, error: Exception, tail: str) -> str:
    """Say how the child ended and what its log says last."""
    told = f"the local model's server did not start: {error} (exit status {status})"
    if status == _SIGILL:
        told += ". This processor lacks instructions the runtime was built with (AVX2)"
    return f"{told}. Its log ends: {tail or 'nothing was written'}"
