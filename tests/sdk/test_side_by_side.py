"""The same bytes through our whole path and through the official clients: the same answer.

What the two do not share, and why; each line has its test below:

| what | the official client | nbstream | why |
|---|---|---|---|
| a byte order mark at the start | loses the first event | reads it | the standard has it stripped (HTML §9.2.5) |
| several choices that mix | puts a choice where it came, or raises | keeps each by its index | chunks of `n=2` mix |
| a call whose first index is 1 | raises | reads it | some servers count from 1 |
| usage, then a chunk without | forgets the usage | keeps it | servers send it early |
| an answer cut short | `chat.completions.stream` raises at its end | keeps it, with a note | it is an answer |
| Responses without indexes | `responses.stream` raises | reads them | llama.cpp sends none |
| redacted thinking | a block without words | a block that says so | a reader must see that something is there |
| order of blocks that mix | by index | by arrival | the log is what came; compared sorted |
| input tokens of Anthropic | without the cache | with it | OpenTelemetry: `input_tokens` is all input; compared as sums |
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import anthropic
import openai
import pytest

import sdk_answers as answers
import streams
from api_kit import chat_answer, sse
from nbstream import service as nbs
from nbstream.sources import source_named
from support import STREAM_HEAD, LoopbackServer

RECORDINGS = Path(__file__).parent.parent / "recordings"
COUNT = 100
BOM = b"\xef\xbb\xbf"
CLIENTS = {"anthropic": anthropic.Anthropic, "openai-chat": openai.OpenAI, "openai-responses": openai.OpenAI}
READERS = {
    "anthropic": answers.by_anthropic,
    "openai-chat": answers.by_openai_chat,
    "openai-responses": answers.by_openai_responses,
}


class Player:
    """A server that plays bytes by name, our path to it, and the official client to it."""

    def __init__(self, wires: dict[str, bytes]) -> None:
        self.wires = wires
        self.server = LoopbackServer(self._play)

    async def _play(self, request, writer) -> None:
        wire = self.wires[request.path.split("/")[1]]
        theirs = request.headers["user-agent"].startswith(("Anthropic/", "OpenAI/"))
        writer.write(STREAM_HEAD + (wire.removeprefix(BOM) if theirs else wire))

    def ours(self, name: str) -> dict[str, answers.Answer]:
        """All of them at once, as so many agents of one store."""
        store = nbs.connect(":memory:")
        try:
            urls = {key: f"{self.server.url}/{key}" for key in self.wires}
            agents = [
                nbs.launch(key, source_named(name, base_url=url), store=store, model="m") for key, url in urls.items()
            ]
            for agent in agents:
                agent.wait(60)
            return answers.ours(store)
        finally:
            nbs.close_all()

    def theirs(self, name: str, read=None) -> dict[str, answers.Answer]:
        with CLIENTS[name](base_url=self.server.url, api_key="k", max_retries=0) as client:
            return {
                key: (read or READERS[name])(client.with_options(base_url=f"{self.server.url}/{key}"))
                for key in self.wires
            }


def generated(name: str) -> dict[str, bytes]:
    """Streams that both sides can read; the others are in the table."""
    found: dict[str, bytes] = {}
    seed = 0
    while len(found) < COUNT:
        stream = streams.MAKERS[name](Random(seed))
        if name != "openai-chat" or b'"index":1,"delta"' not in stream.wire.replace(b" ", b""):
            found[f"{name}-{seed}"] = stream.wire
        seed += 1
    return found


@pytest.mark.parametrize("name", sorted(READERS))
def test_generated_streams_give_the_same_answer(name):
    player = Player(generated(name))
    with player.server:
        ours, theirs = player.ours(name), player.theirs(name)
    assert len(ours) == COUNT
    assert {key: answer for key, answer in ours.items() if answer != theirs[key]} == {}
    said = [answer for answer in ours.values() if answer.texts]
    called = [answer for answer in ours.values() if answer.calls]
    assert min(len(said), len(called)) > COUNT // 5


def recorded(prefix: str) -> Iterator[str]:
    return (path.stem for path in sorted(RECORDINGS.glob(f"llama-{prefix}*.sse")))


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("anthropic", "anthropic"),
        ("openai-chat", "openai-chat"),
        ("openai-chat", "openai-tools"),
        ("openai-responses", "openai-responses"),
    ],
)
def test_recordings_give_the_same_answer(name, prefix):
    wires = {stem: (RECORDINGS / f"{stem}.sse").read_bytes() for stem in recorded(prefix)}
    assert wires
    player = Player(wires)

    def last_event(client):
        return answers.by_openai_responses(client, accumulate=False)

    with player.server:
        ours = player.ours(name)
        theirs = player.theirs(name, last_event if name == "openai-responses" else None)
    assert ours == theirs
    assert any(answer.texts or answer.calls for answer in ours.values())


def chunk(delta: dict, index: int = 0, finish: str | None = None, **more) -> dict:
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**base, "choices": [{"index": index, "delta": delta, "finish_reason": finish}], **more}


def body(*frames) -> bytes:
    return sse(*frames, "[DONE]").partition(b"\r\n\r\n")[2]


def both(wire: bytes, name: str = "openai-chat", read=None):
    """Our answer, and theirs or what it raised."""
    player = Player({"one": wire})
    with player.server:
        mine = player.ours(name)["one"]
        try:
            return mine, player.theirs(name, read)["one"]
        except Exception as error:
            return mine, error


def test_deviation_a_byte_order_mark():
    wire = BOM + body(chunk({"content": "a"}), chunk({"content": "b"}, finish="stop"))
    player = Player({"one": wire})

    async def plainly(request, writer):
        writer.write(STREAM_HEAD + wire)

    player.server.handler = plainly
    with player.server:
        assert player.ours("openai-chat")["one"].texts == ["ab"]
        assert player.theirs("openai-chat")["one"].texts == ["b"]


def test_deviation_several_choices():
    mine, theirs = both(
        body(chunk({"content": "b"}, 1), chunk({"content": "a"}, 0), chunk({}, 0, "stop"), chunk({}, 1, "stop"))
    )
    assert mine.texts == ["a", "b"]
    assert getattr(theirs, "texts", None) != ["a", "b"]


def test_deviation_a_first_index_of_one():
    call = {"index": 1, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    mine, theirs = both(
        body(chunk({"role": "assistant"}), chunk({"tool_calls": [call]}), chunk({}, finish="tool_calls"))
    )
    assert mine.calls == [("c1", "f", "{}")]
    assert isinstance(theirs, IndexError)


def test_deviation_a_chunk_without_usage_after_one_with():
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    mine, theirs = both(body(chunk({"content": "a"}, usage=usage), chunk({}, finish="stop")))
    assert mine.usage == {"input_tokens": 5, "output_tokens": 2}
    assert theirs.usage == {}


def test_deviation_an_answer_cut_short():
    def stream(client):
        with client.chat.completions.stream(model="m", messages=[{"role": "user", "content": "x"}]) as chunks:
            return chunks.get_final_completion()

    mine, theirs = both(body(chunk({"content": "a"}), chunk({}, finish="length")), read=stream)
    assert (mine.texts, mine.stops) == (["a"], ["length"])
    assert isinstance(theirs, openai.LengthFinishReasonError)


def test_deviation_responses_without_indexes():
    wire = (RECORDINGS / "llama-openai-responses.sse").read_bytes()
    mine, theirs = both(wire, "openai-responses")
    assert mine.texts
    assert isinstance(theirs, TypeError)


def test_a_difference_would_be_seen():
    mine, theirs = both(body(chunk({"content": "a"}, finish="stop")))
    assert mine == theirs
    mine.texts.append("b")
    assert mine != theirs
    assert b"[DONE]" in chat_answer()
