"""Where the proxy keeps its files, and how it writes them: folders 0700, files 0600, each file whole or not at all.

The runtime folder (state files, locks, logs of detached proxies) is `$NBSTREAM_RUNTIME`, else the user's runtime
folder; the run folders are below `$NBSTREAM_RUNS`, else the user's state folder. Agents work in the folder that their
proxy was started in, so each such folder has a proxy of its own: the names carry `folder_key`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import platformdirs

from nbstream.errors import NbstreamError


class UnsafeFolder(NbstreamError):
    """A folder that must be private is open to others, or belongs to another user."""


def private_folder(path: Path) -> Path:
    """Makes a folder 0700 where it is missing, and proves that it is ours alone.

    Raises:
        UnsafeFolder: it belongs to another user, or others may enter it.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        mode = status.st_mode & 0o777
        raise UnsafeFolder(
            f"expected {path} to be yours with mode 700, found owner {status.st_uid} and mode {mode:o}: "
            f"remove it, or `chmod 700 {path}` if it is yours"
        )
    return path


def folder_key(directory: Path) -> str:
    """A short name for a folder, the same for every path that leads to it."""
    return hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:12]


def runtime_folder() -> Path:
    """The folder of state files and locks, made 0700."""
    given = os.environ.get("NBSTREAM_RUNTIME")
    with warnings.catch_warnings():  # that XDG_RUNTIME_DIR is not set is usual in containers
        warnings.simplefilter("ignore")
        return private_folder(Path(given) if given else platformdirs.user_runtime_path("nbstream"))


def runs_folder(directory: Path) -> Path:
    """The folder of the runs whose agents work in `directory`, made 0700."""
    given = os.environ.get("NBSTREAM_RUNS")
    base = Path(given) if given else platformdirs.user_state_path("nbstream") / "runs"
    private_folder(base)
    return private_folder(base / folder_key(directory))


def state_file(directory: Path, runtime: Path | None = None) -> Path:
    """The state file of the proxy whose agents work in `directory`; it may not be there."""
    return (runtime or runtime_folder()) / f"proxy-{folder_key(directory)}.json"


@dataclass(frozen=True, slots=True)
class RunLog:
    """The log of one run, and the epoch that its lines are numbered in."""

    path: Path
    epoch: str


def find_log(agent_id: UUID, directory: Path) -> RunLog | None:
    """The log of a run whose agents work in `directory`, None when it is not, or no longer, on this machine."""
    given = os.environ.get("NBSTREAM_RUNS")
    base = Path(given) if given else platformdirs.user_state_path("nbstream") / "runs"
    folder = base / folder_key(directory) / str(agent_id)
    meta = read_json(folder / "meta.json")
    log = folder / "stdout.log"
    return RunLog(log, str(meta.get("epoch"))) if meta is not None and log.is_file() else None


def open_private(path: Path, flags: int) -> int:
    """Opens a file for writing, 0600 if it is made; its descriptor."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)


def write_private(path: Path, value: dict[str, Any]) -> None:
    """Writes a JSON file 0600 in one rename, so that a reader sees the old one or the new one, whole."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    with os.fdopen(open_private(partial, os.O_EXCL), "w", encoding="utf-8") as file:
        json.dump(value, file)
    partial.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """A JSON file's object; None when the file is not there or holds none."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def try_lock(path: Path) -> IO[bytes] | None:
    """Locks a file until it is closed or the process ends, however it ends; None when another holds it."""
    file = os.fdopen(open_private(path, 0), "wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
