"""Keys and other secrets: where they come from, and what keeps them out of every word that we say or store.

A key is read from the environment, or got from a function, right before it is sent. A key in an argument is refused: a
cell is saved with its notebook.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import httpx

from nbstream.errors import SourceRefused

KeyFunction = Callable[[], str]

HOST_KEYS: Final = {
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "api.cerebras.ai": "CEREBRAS_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.openai.com": "OPENAI_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.x.ai": "XAI_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "ollama.com": "OLLAMA_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
    "router.huggingface.co": "HF_TOKEN",
}
"""Whose key is in which variable. A key goes to the host it belongs to, and to no other that is merely named."""

SHORTEST: Final = 8
"""Characters from which on a value is masked: shorter ones are words that anything may hold."""
_SECRET_NAME: Final = re.compile(
    r"authorization|api_?-?key|access_?-?key|secret|passw|credential|token$|headers$", re.IGNORECASE
)


class Secrets:
    """The secret values of one run, and the masking of them. Shows none of them."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def __repr__(self) -> str:
        return f"<{len(self._values)} secrets>"

    def add(self, values: Iterable[str]) -> None:
        """Learns values that must not be seen."""
        for value in values:
            words = {value, value.partition(" ")[2]}  # the scheme before the key is none
            self._values.update(word for word in words if len(word) >= SHORTEST)

    def clean(self, text: str) -> str:
        """The text with every secret in it masked."""
        for value in sorted(self._values, key=len, reverse=True):
            if value in text:
                text = text.replace(value, "[secret]")
        return text


def check_key(api_key: Any) -> KeyFunction | None:
    """The function that was given.

    Raises:
        SourceRefused: it is a text; the message does not say which.
    """
    if api_key is None or callable(api_key):
        given: KeyFunction | None = api_key
        return given
    raise SourceRefused(
        "expected `api_key` to be a function that returns the key, got a value: a key in a cell is saved with the "
        "notebook. Set the environment variable, or give for instance api_key=lambda: keyring.get_password(…)"
    )


async def get_key(given: KeyFunction | None, names: Iterable[str], *, needed: bool, host: str) -> str | None:
    """The key to send now, None where there is none and none is needed.

    Args:
        given: the person's function; called in a thread, it may ask a vault.
        names: environment variables, the first that is set counts.
        needed: the other side takes nobody without one.
        host: for the message.

    Raises:
        SourceRefused: there is no key, or what there is cannot be one.
    """
    names = list(names)
    if given is not None:
        try:
            key = await asyncio.to_thread(given)
        except Exception as error:  # noqa: BLE001 - the person's code; its message may hold what must not be seen
            raise SourceRefused(f"the function given as `api_key` raised {type(error).__name__}") from None
        where = "the function given as `api_key`"
    else:
        found = next((name for name in names if os.environ.get(name)), None)
        if found is None:
            if needed:
                raise SourceRefused(
                    f"{host} needs a key: set {' or '.join(names) or 'api_key_env'}, or give api_key=a function"
                )
            return None
        key, where = os.environ[found], found
    if not isinstance(key, str) or not (key := key.strip()) or not (key.isascii() and key.isprintable()):
        raise SourceRefused(f"expected {where} to give a key of printable ASCII characters, it does not")
    return key


def check_address(url: str, query: Mapping[str, str] | None = None) -> httpx.URL:
    """The address, if it can be shown and stored.

    Raises:
        SourceRefused: it is none, or it holds a name and password, a query, or a secret.
    """
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise SourceRefused("expected an address like http://127.0.0.1:8000/v1, got something else") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise SourceRefused("expected an address that begins with http:// or https:// and names a host")
    if address.userinfo or address.query or address.fragment:
        raise SourceRefused(
            f"expected {address.host} without a name, a password or a query in the address, because addresses are "
            "stored: use headers={…} for secrets and query={…} for the rest"
        )
    for name in query or ():
        if _SECRET_NAME.search(name) or name.lower() in {"key", "sig", "signature"}:
            raise SourceRefused(f"the query parameter {name!r} looks like a secret: send it as a header")
    return address


def holds_secret(value: Any, *, names_are_data: bool = False) -> bool:
    """Whether a JSON value has a field that is a secret by its name.

    Args:
        value: for instance a request body with an MCP server in it.
        names_are_data: the value is the `properties` of a JSON schema, where `password` is a parameter's name.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not names_are_data and _SECRET_NAME.search(str(name)) and isinstance(inner, str | Mapping):
                return True
            if holds_secret(inner, names_are_data=name == "properties"):
                return True
        return False
    return isinstance(value, list | tuple) and any(holds_secret(inner) for inner in value)
