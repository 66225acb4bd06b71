"""Agents at HTTP servers of their own: what they are asked, in which order, and when their run is over."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from api_kit import LINES_HEAD, Api, played, request, sse
from nbstream.errors import SourceRefused
from nbstream.sources import End, Said, source_from
from nbstream.sources.agents import AgUiSource, HttpSource, LangGraphSource, VercelSource
from nbstream.sources.opencode import OpencodeSource
from support import STREAM_HEAD, LoopbackServer, reply

TALK = (
    Said(role="user", content="Add"),
    Said(role="assistant", content='{"a": 1}', tool="add", call_id="c1"),
    Said(role="tool", content="3", tool="add", call_id="c1"),
)
RECORDING = Path(__file__).parent.parent / "recordings" / "opencode-serve-event.sse"


@pytest.mark.asyncio
async def test_ag_ui_is_asked_with_a_run_and_all_messages():
    with Api(sse({"type": "RUN_STARTED"}, {"type": "RUN_FINISHED"})) as api:
        asked = request("And?", history=TALK)
        data, _, end = await played(AgUiSource(api.url + "/agent", system="Be brief"), asked)
        body = api.bodies[0]
    assert (len(data), end.reason, api.requests[0].path) == (2, "eof", "/agent")
    assert body["threadId"] == body["runId"] == str(asked.agent_id)
    assert [{k: v for k, v in m.items() if k != "id"} for m in body["messages"]] == [
        {"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Add"},
        {"role": "assistant", "content": "", "toolCalls": [{"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]},
        {"role": "tool", "toolCallId": "c1", "content": "3"},
        {"role": "user", "content": "And?"},
    ]  # fmt: skip
    assert len({m["id"] for m in body["messages"]}) == 5
    assert body.keys() == {"threadId", "runId", "state", "messages", "tools", "context", "forwardedProps"}


@pytest.mark.asyncio
async def test_vercel_is_asked_as_a_page_asks_it():
    with Api(sse({"type": "start"}, {"type": "finish"}, "[DONE]")) as api:
        data, _, _ = await played(VercelSource(api.url), request("And?", history=TALK, session_id="chat-1"))
        body = api.bodies[0]
    assert len(data) == 3
    assert (body["id"], body["trigger"]) == ("chat-1", "submit-message")
    assert [(m["role"], m["parts"]) for m in body["messages"]] == [
        ("user", [{"type": "text", "text": "Add"}]),
        ("assistant", [{"type": "tool-add", "toolCallId": "c1", "input": {"a": 1}, "state": "output-available", "output": "3"}]),
        ("user", [{"type": "text", "text": "And?"}]),
    ]  # fmt: skip


@pytest.mark.asyncio
async def test_langgraph_keeps_the_conversation_in_a_thread_that_we_name():
    stream = STREAM_HEAD + b'event: metadata\ndata: {"run_id": "r1"}\n\nevent: end\ndata: null\n\n'
    with Api(reply(200, '{"thread_id": "t"}'), stream, reply(200, "{}"), stream) as api:
        asked = request("Hi")
        source = LangGraphSource(api.url, assistant="helper")
        data, _, _ = await played(source, asked)
        await played(source.again(), request("More", session_id=str(asked.agent_id)))
        paths, bodies = [r.path for r in api.requests], api.bodies
    thread = str(asked.agent_id)
    assert data == ['{"run_id": "r1"}', "null"]
    assert paths == ["/threads", f"/threads/{thread}/runs/stream"] * 2
    assert bodies[0] == bodies[2] == {"thread_id": thread, "if_exists": "do_nothing"}
    assert bodies[1]["assistant_id"] == bodies[3]["assistant_id"] == "helper"
    assert bodies[1]["input"] == {"messages": [{"role": "user", "content": "Hi"}]}
    assert bodies[1]["on_disconnect"] == "cancel"


@pytest.mark.asyncio
async def test_langgraph_that_refuses_a_thread_says_so():
    with Api(reply(403, '{"detail": "no access"}')) as api, pytest.raises(SourceRefused, match="/threads answered 403"):
        await played(LangGraphSource(api.url))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [sse("a", "b"), LINES_HEAD + b"a\nb\n", LINES_HEAD.replace(b"application/x-ndjson", b"text/plain") + b"a\r\nb"],
)
async def test_any_address_may_answer_with_events_or_lines(answer):
    with Api(answer) as api:
        data, _, _ = await played(HttpSource(api.url, prompt_field="question", body={"k": 1}))
        got, _, _ = await played(source_from(HttpSource(api.url, method="GET", parser="generic").describe()))
        assert (api.requests[0].method, api.requests[0].json) == ("POST", {"question": "Hi", "k": 1})
        assert (api.requests[1].method, api.requests[1].body) == ("GET", b"")
    assert data == got == ["a", "b"]


class OpencodeServer(LoopbackServer):
    """Plays a recorded event stream that never ends by itself, with another session's events in between."""

    def __init__(self, lines: list[str], ask: str = "", old: bool = False) -> None:
        self.lines, self.ask, self.old = lines, ask, old
        self.asked = asyncio.Event()
        super().__init__(self._answer)

    def paths(self):
        return [(r.method, r.path) for r in self.requests]

    async def _answer(self, http, writer):
        if http.path == "/event":
            writer.write(STREAM_HEAD + f"data: {self.lines[0]}\n\n".encode())
            await writer.drain()
            await self.asked.wait()
            if self.ask:
                writer.write(f"data: {self.ask}\n\n".encode())
            for line in self.lines[1:]:
                other = line.replace(SESSION, "ses_other").replace("msg_", "msg_o")
                both = [other, line] if other != line else [line]
                writer.write("".join(f"data: {each}\n\n" for each in both).encode())
            await writer.drain()
            await writer.wait_closed()
        elif http.path.endswith("/prompt_async"):
            writer.write(reply(204))
            self.asked.set()
        elif http.path == "/session":
            writer.write(reply(200, json.dumps({"id": SESSION})))
        elif self.old and http.path.startswith("/permission/"):
            writer.write(reply(404))
        else:
            writer.write(reply(204))


EVENTS = [
    line.removeprefix("data: ") for line in RECORDING.read_text("utf-8").splitlines() if line.startswith("data: ")
]
SESSION = json.loads(EVENTS[1])["properties"]["sessionID"]


@pytest.mark.asyncio
async def test_opencode_is_over_when_its_session_rests_and_no_other_session_gets_in(monkeypatch):
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "correct-horse")
    with OpencodeServer(EVENTS) as server:
        async with asyncio.timeout(20):
            data, _, end = await played(OpencodeSource(server.url), request("Say hi", model="canned/fake"))
        paths, prompt = server.paths(), server.requests[2].json
        assert {r.headers.get("authorization") for r in server.requests} == {"Basic b3BlbmNvZGU6Y29ycmVjdC1ob3JzZQ=="}
    assert end.reason == "eof"
    assert [line for line in data if "ses_other" in line] == []
    assert data == EVENTS[: len(data)]
    assert len(data) > 10
    assert paths == [("GET", "/event"), ("POST", "/session"), ("POST", f"/session/{SESSION}/prompt_async")]
    assert prompt == {
        "parts": [{"type": "text", "text": "Say hi"}],
        "model": {"providerID": "canned", "modelID": "fake"},
    }


@pytest.mark.asyncio
@pytest.mark.parametrize(("old", "decide", "answer"), [(False, None, "reject"), (True, lambda asked: "once", "once")])
async def test_opencode_is_answered_when_it_asks_for_leave(old, decide, answer):
    properties = {"id": "per_1", "sessionID": SESSION, "permission": "bash"}
    ask = json.dumps({"type": "permission.asked", "properties": properties})
    with OpencodeServer(EVENTS, ask, old) as server:
        async with asyncio.timeout(20):
            await played(OpencodeSource(server.url, permission=decide), request())
        answers = [(r.path, r.json) for r in server.requests if "permission" in r.path]
    expected = [("/permission/per_1/reply", {"reply": answer})]
    expected += [(f"/session/{SESSION}/permissions/per_1", {"response": answer})] if old else []
    assert answers == expected


@pytest.mark.asyncio
async def test_opencode_is_told_to_abort():
    with OpencodeServer(EVENTS[:3]) as server:
        source, asked = OpencodeSource(server.url), request()
        async with asyncio.timeout(20):
            async for item in source.events(asked, None):
                if isinstance(item, list) and len(server.requests) == 3:
                    await source.stop(asked)
                    source._stopped.set()  # as if the server had taken its ten seconds
                end = item
        assert ("POST", f"/session/{SESSION}/abort") in server.paths()
    assert end == End("stopped")
