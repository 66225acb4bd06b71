"""Which stores this user has: a process that comes to own one notes its path, so that a server can find it.

One file a store in `$NBSTREAM_STATE/stores`, else in the user's state folder: folders 0700, files 0600, each whole or
not at all. A note only says where to look; what is found there is opened, and refused, like any other store.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import stat
from pathlib import Path

import platformdirs

from nbstream.store.endpoint import write_private

_log = logging.getLogger(__name__)


def notes_folder() -> Path:
    """Where the notes are; it may not be there yet."""
    given = os.environ.get("NBSTREAM_STATE")
    return (Path(given) if given else platformdirs.user_state_path("nbstream")) / "stores"


def note(store: Path) -> None:
    """Notes a store that this process owns. What goes wrong is logged: a store without a note is a store all the same.

    Args:
        store: its path, absolute and resolved.
    """
    folder = notes_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _ours(folder):
            _log.warning("%s is open to others, so stores are not noted there: chmod 700 it", folder)
            return
        write_private(folder / f"{_key(store)}.json", json.dumps({"path": str(store)}))
    except OSError as error:
        _log.warning("%s could not be noted, so a server will not find it by itself: %s", store, error)


def noted() -> list[Path]:
    """The stores that were noted and are still there, the one that was opened last first.

    The note of a store that is gone goes too, unless its folder is gone with it: a drive may come back.
    """
    folder = notes_folder()
    if not folder.is_dir() or not _ours(folder):
        return []
    found: list[tuple[int, Path]] = []
    for place in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            store = Path(json.loads(place.read_bytes())["path"])
            if store.is_file():
                found.append((place.stat().st_mtime_ns, store))
            elif store.parent.is_dir():
                place.unlink()
    return [store for _, store in sorted(found, key=lambda one: one[0], reverse=True)]


def _key(store: Path) -> str:
    return hashlib.sha256(os.fsencode(store)).hexdigest()[:32]


def _ours(folder: Path) -> bool:
    found = folder.stat()
    return os.name != "posix" or (found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077)
