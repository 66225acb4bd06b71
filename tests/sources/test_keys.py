"""A key goes to its host and nowhere else: not into the store, the log, an error, a repr, or a file."""

from __future__ import annotations

import io
import logging
import traceback

import pytest

from api_kit import ANSWERS, KEY, KEY_ENV, Api, chat_answer, played, request
from nbstream import service as nbs
from nbstream.errors import SourceRefused
from nbstream.sources import source_from, source_named
from nbstream.sources.agents import HttpSource
from nbstream.sources.keys import HOST_KEYS, Secrets, holds_secret
from nbstream.sources.models import OpenAIChatSource
from support import STREAM_HEAD, reply

HEADER = {"anthropic": "x-api-key", "gemini": "x-goog-api-key"}
HEADERS = {"authorization", "x-api-key", "x-goog-api-key"}
OTHER = "hdr-planted-9876543210"


@pytest.fixture
def log():
    """Everything that anything logs, at the lowest level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(before)
    root.removeHandler(handler)


def kept_in(folder) -> bytes:
    """All bytes of all files of a store, its WAL included."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.endswith(".wal") for path in files), files
    return b"".join(path.read_bytes() for path in files)


# What a server may send back with the key in it: an error, a stream, a broken stream, something else.
ECHOES = {
    "answer": STREAM_HEAD + f'data: {{"choices": [{{"delta": {{"content": "your key is {KEY}"}}}}]}}\n\n'.encode(),
    "refusal": reply(401, f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'),
    "busy": reply(503, f"no room for {KEY}"),
    "page": reply(200, f"<p>{KEY} {OTHER}</p>", "text/html"),
}


@pytest.mark.parametrize("echo", sorted(ECHOES))
def test_a_planted_key_is_sent_and_found_nowhere(echo, tmp_path, monkeypatch, log):
    monkeypatch.setenv("PLANTED", KEY)
    store = nbs.connect(tmp_path / "store.duckdb")
    try:
        with Api(ECHOES[echo]) as api:
            options = {"base_url": api.url, "api_key_env": "PLANTED", "headers": {"x-other": OTHER}}
            agents = {name: nbs.launch("Hi", name, store=store, model="m", **options) for name in KEY_ENV}
            for agent in agents.values():
                agent.wait(60)
            sent = [request.headers for request in api.requests]
        assert {name for headers in sent for name, value in headers.items() if KEY in value} == HEADERS
        assert {headers["x-other"] for headers in sent} == {OTHER}
        for agent in agents.values():
            assert "[secret]" in str(agent.error) + str(store.messages(agent.id, raw=True).to_dict())
        said = "\n".join([repr(agents), str(store.list_agents()), str(store.messages(raw=True).to_dict())])
        for secret in (KEY, OTHER):
            assert secret not in said
            assert secret not in log.getvalue()
            assert secret.encode() not in kept_in(tmp_path)
    finally:
        nbs.close_all()


@pytest.mark.asyncio
async def test_no_exception_holds_it_not_even_below_the_surface(monkeypatch):
    monkeypatch.setenv("PLANTED", KEY)
    with Api(ECHOES["refusal"]) as api:
        source = OpenAIChatSource(api.url, api_key_env="PLANTED")
        with pytest.raises(SourceRefused) as caught:
            await played(source)
    assert "[secret]" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in repr(source) + str(source.describe()) + repr(source._secrets)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", sorted(KEY_ENV))
async def test_a_key_from_a_function_is_asked_for_at_each_run(name):
    keys = iter([KEY, KEY + "-2"])
    with Api(ANSWERS[name]()) as api:
        first = source_named(name, base_url=api.url, api_key=lambda: next(keys))
        await played(first, request(model="m"))
        await played(first.again(), request(model="m"))
        header = HEADER.get(name, "authorization")
        assert [r.headers[header].removeprefix("Bearer ") for r in api.requests] == [KEY, KEY + "-2"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda: "", "expected the function given as `api_key` to give a key"),
        (lambda: None, "expected the function"),
        (lambda: f"{KEY}\r\nx-evil: 1", "printable ASCII"),
        (lambda: {}[KEY], "raised KeyError"),
    ],
)
async def test_a_function_that_gives_no_key_is_told_without_the_key(function, says):
    with Api(chat_answer()) as api:
        with pytest.raises(SourceRefused, match=says) as caught:
            await played(OpenAIChatSource(api.url, api_key=function))
        assert api.requests == []
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.asyncio
async def test_a_key_goes_to_no_host_that_is_merely_named(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    for name in ("openai-chat", "anthropic"):
        with Api(ANSWERS[name]()) as api:
            await played(source_named(name, base_url=api.url), request(model="m"))
            assert KEY not in str(api.requests[0].headers)


@pytest.mark.asyncio
async def test_an_address_and_a_key_of_the_environment_belong_together(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Api(chat_answer()) as api:
        monkeypatch.setenv("OPENAI_BASE_URL", api.url)
        source = source_named("openai-chat")
        await played(source)
        await played(source.again())
        assert [request.headers["authorization"] for request in api.requests] == [f"Bearer {KEY}"] * 2


@pytest.mark.parametrize(("host", "variable"), sorted(HOST_KEYS.items()))
def test_each_host_has_its_own_variable(host, variable):
    kinds = {"ANTHROPIC_API_KEY": "anthropic", "GEMINI_API_KEY": "gemini", "OLLAMA_API_KEY": "ollama"}
    source = source_named(kinds.get(variable, "openai-chat"), base_url=f"https://{host}/v1")
    assert source._key_names()[0] == variable


@pytest.mark.asyncio
async def test_no_key_where_one_is_needed_names_the_variable(monkeypatch):
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    source = OpenAIChatSource("https://api.groq.com/openai/v1")
    with pytest.raises(SourceRefused, match=r"api.groq.com needs a key: set GROQ_API_KEY, or give api_key=a function"):
        await played(source, request(model="m"))


@pytest.mark.asyncio
async def test_what_was_not_stored_must_be_given_again(monkeypatch):
    tools = [{"type": "mcp", "server_url": "http://127.0.0.1:1", "headers": {"authorization": OTHER}}]
    with Api(chat_answer()) as api:
        source = OpenAIChatSource(api.url, headers={"x-other": OTHER}, tools=tools)
        description = source.describe()
        assert OTHER not in str(description)
        assert description["options"]["withheld"] == ["tools", "headers"]
        assert "tools" not in description["options"]
        with pytest.raises(SourceRefused, match="tools, headers held secrets, so they were not stored"):
            await played(source_from(description))
        assert api.requests == []
        await played(source.again())
        assert api.requests[0].headers["x-other"] == OTHER


def test_a_schema_may_name_a_parameter_password():
    tools = [{"input_schema": {"properties": {"password": {"type": "string"}, "max_tokens": {"type": "integer"}}}}]
    assert not holds_secret(tools)
    assert holds_secret({"servers": [{"authorization": "x", "max_tokens": 3}]})


def test_a_scheme_before_a_key_does_not_hide_it():
    secrets = Secrets()
    secrets.add([f"Bearer {KEY}", "short"])
    assert secrets.clean(f"a {KEY} b Bearer {KEY} short") == "a [secret] b [secret] short"
    assert KEY not in repr(secrets)


@pytest.mark.asyncio
async def test_any_address_sends_no_key_unless_one_is_named(monkeypatch):
    monkeypatch.setenv("PLANTED", KEY)
    with Api(chat_answer()) as api:
        await played(HttpSource(api.url))
        await played(HttpSource(api.url, api_key_env="PLANTED"))
        assert ["authorization" in request.headers for request in api.requests] == [False, True]
