"""What the person who runs the proxy may set: limits, profiles, and the TOML file that holds them.

    default = "claude"            # the profile of a request that names none; else the first
    recordings = "recordings"     # a folder of NAME.jsonl, each played by the profile replay:NAME
    pace = 0.03                   # seconds a line, or "own"

    [limits]
    max_runs = 8

    [profiles.mine]
    command = ["my-agent", "--json"]
    parser = "claude"
    env = ["MY_AGENT_KEY"]
    cwd = "work"
    model_args = ["--model", "{model}"]

Paths are relative to the file. An unknown key is an error: a misspelt limit must not pass for one that holds.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream.proxy.profiles import Profile, ProfileInvalid
from nbstream.proxy.programs import builtin_profiles

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every limit of the proxy with its unit.

    Args:
        max_runs: runs at the same time; each costs two processes.
        max_line_bytes: a longer line is sent as an `oversize` event; an image in a tool result is a few MiB.
        max_log_bytes: a run whose stdout passes it is stopped, before it fills the disk.
        max_body_bytes: of a request; a prompt with a file pasted in is well below.
        send_timeout: seconds a client may take for 64 KiB before it is cut off; it comes back with Last-Event-ID.
        interrupt_grace: seconds between SIGINT and SIGTERM.
        terminate_grace: seconds between SIGTERM and SIGKILL.
        keep_days: days a run that is over is kept.
    """

    max_runs: int = 8
    max_line_bytes: int = 16 * 2**20
    max_log_bytes: int = 4 * 2**30
    max_body_bytes: int = 4 * 2**20
    send_timeout: float = 30.0
    interrupt_grace: float = 5.0
    terminate_grace: float = 5.0
    keep_days: float = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one proxy works by.

    Args:
        profiles: by name; the first is the default.
        limits: see `Limits`.
        heartbeat: seconds between comments on a stream with nothing to say.
        directory: where agents work whose profile names no folder.
        config: the file all this was read from; None: there was none.
    """

    profiles: dict[str, Profile]
    limits: Limits = field(default_factory=Limits)
    heartbeat: float = 10.0
    directory: Path = field(default_factory=Path.cwd)
    config: Path | None = None


PROFILE_KEYS = {"command", *(entry.name for entry in fields(Profile))} - {"name", "argv"}


def _known(table: dict[str, Any], known: set[str], where: str) -> dict[str, Any]:
    if unknown := sorted(set(table) - known):
        raise ProfileInvalid(f"unknown key {unknown[0]!r} in {where}: expected one of {', '.join(sorted(known))}")
    return table


def _profile(name: str, table: Any, base: Path) -> Profile:
    if not isinstance(table, dict):
        raise ProfileInvalid(f"expected `profiles` to hold tables, got {name} = {table!r}")
    _known(table, PROFILE_KEYS, f"[profiles.{name}]")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    argv = values.pop("command", ())
    if "cwd" in values:
        values["cwd"] = base / str(values["cwd"])
    return Profile(name=name, argv=argv, **values)


def _check(table: dict[str, Any], where: str) -> None:
    """Refuses a file whose top level does not have the form that the module's docstring shows."""
    _known(table, {"default", "recordings", "pace", "limits", "profiles"}, where)
    for key, kind in (("default", str), ("recordings", str), ("limits", dict), ("profiles", dict)):
        if not isinstance(table.get(key, kind()), kind):
            raise ProfileInvalid(f"expected `{key}` in {where} to be a {kind.__name__}, got {table[key]!r}")
    pace = table.get("pace", 0)
    if pace != "own" and (isinstance(pace, bool) or not isinstance(pace, int | float)):
        raise ProfileInvalid(f"expected `pace` in {where} to be seconds or 'own', got {pace!r}")


def _limits(table: dict[str, Any]) -> Limits:
    for key, value in _known(table, {limit.name for limit in fields(Limits)}, "[limits]").items():
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ProfileInvalid(f"expected `{key}` in [limits] to be a number of at least 0, got {value!r}")
    return Limits(**table)


def load_settings(
    config: str | Path | None = None, profiles: Sequence[Profile] | None = None, heartbeat: float = 10.0
) -> Settings:
    """The settings of a proxy.

    Args:
        config: the TOML file, or None.
        profiles: instead of the built-in ones; those of the file come on top of either.
        heartbeat: seconds, above 0.

    Raises:
        ProfileInvalid: the file breaks a rule.
        OSError: the file cannot be read.
    """
    base = Path(config).resolve().parent if config else Path.cwd()
    try:
        table = tomllib.loads(Path(config).read_text("utf-8")) if config else {}
    except tomllib.TOMLDecodeError as problem:
        raise ProfileInvalid(f"{config} is not TOML: {problem}") from problem
    _check(table, str(config))
    recordings = base / table["recordings"] if "recordings" in table else None
    first = list(profiles) if profiles is not None else builtin_profiles(recordings, str(table.get("pace", 0.03)))
    named = {profile.name: profile for profile in first}
    for name, entry in table.get("profiles", {}).items():
        named[name] = _profile(name, entry, base)
    default = table.get("default")
    if default is not None and default not in named:
        raise ProfileInvalid(f"default = {default!r} names no profile: expected one of {', '.join(named)}")
    if default is not None:
        named = {default: named.pop(default), **named}
    return Settings(
        profiles=named,
        limits=_limits(table.get("limits", {})),
        heartbeat=heartbeat,
        directory=Path.cwd(),
        config=Path(config).resolve() if config else None,
    )
