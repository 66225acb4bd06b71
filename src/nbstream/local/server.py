"""The model's HTTP server, for a process of its own: a native crash takes nothing else down.

One port on 127.0.0.1 speaks `/v1/chat/completions`, `/v1/messages` and `/v1/responses`, all streamed.
llama.cpp's defaults have no key and answer any web page, so every setting that matters for it is given here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from nbstream.errors import MissingExtra, SourceUnavailable
from nbstream.local.model import MODEL_ENV, SMOLLM2, cache_folder, find_model
from nbstream.local.template import CHATML_WITH_TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable

KEY_ENV = "NBSTREAM_LOCAL_KEY"

_WARNINGS, _EVERYTHING = 2, 3  # llama.cpp's verbosity
_PROMPT_CACHE_MIB = 256  # llama.cpp's default is 8 GiB
_PING_SECONDS = 10  # a comment line on a stream that waits for its turn


def serve(
    *,
    port: int = 0,
    model: str | Path | None = None,
    threads: int = 1,
    ctx: int = 4096,
    until_eof: bool = False,
    verbose: bool = False,
) -> NoReturn:
    """Serve the model from this process until SIGTERM; print one JSON line on stdout when it answers.

    The line is `{"url", "model", "pid"}`. The key comes from `NBSTREAM_LOCAL_KEY`; without it one is made and
    the line also names a file, readable by this user only, in `api_key_file`.

    Args:
        port: on 127.0.0.1; 0 takes a free one.
        model: a GGUF file; None takes `NBSTREAM_LOCAL_MODEL`, then the default model.
        threads: for the computation. More than one stalls where the cores are shared (measured).
        ctx: tokens of prompt and answer together.
        until_eof: end when stdin ends, that is, when the process that holds its other end is gone.
        verbose: llama.cpp's whole log on stderr instead of its warnings.

    Raises:
        MissingExtra: the runtime is not installed.
        SourceUnavailable: the runtime or the model cannot be loaded.
    """
    key_file = None if os.environ.get(KEY_ENV) else _write_key(secrets.token_urlsafe(32))
    key = key_file.read_text(encoding="ascii") if key_file else os.environ.pop(KEY_ENV)
    leave = _leaver(key_file)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    if until_eof:
        threading.Thread(target=_leave_at_eof, args=(leave,), daemon=True).start()
    answer = os.dup(1)
    os.dup2(2, 1)  # whatever the native side prints, stdout has the one line
    try:
        path = find_model(model)
        runtime = load_runtime()
        server = _start(runtime, _parameters(runtime, path, key, port, threads, ctx, verbose))
    except BaseException:
        if key_file:
            key_file.unlink(missing_ok=True)
        raise
    line = {"url": server.listening_address, "model": alias_of(path), "pid": os.getpid()}
    if key_file:
        line["api_key_file"] = str(key_file)
    os.write(answer, json.dumps(line).encode() + b"\n")
    os.close(answer)
    while True:
        signal.pause()


def alias_of(path: Path) -> str:
    """The name the server gives the model in `path`; never the path itself."""
    return SMOLLM2.alias if path.name == Path(SMOLLM2.member).name else path.stem


def require_runtime() -> None:
    """Check that the runtime is installed, without loading 100 MB of native code.

    Raises:
        MissingExtra: it is not.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingExtra("the local model", "local")


def load_runtime() -> Any:
    """Import the native runtime.

    Raises:
        MissingExtra: it is not installed.
        SourceUnavailable: it is, and one of the system libraries it links is not.
    """
    require_runtime()
    try:
        import xllamacpp
    except ImportError as error:
        raise SourceUnavailable(
            f"the local model's runtime is installed and cannot be loaded: {error}. "
            "Where libgomp.so.1 is missing: apt-get install libgomp1"
        ) from error
    return xllamacpp


def _parameters(runtime: Any, path: Path, key: str, port: int, threads: int, ctx: int, verbose: bool) -> Any:
    """llama.cpp's parameters: closed to everything but holders of the key on this machine."""
    given = runtime.CommonParams()
    given.model.path = str(path)
    given.model_alias = {alias_of(path)}  # else /v1/models tells the path
    given.hostnames = ["127.0.0.1"]
    given.port = port
    given.api_keys = [key]
    given.cors_origins = "http://127.0.0.1"
    given.cors_credentials = False
    if alias_of(path) == SMOLLM2.alias:
        given.chat_template = CHATML_WITH_TOOLS
        given.use_jinja = True
    given.ui = False
    given.endpoint_slots = False
    given.offline = True
    given.sampling.temp = 0.0
    given.cpuparams.n_threads = threads
    given.cpuparams_batch.n_threads = threads
    given.n_parallel = 1
    given.n_ctx = ctx
    given.cache_ram_mib = _PROMPT_CACHE_MIB
    given.sse_ping_interval = _PING_SECONDS
    given.verbosity = _EVERYTHING if verbose else _WARNINGS
    return given


def _start(runtime: Any, parameters: Any) -> Any:
    """Load the model and listen."""
    try:
        return runtime.Server(parameters)
    except RuntimeError as error:
        raise SourceUnavailable(
            f"the model {parameters.model.path} could not be served: {error} Expected a GGUF file and a free "
            f"port; correct {MODEL_ENV} or the argument; nbstream local serve --verbose shows its log"
        ) from error


def _write_key(key: str) -> Path:
    """Keep the key in a new file that only this user can read."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"local-{os.getpid()}.key"
    path.unlink(missing_ok=True)  # of an earlier process with this number
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(key)
    return path


def _leaver(key_file: Path | None) -> Callable[..., NoReturn]:
    """Make what ends this process."""

    def leave(*_: object) -> NoReturn:
        if key_file:
            key_file.unlink(missing_ok=True)
        # Nothing is to be saved, and the native threads would be joined only after the answer they are at.
        os._exit(0)

    return leave


def _leave_at_eof(leave: Callable[..., NoReturn]) -> None:
    while os.read(0, 4096):
        pass
    leave()
