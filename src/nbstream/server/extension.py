"""The extension: its configuration, and what a Jupyter server loads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth import IdentityProvider
from jupyter_server.auth.identity import LegacyIdentityProvider, PasswordIdentityProvider
from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Dict, List, Unicode

from nbstream.server import rest, websocket
from nbstream.server.backend import Backend
from nbstream.server.handlers import BACKEND, SCOPE
from nbstream.server.scope import Scope
from nbstream.service import DEFAULT_STORE

STOCK: Final = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)
"""They know a token or a password, and give each browser a random name: whoever has the token is one person."""


class NbstreamServer(ExtensionApp):
    """History and live updates of agents over HTTP, whatever their kernel does."""

    name = "nbstream"
    load_other_extensions = True

    store = Unicode(
        help="The store of agents that are started over REST. Default: NBSTREAM_STORE, else nbstream.duckdb in the "
        "server's root folder.",
    ).tag(config=True)
    store_roots = List(
        Unicode(),
        help="Folders in which stores of this user's kernels are found. Default: the server's root folder.",
    ).tag(config=True)
    sources = List(
        Unicode(),
        default_value=["claude", "codex", "gemini-cli", "opencode", "local"],
        help="Names of sources that may be started over REST; the first one is the default. Empty: none.",
    ).tag(config=True)
    source_options = Dict(
        help="What each source is made with, by its name, for instance {'claude': {'url': 'http://127.0.0.1:8787'}}. "
        "A request cannot give options.",
    ).tag(config=True)
    people_are_named = Bool(
        None,
        allow_none=True,
        help="Whether the names of the identity provider are people's, so that each sees what is theirs. Default: yes, "
        "unless it is one of Jupyter's own token and password providers.",
    ).tag(config=True)
    unowned_are_shown = Bool(
        None,
        allow_none=True,
        help="Whether agents of nobody's are shown to everybody. Default: only where people are not named.",
    ).tag(config=True)

    backend: Backend | None = None

    def initialize_settings(self) -> None:
        """Puts what the handlers need where they find it."""
        assert self.serverapp is not None
        root = Path(self.serverapp.root_dir).expanduser().resolve()
        given = self.store or os.environ.get("NBSTREAM_STORE") or DEFAULT_STORE
        roots = [(root / folder).expanduser().resolve() for folder in self.store_roots] or [root]
        default = (root / Path(given).expanduser()).resolve()
        self.backend = Backend(default, roots, self.sources, self.source_options)
        self.settings[BACKEND] = self.backend
        self.settings[SCOPE] = self.scope_of

    def initialize_handlers(self) -> None:
        """The routes."""
        self.handlers.extend([*rest.ROUTES, *websocket.ROUTES])

    def scope_of(self, user: Any) -> Scope:
        """Whose agents a user of the identity provider may see."""
        assert self.serverapp is not None
        named = self.people_are_named
        if named is None:
            named = type(self.serverapp.identity_provider) not in STOCK
        unowned = not named if self.unowned_are_shown is None else self.unowned_are_shown
        return Scope(owner=user.username if named else None, unowned=unowned)

    async def stop_extension(self) -> None:
        """Lets go of everything."""
        if self.backend is not None:
            await self.backend.close()
