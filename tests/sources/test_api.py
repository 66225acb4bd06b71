"""Model APIs over real loopback HTTP: what is asked, what each failure means, and what is never tried twice."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from api_kit import ANSWERS, KEY_ENV, Api, chat_answer, played, refusals, request, sse
from nbstream.errors import SourceError, SourceGone, SourceRefused, SourceUnavailable, UnknownSource
from nbstream.parsers import parser_named
from nbstream.sources import End, Said, source_from, source_named
from nbstream.sources.api import proxy_for
from nbstream.sources.models import OpenAIChatSource
from nbstream.sse import ServerSentEvent
from support import STREAM_HEAD, LoopbackServer, reply, until

NAMES = sorted(ANSWERS)
CALL = {"id": "call-1", "name": "add", "input": {"a": 1, "b": 2}}
TALK = (
    Said(role="user", content="Add 1 and 2"),
    Said(role="assistant", content="Let me see."),
    Said(role="assistant", content='{"a": 1, "b": 2}', tool="add", call_id="call-1"),
    Said(role="tool", content="3", tool="add", call_id="call-1"),
    Said(role="assistant", content="It is 3."),
)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", NAMES)
async def test_an_answer_comes_as_it_was_sent_and_its_own_parser_reads_it(name):
    with Api(ANSWERS[name]("Hello there.")) as api:
        source = source_named(name, base_url=api.url)
        data, news, end = await played(source, request(model="m"))
    parser = parser_named(source.parser)
    rows = [row for line in data for row in parser.parse(ServerSentEvent("message", line)) or ()]
    assert "Hello there." in [row.content for row in rows]
    assert parser.finalize(end.reason).status == "completed"
    assert [item.state for item in news] == ["starting", "live"]


ASKED = {
    "openai-chat": ("/chat/completions", {"model": "m", "stream": True, "stream_options": {"include_usage": True}, "max_tokens": 9, "temperature": 0.5, "top_p": 1, "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}]}),
    "anthropic": ("/v1/messages", {"model": "m", "stream": True, "max_tokens": 9, "temperature": 0.5, "top_p": 1, "system": "Be brief", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}),
    "openai-responses": ("/responses", {"model": "m", "stream": True, "store": False, "max_output_tokens": 9, "temperature": 0.5, "top_p": 1, "instructions": "Be brief", "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]}),
    "gemini": ("/v1beta/models/m:streamGenerateContent?alt=sse", {"generationConfig": {"maxOutputTokens": 9, "temperature": 0.5}, "top_p": 1, "systemInstruction": {"parts": [{"text": "Be brief"}]}, "contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}),
    "ollama": ("/api/chat", {"model": "m", "stream": True, "options": {"num_predict": 9, "temperature": 0.5}, "top_p": 1, "messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}]}),
}  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize("name", NAMES)
async def test_options_are_asked_for_in_the_apis_own_words(name):
    with Api(ANSWERS[name]()) as api:
        source = source_named(name, base_url=api.url, system="Be brief", max_tokens=9, temperature=0.5, body={"top_p": 1}, headers={"x-team": "blue-team"})  # fmt: skip
        await played(source, request(model="m"))
        path, body = ASKED[name]
        assert (api.requests[0].path, api.bodies[0]) == (path, body)
        assert api.requests[0].headers["x-team"] == "blue-team"


SHAPES = {
    "openai-chat": [{"role": "user", "content": "Add 1 and 2"}, {"role": "assistant", "content": "Let me see.", "tool_calls": [{"id": "call-1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}]}, {"role": "tool", "tool_call_id": "call-1", "content": "3"}, {"role": "assistant", "content": "It is 3."}, {"role": "user", "content": "Hi"}],
    "anthropic": [{"role": "user", "content": [{"type": "text", "text": "Add 1 and 2"}]}, {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, {"type": "tool_use", "id": "call-1", "name": "add", "input": {"a": 1, "b": 2}}]}, {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call-1", "content": "3"}]}, {"role": "assistant", "content": [{"type": "text", "text": "It is 3."}]}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    "openai-responses": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Add 1 and 2"}]}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]}, {"type": "function_call", "call_id": "call-1", "name": "add", "arguments": '{"a": 1, "b": 2}'}, {"type": "function_call_output", "call_id": "call-1", "output": "3"}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is 3."}]}, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
    "gemini": [{"role": "user", "parts": [{"text": "Add 1 and 2"}]}, {"role": "model", "parts": [{"text": "Let me see."}, {"functionCall": {"name": "add", "args": {"a": 1, "b": 2}}, "thoughtSignature": "skip_thought_signature_validator"}]}, {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {"result": "3"}}}]}, {"role": "model", "parts": [{"text": "It is 3."}]}, {"role": "user", "parts": [{"text": "Hi"}]}],
    "ollama": [{"role": "user", "content": "Add 1 and 2"}, {"role": "assistant", "content": "Let me see.", "tool_calls": [{"function": {"name": "add", "arguments": {"a": 1, "b": 2}}}]}, {"role": "tool", "tool_name": "add", "content": "3"}, {"role": "assistant", "content": "It is 3."}, {"role": "user", "content": "Hi"}],
}  # fmt: skip
FIELD = {"gemini": "contents", "openai-responses": "input"}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", NAMES)
async def test_earlier_turns_go_in_the_apis_own_shape(name):
    with Api(ANSWERS[name]()) as api:
        await played(source_named(name, base_url=api.url), request(model="m", history=TALK))
        assert api.bodies[0][FIELD.get(name, "messages")] == SHAPES[name]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("answer", "says"), refusals(), ids=range(len(refusals())))
async def test_a_refusal_is_asked_once_and_says_what_came(name, answer, says):
    with Api(answer) as api:
        with pytest.raises(SourceRefused, match=says):
            await played(source_named(name, base_url=api.url), request(model="m"))
        assert len(api.requests) == 1


@pytest.mark.asyncio
async def test_what_is_not_there_is_gone():
    with Api(reply(404, '{"error": "no model"}')) as api, pytest.raises(SourceGone):
        await played(OpenAIChatSource(api.url))


@pytest.mark.asyncio
async def test_a_busy_server_is_asked_again_and_each_try_is_shown():
    with Api(reply(529, '{"error": {"message": "Overloaded"}}'), reply(503, "later"), chat_answer()) as api:
        data, news, end = await played(OpenAIChatSource(api.url))
    assert len(data) == 4
    assert end.reason == "eof"
    assert [item.state for item in news] == ["starting", "reconnecting", "reconnecting", "live"]
    assert "Overloaded; trying again in" in news[1].detail
    assert "(attempt 2)" in news[2].detail


@pytest.mark.asyncio
async def test_retry_after_is_honoured_in_seconds():
    with Api(reply(429, "{}", retry_after="1"), chat_answer()) as api:
        began = asyncio.get_running_loop().time()
        _, news, _ = await played(OpenAIChatSource(api.url))
        assert asyncio.get_running_loop().time() - began >= 1.0
    assert "trying again in 1.0 s" in news[1].detail


@pytest.mark.asyncio
@pytest.mark.parametrize("said_as", ["seconds", "a date"])
async def test_an_hour_is_not_waited_for(said_as):
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    when = "3600" if said_as == "seconds" else in_an_hour
    with Api(reply(429, '{"error": {"message": "slow down"}}', retry_after=when)) as api:
        with pytest.raises(SourceUnavailable, match=r"slow down \(it asks to come back in 3[56]\d\d s, more than"):
            await played(OpenAIChatSource(api.url))
        assert len(api.requests) == 1


@pytest.mark.asyncio
async def test_a_server_that_stays_busy_is_given_up_after_four_tries():
    with Api(reply(500, "oops")) as api:
        with pytest.raises(SourceUnavailable, match=r"500: oops \(tried 4 times\)"):
            await played(OpenAIChatSource(api.url))
        assert len(api.requests) == 4


@pytest.mark.asyncio
async def test_nobody_there_says_so():
    with Api(b"") as api:
        url = api.url
    with pytest.raises(SourceUnavailable, match=f"nobody answers at {url}.*tried 4 times"):
        await played(OpenAIChatSource(url))


@pytest.fixture
def certificate(tmp_path):
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*argv, "-keyout", tmp_path / "k.pem", "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    return tmp_path


@pytest.mark.asyncio
async def test_a_certificate_that_nobody_knows_is_refused_at_once(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "c.pem", certificate / "k.pem")
    server = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        with pytest.raises(SourceRefused, match=r"could not be trusted .*SSL_CERT_FILE"):
            await played(OpenAIChatSource(f"https://127.0.0.1:{port}"))
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.asyncio
async def test_once_a_byte_has_come_nothing_is_asked_again():
    """A second request would be a second answer, and a second bill."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
    with Api(head + b'data: {"choices": []}\n\n') as api:
        data, _, end = await played(OpenAIChatSource(api.url))
        assert len(api.requests) == 1
    assert len(data) == 1
    assert end.reason == "gone"
    assert "broke off" in end.detail
    assert "cannot be asked for again" in end.detail


@pytest.mark.asyncio
async def test_a_comment_is_a_byte_too():
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
    with Api(head + b": OPENROUTER PROCESSING\n\n") as api:
        _, _, end = await played(OpenAIChatSource(api.url))
        assert len(api.requests) == 1
    assert end.reason == "gone"


@pytest.mark.asyncio
async def test_a_connection_that_breaks_before_the_first_byte_is_tried_again():
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
    with Api(head, chat_answer()) as api:
        data, news, _ = await played(OpenAIChatSource(api.url))
    assert len(data) == 4
    assert "reconnecting" in [item.state for item in news]


@pytest.mark.asyncio
async def test_silence_is_shown_as_stalled_then_as_live_and_at_last_given_up():
    go = asyncio.Event()

    async def handler(_request, writer):
        writer.write(STREAM_HEAD + b'data: {"choices": []}\n\n')
        await writer.drain()
        await go.wait()
        writer.write(b'data: {"choices": [], "n": 2}\n\n')
        await writer.drain()
        await asyncio.sleep(30)

    states = []
    with LoopbackServer(handler) as server:
        source = OpenAIChatSource(server.url, stalled_after=1, silence=3)
        async for item in source.events(request(), None):
            if isinstance(item, End):
                end = item
            elif not isinstance(item, list):
                states.append(item.state)
                if item.state == "stalled":
                    server._loop.call_soon_threadsafe(go.set)
    assert states == ["starting", "live", "stalled", "live", "stalled"]
    assert end.reason == "gone"
    assert "nothing came for 3 s" in end.detail


@pytest.mark.asyncio
async def test_a_server_that_never_answers_is_given_up_and_asked_again():
    async def handler(_request, _writer):
        await asyncio.sleep(30)

    with LoopbackServer(handler) as server:
        # Long enough that a request is out before it is over, on a busy machine too; the server may read it after that.
        with pytest.raises(SourceUnavailable, match=r"nothing came for 1 s \(tried 4 times\)"):
            await played(OpenAIChatSource(server.url, silence=1))
        await asyncio.to_thread(until, lambda: len(server.requests) == 4)


@pytest.mark.asyncio
async def test_stop_closes_the_connection():
    gone = threading.Event()

    async def handler(_request, writer):
        writer.write(STREAM_HEAD + b'data: {"choices": []}\n\n')
        try:
            while True:
                writer.write(b": still here\n\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        except ConnectionError:
            gone.set()

    with LoopbackServer(handler) as server:
        source, asked = OpenAIChatSource(server.url), request()
        async for item in source.events(asked, None):
            if isinstance(item, list):
                await source.stop(asked)
            end = item
        assert await asyncio.to_thread(gone.wait, 10)
    assert end == End("stopped")


@pytest.mark.asyncio
async def test_stop_ends_the_wait_for_the_next_try():
    with Api(reply(429, "{}", retry_after="20")) as api:
        source, asked = OpenAIChatSource(api.url), request()
        async with asyncio.timeout(30):
            async for item in source.events(asked, None):
                if getattr(item, "state", "") == "reconnecting":
                    await source.stop(asked)
                end = item
    assert end == End("stopped")


@pytest.mark.asyncio
async def test_a_cursor_means_that_the_answer_is_gone():
    with Api(chat_answer()) as api:
        items = [item async for item in OpenAIChatSource(api.url).events(request(), "")]
        assert api.requests == []
    assert items[0].reason == "gone"
    assert "cannot be asked for again" in items[0].detail


@pytest.mark.asyncio
async def test_a_packed_answer_is_unpacked():
    body = gzip.compress(chat_answer().partition(b"\r\n\r\n")[2])
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n"
    with Api(head + body) as api:
        data, _, _ = await played(OpenAIChatSource(api.url))
    assert data[-1] == "[DONE]"


@pytest.mark.asyncio
async def test_a_last_line_that_nothing_closes_is_read_all_the_same():
    with Api(ANSWERS["ollama"]().removesuffix(b"\n")) as api:
        data, _, _ = await played(source_named("ollama", base_url=api.url))
    assert '"done": true' in data[-1]


def test_a_source_is_found_again_by_its_description():
    for name in NAMES:
        first = source_named(name, base_url="http://127.0.0.1:1/v1", model="m", system="s", max_tokens=3, body={"k": 1})
        again = source_from(first.describe())
        assert again.describe() == first.describe()
        assert again.describe()["options"]["system"] == "s"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"base_url": "http://me:pw@127.0.0.1/"}, "without a name, a password or a query"),
        ({"base_url": "http://127.0.0.1/?key=abc"}, "without a name, a password or a query"),
        ({"base_url": "ftp://127.0.0.1/"}, "begins with http:// or https://"),
        ({"query": {"key": "abc"}}, "looks like a secret"),
        ({"api_key": "sk-given-in-a-cell"}, "a key in a cell is saved with the notebook"),
        ({"modle": "m"}, "modle"),
    ],
)
def test_what_would_be_stored_or_is_not_known_is_refused(options, says):
    with pytest.raises(SourceRefused, match=says) as caught:
        OpenAIChatSource(**options)
    assert not any(secret in str(caught.value) for secret in ("pw", "abc", "sk-given"))


def test_a_name_that_nobody_offers_lists_those_that_are():
    with pytest.raises(UnknownSource, match=r"ag-ui, anthropic, auto, claude.*openai-chat"):
        source_named("nobody")


@pytest.mark.asyncio
async def test_a_provider_with_many_models_wants_one_named(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0000000000")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(SourceError, match="name one, for instance"):
        await played(OpenAIChatSource())


def test_a_proxy_of_the_environment_is_for_others_only(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:3128")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    assert proxy_for("https://api.openai.com/v1") == "http://127.0.0.1:3128"
    assert proxy_for("https://internal.example/v1") is None
    assert proxy_for("https://127.0.0.1/v1") is None


def test_the_names_of_the_kit_are_those_of_the_sources():
    for name, variable in KEY_ENV.items():
        assert variable in source_named(name, base_url=None).key_env
    assert sse("x").endswith(b"data: x\n\n")
