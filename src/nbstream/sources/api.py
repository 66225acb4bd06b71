"""What every source that is one HTTP request has in common: the key, the first bytes, silence, Stop, the truth.

A model's API streams one answer and keeps nothing of it: what was not read cannot be asked for again. So a connection
is tried again only while not one byte of the answer has come, and each try is shown; after that a broken connection is
the end, and the answer so far is kept as interrupted.
"""

from __future__ import annotations

import asyncio
import os
import urllib.request
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Final, Literal

import httpx

from nbstream.errors import SourceError, SourceRefused, SourceUnavailable
from nbstream.sources import End, Gap, News, Request
from nbstream.sources.backoff import CAP_S, Backoff
from nbstream.sources.http import CONNECT_S, new_client, open_stream, refusal, unavailable
from nbstream.sources.keys import HOST_KEYS, KeyFunction, Secrets, check_address, check_key, get_key, holds_secret
from nbstream.sources.pace import SILENCE_S, STALLED_S, watched
from nbstream.sse import ServerSentEvent

Events = AsyncGenerator[list[ServerSentEvent] | News | Gap | End, None]
TRIES: Final = 4
"""Connections tried before the run counts as failed: about two seconds, unless the other side asks for more."""
LOST: Final = "what is lost of it cannot be asked for again: launch it again, or go on with agent.send"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a person may say to a source that is one HTTP request; all of it can be stored.

    Args:
        base_url: the server's address, without a query; None takes the variable of `url_env`, else the provider's.
        api_key_env: the variable that has the key, where it is not the host's usual one.
        model: the model, where `nbs.launch` names none.
        system: a system prompt.
        messages: earlier messages, in the API's own shape.
        tools: the tools the model may ask for, in the API's own shape.
        max_tokens: the longest answer, in tokens.
        temperature: of the sampling.
        body: more fields of the request; they win over ours.
        query: parameters of the address; never a secret.
        connect_timeout: seconds until the connection stands.
        stalled_after: seconds of silence after which it is shown as stalled.
        silence: seconds of silence after which it is given up.
    """

    base_url: str | None = None
    api_key_env: str | None = None
    model: str | None = None
    system: str | None = None
    messages: Sequence[Mapping[str, Any]] = ()
    tools: Sequence[Mapping[str, Any]] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    connect_timeout: float = CONNECT_S
    stalled_after: float = STALLED_S
    silence: float = SILENCE_S


class ApiSource:
    """One streamed answer of one HTTP request. A subclass says where it is asked for, and with which body.

    Args:
        base_url: see `Options`.
        api_key: a function that returns the key; None takes it from the environment.
        headers: more headers of the request; their values are never stored.
        withheld: names of options that were not stored and must be given again.
        options: the rest of `Options`.

    Raises:
        SourceRefused: an option is unknown, or holds a secret where it would be stored.
    """

    name: str
    parser: str
    resumable = False
    conversation: Literal["session", "thread", "messages"] | None = "messages"
    default_url: ClassVar[str | None] = None
    url_env: ClassVar[str | None] = None
    key_env: ClassVar[tuple[str, ...]] = ()
    lines: ClassVar[bool | None] = False

    def __init__(
        self,
        base_url: str | None = None,
        *,
        api_key: KeyFunction | None = None,
        headers: Mapping[str, str] | None = None,
        withheld: Sequence[str] = (),
        **options: Any,
    ) -> None:
        try:
            self._options: dict[str, Any] = asdict(Options(base_url=base_url, **options))
        except TypeError as error:
            known = ", ".join(["api_key", "headers", *Options.__dataclass_fields__])
            raise SourceRefused(f"the source {self.name!r} takes {known}; {error}") from None
        named = os.environ.get(self.url_env) if self.url_env else None
        self._base = (base_url or named or self.default_url or "").rstrip("/")
        if not self._base:
            raise SourceRefused(f"the source {self.name!r} needs an address: give base_url=…")
        self._host = check_address(self._base, self._options["query"]).host
        self._own_host = base_url is None
        self._api_key = check_key(api_key)
        self._headers = dict(headers or {})
        self._withheld = [what for what in withheld if what not in options and not (what == "headers" and headers)]
        self._secrets = Secrets()
        self._stopped = asyncio.Event()
        self._heard = False

    # What a subclass says.

    def path(self, request: Request) -> str:
        """What follows the address."""
        return ""

    def content(self, request: Request) -> dict[str, Any]:
        """The request's body, without what `body=` adds."""
        return {"prompt": request.prompt}

    def authorization(self, key: str) -> dict[str, str]:
        """The headers that carry the key."""
        return {"authorization": f"Bearer {key}"}

    # What they have in common.

    def describe(self) -> dict[str, Any]:
        """The name and options that make this source again; keys, header values and the like stay out."""
        options = {key: value for key, value in self._options.items() if value not in (None, (), [], {})}
        kept, withheld = {}, list(self._withheld)
        for key, value in options.items():
            if holds_secret(value):
                withheld.append(key)
            else:
                kept[key] = value
        withheld += ["headers"] if self._headers else []
        return {"name": self.name, "options": kept | ({"withheld": withheld} if withheld else {})}

    def again(self, **changes: Any) -> ApiSource:
        """A source like this one for another turn, secrets included; `changes` are options."""
        secret = {"api_key": self._api_key, "headers": self._headers}
        again = type(self)(**{**self._options, **secret, **changes})
        again.needs([what for what in self._withheld if what not in changes])
        return again

    def needs(self, withheld: Sequence[str]) -> None:
        """Names of options that were not stored and must be given before it can run."""
        self._withheld = list(withheld)

    async def events(self, request: Request, cursor: str | None) -> Events:
        """See `Source.events`. The answer is read once and cannot be asked for again."""
        if cursor is not None:
            yield End("gone", detail=f"the connection to {self._host} is gone; {LOST}")
            return
        headers = await self._authorized()
        yield News("starting", f"asking {self._host}")
        backoff = Backoff()
        while True:
            try:
                async with aclosing(self._once(request, headers)) as items:
                    async for item in items:
                        yield item
            except SourceUnavailable as error:
                said = self._secrets.clean(str(error))
                if self._heard:
                    yield End("gone", detail=f"{said}; {LOST}")
                    return
                if backoff.attempts + 1 >= TRIES or (error.retry_after or 0) > CAP_S:
                    raise SourceUnavailable(_given_up(said, error), retry_after=error.retry_after) from None
                wait = backoff.next(error.retry_after)
                yield News("reconnecting", f"{said}; trying again in {wait:.1f} s (attempt {backoff.attempts})")
                if await self._stopped_within(wait):
                    yield End("stopped")
                    return
            except SourceError as error:
                # None: the exceptions below hold the request, and the request holds the key.
                error.args = (self._secrets.clean(str(error)),)
                error.__context__ = None
                raise error from None
            else:
                return

    async def stop(self, request: Request) -> None:
        """Closes the connection, which ends the generation at servers that look after theirs."""
        self._stopped.set()

    async def _authorized(self) -> dict[str, str]:
        """The headers to send, the key among them.

        Raises:
            SourceRefused: there is no key, or an option was not stored and is not there.
        """
        if self._withheld:
            raise SourceRefused(
                f"{', '.join(self._withheld)} held secrets, so they were not stored: give them again, as options of "
                "agent.send or nbs.launch"
            )
        key = await get_key(self._api_key, self._key_names(), needed=self._needs_key(), host=self._host)
        headers = {**(self.authorization(key) if key else {}), **self._headers}
        self._secrets.add([*([key] if key else []), *headers.values()])
        return headers

    def _key_names(self) -> list[str]:
        """Variables that may hold the key: what was named, else the host's own."""
        if self._options["api_key_env"]:
            return [self._options["api_key_env"]]
        own = HOST_KEYS.get(self._host)
        anywhere = self._own_host or own in self.key_env or not set(self.key_env) & set(HOST_KEYS.values())
        trusted = self.key_env if anywhere else ()
        return [*trusted, *([own] if own and own not in trusted else [])]

    def _needs_key(self) -> bool:
        return bool(self._options["api_key_env"]) or self._host in HOST_KEYS

    async def _once(self, request: Request, headers: Mapping[str, str]) -> Events:
        """One connection, to its end."""
        stream = watched(
            self._stream(request, headers),
            self._stopped,
            stalled_after=self._options["stalled_after"],
            silence=self._options["silence"],
        )
        async with aclosing(stream):
            async for item in stream:
                if item is None:
                    yield News("live")
                elif isinstance(item, News):
                    yield item
                else:
                    self._heard = True
                    if item:
                        yield [event._replace(data=self._secrets.clean(event.data)) for event in item]
        yield End("stopped") if self._stopped.is_set() else End("eof", detail=LOST)

    async def _stream(
        self, request: Request, headers: Mapping[str, str]
    ) -> AsyncGenerator[list[ServerSentEvent] | None, None]:
        """None once the other side has begun to answer, then what it sends."""
        async with self._client() as client, self._open(client, request, headers) as batches:
            yield None
            async for batch in batches:
                yield batch

    def _client(self) -> httpx.AsyncClient:
        proxy = proxy_for(self._base)
        return new_client(read_timeout=None, connect_timeout=self._options["connect_timeout"], proxy=proxy)

    def _open(self, client: httpx.AsyncClient, request: Request, headers: Mapping[str, str]) -> Any:
        content = {**self.content(request), **self._options["body"]}
        url = self._address(self.path(request))
        return open_stream(client, "POST", url, headers=headers, body=content, lines=self.lines)

    def _address(self, path: str) -> str:
        return str(httpx.URL(self._base + path).copy_merge_params(self._options["query"]))

    def _model(self, request: Request) -> str | None:
        """The model to ask for.

        Raises:
            SourceRefused: none was named, and the provider has many.
        """
        model: str | None = request.model or self._options["model"]
        if model is None and self._host in HOST_KEYS:
            raise SourceRefused(f"{self._host} serves many models: name one, for instance nbs.launch(…, model=…)")
        return model

    def _given(self, **fields: Any) -> dict[str, Any]:
        """The fields that have a value."""
        return {name: value for name, value in fields.items() if value not in (None, (), [])}

    async def _ask(self, client: httpx.AsyncClient, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """What a JSON route answers.

        Raises:
            SourceError: nobody answered, or it answered no.
        """
        url = self._address(path)
        try:
            response = await client.post(url, json=body, headers=dict(headers), timeout=self._options["silence"])
        except httpx.TransportError as error:
            raise unavailable(url, error) from error
        if response.status_code >= 300:
            raise refusal(response, response.text, "application/json")
        try:
            return response.json()
        except ValueError:
            return None

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            return False
        return True


def _given_up(said: str, error: SourceUnavailable) -> str:
    if (error.retry_after or 0) > CAP_S:
        return f"{said} (it asks to come back in {error.retry_after:.0f} s, more than the {CAP_S:.0f} s that we wait)"
    return f"{said} (tried {TRIES} times)"


def proxy_for(url: str) -> str | None:
    """The HTTP proxy that the environment names for this address; never one for this machine itself."""
    address = httpx.URL(url)
    if address.host in LOOPBACK or urllib.request.proxy_bypass(address.host):
        return None
    named = urllib.request.getproxies()
    return named.get(address.scheme) or named.get("all")
