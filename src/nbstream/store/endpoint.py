"""Where the owner of a store is found: a Unix socket that only its user reaches, else loopback TCP and a secret.

The socket's name is derived from the store's path, so there is nothing to announce and nothing to look up.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import socket
import stat
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

import platformdirs

from nbstream.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

_SUN_PATH: Final = 100
"""Bytes that a Unix socket's path may have: 104 on macOS, 108 on Linux, with the final NUL."""

CONNECT_SECONDS: Final = 2.0
"""An owner that does not answer within this time is busy dying."""


def runtime_dir() -> Path:
    """The folder of this user's sockets, made with access for the user only.

    Raises:
        StoreError: it belongs to somebody else, or others may write to it.
    """
    with warnings.catch_warnings():  # that XDG_RUNTIME_DIR is not set is usual in containers
        warnings.simplefilter("ignore")
        folder = Path(os.environ.get("NBSTREAM_RUNTIME") or platformdirs.user_runtime_path("nbstream"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if os.name == "posix" and (found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077):
        raise StoreError(
            f"{folder} must belong to you and be closed to others: "
            f"`chmod 700 {folder}`, or set NBSTREAM_RUNTIME to a folder that is"
        )
    return folder


def _places(store: Path) -> tuple[Path, Path]:
    """The socket, and the file that says where the TCP port is."""
    name = hashlib.sha256(os.fsencode(store)).hexdigest()[:32]
    folder = runtime_dir()
    return folder / f"{name}.sock", folder / f"{name}.json"


def _unix(place: Path) -> bool:
    return hasattr(socket, "AF_UNIX") and len(os.fsencode(place)) <= _SUN_PATH


def listen(store: Path) -> tuple[socket.socket, str, Callable[[], None]]:
    """A listening socket for a store whose lock we hold, so that whatever is there is a dead owner's.

    Returns:
        The socket, the secret a client must say first, and what removes the files.
    """
    place, ticket = _places(store)
    for old in (place, ticket):
        old.unlink(missing_ok=True)
    if _unix(place):
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(place))
            place.chmod(0o600)
            listener.listen()
        except BaseException:
            listener.close()
            raise
        return listener, "", _remover(place)
    secret = secrets.token_hex(32)
    listener = socket.create_server(("127.0.0.1", 0))
    write_private(ticket, json.dumps({"port": listener.getsockname()[1], "secret": secret}))
    return listener, secret, _remover(ticket)


def _remover(place: Path) -> Callable[[], None]:
    mine = place.stat().st_ino

    def remove() -> None:
        with contextlib.suppress(OSError):
            if place.stat().st_ino == mine:
                place.unlink()

    return remove


def write_private(place: Path, text: str) -> None:
    """Write a file in one step, never readable by others."""
    handle, temporary = tempfile.mkstemp(dir=place.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    Path(temporary).replace(place)


def connect(store: Path) -> tuple[socket.socket, str]:
    """A connection to the owner of a store, and the secret to say first.

    Raises:
        OSError: nobody is there.
    """
    place, ticket = _places(store)
    if _unix(place) and not ticket.exists():
        connection = socket.socket(socket.AF_UNIX)
        target: str | tuple[str, int] = str(place)
        secret = ""
    else:
        said = json.loads(ticket.read_text())
        connection = socket.socket(socket.AF_INET)
        target, secret = ("127.0.0.1", said["port"]), said["secret"]
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.connect(target)
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return connection, secret


def is_served(store: Path) -> bool:
    """Whether a living process has this store and lets others join."""
    try:
        connection, _ = connect(store)
    except (OSError, ValueError, StoreError):
        return False
    connection.close()
    return True
