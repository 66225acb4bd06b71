"""Which programs the proxy may run: a profile is a constant command line, written by the person who runs the proxy.

A request names a profile, never a program, a flag, a path or a variable. The prompt goes to the program's stdin. Only a
session id and a model name may reach the command line, each as one whole argument, after a strict pattern has passed it
and never starting with "-". The environment is an allowlist.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream.errors import NbstreamError, ProgramNotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
MODEL = r"[A-Za-z0-9._:@/-]{1,100}"
PASSED = ("PATH", "HOME", "LANG", "TERM", "TMPDIR")
"""Variables every program gets, and every `LC_*`."""

WITHHELD = re.compile(r"JPY_|JUPYTER|AWS_|GITHUB_|GH_|NBSTREAM_")
"""Beginnings of names that no program gets, whatever its profile says: credentials of the notebook and of its user."""


class ArgumentRefused(NbstreamError):
    """A session id or model name does not have the form that the profile accepts."""


class ProfileInvalid(NbstreamError):
    """A profile, or the configuration it is in, breaks a rule of this page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One program that the proxy may run.

    Args:
        name: what requests call it.
        argv: the command line, constant.
        parser: the name of the wire format that its lines have.
        env: names of variables it gets besides `PASSED`.
        cwd: the folder it works in; None: the folder the proxy was started in.
        session_args: arguments that continue a session; `{session_id}` alone is replaced. Empty: it has no sessions.
        session_pattern: what a whole session id must match.
        model_args: arguments that choose a model; `{model}` alone is replaced. Empty: it takes no model.
        model_pattern: what a whole model name must match.
        install: what to do when the program is not there, as an imperative.
    """

    name: str
    argv: tuple[str, ...]
    parser: str = "claude"
    env: tuple[str, ...] = ()
    cwd: Path | None = None
    session_args: tuple[str, ...] = ()
    session_pattern: str = UUID
    model_args: tuple[str, ...] = ()
    model_pattern: str = MODEL
    install: str = "install it, or correct the profile's command"

    def __post_init__(self) -> None:
        """Refuses a profile that could never run, or would pass on what is withheld."""
        for what in ("argv", "env", "session_args", "model_args"):
            words = getattr(self, what)
            if not isinstance(words, tuple) or not all(isinstance(word, str) and word for word in words):
                raise ProfileInvalid(f"expected `{what}` of profile {self.name!r} to be a list of texts, got {words!r}")
        if not self.argv:
            raise ProfileInvalid(f"profile {self.name!r} has no command: give it a list of texts")
        for what in ("parser", "session_pattern", "model_pattern", "install"):
            if not isinstance(getattr(self, what), str):
                raise ProfileInvalid(f"expected `{what}` of profile {self.name!r} to be a text")
        for what in ("session_pattern", "model_pattern"):
            try:
                re.compile(getattr(self, what))
            except re.error as problem:
                raise ProfileInvalid(f"`{what}` of profile {self.name!r} is no regular expression: {problem}") from None
        for name in self.env:
            if WITHHELD.match(name):
                raise ProfileInvalid(f"profile {self.name!r} names {name}, which is never passed on: remove it")

    def command(self, *, session_id: str | None = None, model: str | None = None) -> list[str]:
        """The whole command line.

        Raises:
            ArgumentRefused: the profile takes no such argument, or its form is not accepted.
        """
        return [
            *self.argv,
            *self._filled("model", self.model_args, self.model_pattern, model),
            *self._filled("session_id", self.session_args, self.session_pattern, session_id),
        ]

    def _filled(self, what: str, template: tuple[str, ...], pattern: str, value: str | None) -> list[str]:
        if value is None:
            return []
        if not template:
            raise ArgumentRefused(f"profile {self.name!r} takes no {what}: leave it out")
        if value.startswith("-") or not value.isprintable() or not re.fullmatch(pattern, value):
            raise ArgumentRefused(f"expected {what} to match {pattern} and not to start with '-', got {value[:120]!r}")
        return [value if word == f"{{{what}}}" else word for word in template]

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The part of `environ` that the program gets."""
        names = [*PASSED, *self.env, *(name for name in environ if name.startswith("LC_"))]
        passed = {name: environ[name] for name in names if name in environ and not WITHHELD.match(name)}
        return {"PATH": os.defpath, **passed}

    def check_installed(self, environ: Mapping[str, str]) -> None:
        """Looks for the program where it would be started.

        Raises:
            ProgramNotFound: it is not there.
        """
        path = self.environment(environ)["PATH"]
        if shutil.which(self.argv[0], path=path) is None:
            raise ProgramNotFound(
                f"profile {self.name!r} runs {self.argv[0]!r}, which is not installed or not on the proxy's PATH: "
                f"{self.install}"
            )
