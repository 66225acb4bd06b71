"""Programs as children: their lines, their end, their talk over ACP, and that nothing of them is left."""

from __future__ import annotations

import asyncio
import json
import math
import sys
from pathlib import Path

import psutil
import pytest

from api_kit import played, request
from nbstream import service as nbs
from nbstream.errors import EventTooLarge, ProgramNotFound, SourceRefused, SourceUnavailable
from nbstream.sources import End, News, source_from, source_named
from nbstream.sources.acp import AcpSource
from nbstream.sources.command import CommandSource
from nbstream.sources.lines import LineDecoder
from nbstream.sources.pace import watched
from support import until

AGENT = [sys.executable, str(Path(__file__).with_name("acp_agent.py"))]
TREE = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], start_new_session=True); print(p.pid, flush=True); time.sleep(300)"


def python(code: str, **options) -> CommandSource:
    return CommandSource([sys.executable, "-c", code], **options)


@pytest.mark.asyncio
async def test_a_program_gets_the_prompt_on_stdin_and_each_line_is_an_event():
    code = "import sys; print('got', sys.stdin.read()); print('two'); sys.stdout.write('no end'); sys.exit(3)"
    data, news, end = await played(python(code), request("the prompt"))
    assert data == ["got the prompt", "two", "no end"]
    assert [item.state for item in news] == ["starting", "live"]
    assert (end.reason, end.exit_code) == ("exited", 3)


@pytest.mark.asyncio
async def test_a_prompt_may_be_an_argument_and_is_one_argument():
    source = CommandSource([sys.executable, "-c", "import sys; print(sys.argv[1:])", "{prompt}", "x{prompt}"])
    data, _, _ = await played(source, request("a b; rm"))
    assert data == ["['a b; rm', 'x{prompt}']"]


@pytest.mark.asyncio
async def test_what_it_said_last_on_stderr_is_why():
    _, _, end = await played(python("import sys; print('first\\nlast', file=sys.stderr); sys.exit(1)"))
    assert (end.detail, end.metadata["stderr"]) == ("last", "first\nlast")


@pytest.mark.asyncio
async def test_a_program_that_is_not_there_is_named():
    with pytest.raises(ProgramNotFound, match="no-such-program"):
        await played(CommandSource(["no-such-program"]))


@pytest.mark.asyncio
async def test_credentials_of_the_notebook_are_not_passed_on_and_given_ones_are(monkeypatch):
    monkeypatch.setenv("JPY_API_TOKEN", "secret")
    code = "import os; print(os.environ.get('JPY_API_TOKEN'), os.environ.get('MINE'))"
    source = python(code, env={"MINE": "given"})
    data, _, _ = await played(source)
    assert data == ["None given"]
    assert "given" not in str(source.describe())
    with pytest.raises(SourceRefused, match="env may hold secrets and was not stored"):
        await played(source_from(source.describe()))


def test_stop_ends_the_program_and_what_it_started_elsewhere(store):
    agent = nbs.launch("x", python(TREE, parser="generic"), store=store)
    until(lambda: store.head(agent.id), what="the child's pid")
    child = int(store.transcript(agent.id).content[0])
    assert psutil.pid_exists(child)
    agent.stop()
    assert agent.wait(30) == "stopped"
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", what="the end of it")


def test_closing_the_store_ends_the_program(tmp_path):
    store = nbs.connect(tmp_path / "s.duckdb")
    agent = nbs.launch("x", python(TREE, parser="generic"), store=store)
    until(lambda: store.head(agent.id), what="the child's pid")
    child = int(store.transcript(agent.id).content[0])
    nbs.close_all()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", what="the end of it")


@pytest.mark.parametrize(
    ("options", "says"),
    [({}, "exactly one of"), ({"argv": ["a"], "path": "b"}, "exactly one of"), ({"argv": "ls -l"}, "a list of texts")],
)
def test_auto_wants_one_place(options, says):
    with pytest.raises(SourceRefused, match=says):
        source_named("auto", **options)


def test_auto_finds_the_format_out_and_generic_does_not(store, tmp_path):
    line = json.dumps(
        {
            "object": "chat.completion.chunk",
            "model": "m-1",
            "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}],
        }
    )
    (tmp_path / "r.jsonl").write_text(line + "\n")
    found = [
        nbs.launch("x", "auto", store=store, path=str(tmp_path / "r.jsonl")),
        nbs.launch("x", "auto", store=store, argv=["cat", str(tmp_path / "r.jsonl")]),
        nbs.launch("x", "generic", store=store, argv=["cat", str(tmp_path / "r.jsonl")]),
    ]
    assert {agent.wait(30) for agent in found} == {"completed"}
    assert [store.transcript(agent.id).part.tolist()[:1] for agent in found[:2]] == [["text"], ["text"]]
    assert store.transcript(found[2].id).content.tolist()[0].startswith("{")


def acp(mode: str, **options) -> AcpSource:
    return AcpSource([*AGENT, mode], **options)


def said(store, agent) -> str:
    return "".join(store.transcript(agent.id).query("part == 'text'").content)


def test_acp_says_hello_opens_a_session_and_ends_with_the_turn(store, tmp_path):
    first = nbs.launch("hello", acp("plain", cwd=str(tmp_path)), store=store)
    assert first.wait(30) == "completed", first.error
    assert said(store, first) == "Thinking. You said hello"
    assert first.record.session_id == "s-1"
    second = first.send("again")
    assert second.wait(30) == "completed", second.error
    assert said(store, second) == "Thinking. You said again"  # what was said before is in the log of its own run
    assert second.record.parent_agent_id == first.id


@pytest.mark.parametrize(
    ("decide", "outcome"),
    [
        (None, {"optionId": "o-reject_once", "outcome": "selected"}),
        (lambda asked: False, {"optionId": "o-reject_once", "outcome": "selected"}),
        (lambda asked: True, {"optionId": "o-allow_once", "outcome": "selected"}),
        (lambda asked: asked["options"][1]["optionId"], {"optionId": "o-allow_always", "outcome": "selected"}),
        (lambda asked: "no such option", {"outcome": "cancelled"}),
    ],
)
def test_acp_asks_for_leave_and_gets_no_files(store, decide, outcome):
    agent = nbs.launch("hello", acp("asking", permission=decide), store=store)
    assert agent.wait(30) == "completed", agent.error
    told = said(store, agent)
    assert json.dumps(outcome, sort_keys=True) in told
    assert "-32601" in told


def test_acp_is_cancelled_and_says_so(store):
    agent = nbs.launch("hello", acp("waiting"), store=store)
    until(lambda: "Thinking" in str(store.messages(agent.id).content.tolist()), what="its first words")
    agent.stop()
    assert agent.wait(30) == "stopped"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("mode", "session", "error", "says"),
    [
        ("locked", None, SourceRefused, "answered session/new with an error: Authentication required"),
        ("dying", None, SourceUnavailable, "ended with exit code 3 at session/new: no more"),
        ("forgetful", "s-1", SourceRefused, "cannot go on with an earlier session"),
    ],
)
async def test_acp_that_does_not_come_up_says_why(mode, session, error, says):
    with pytest.raises(error, match=says):
        await played(acp(mode), request(session_id=session))


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.asyncio
async def test_no_process_and_no_file_is_left_when_nobody_reads_on():
    files = open_files()
    source = acp("waiting")
    events = source.events(request(), None)
    async for item in events:
        if isinstance(item, list):
            break
    await events.aclose()
    assert source._child._process.returncode is not None
    await asyncio.sleep(0)
    assert open_files() <= files + 1


def test_lines_are_the_same_at_every_cut():
    whole = 'one\r\n\ntwo é\n{"three": 3}\nfour'.encode()
    for cut in range(len(whole) + 1):
        decoder = LineDecoder()
        events = [*decoder.feed(whole[:cut]), *decoder.feed(whole[cut:]), *decoder.close()]
        assert [event.data for event in events] == ["one", "two é", '{"three": 3}', "four"]


@pytest.mark.parametrize(
    "chunks", [[b"a\nxxxxxxxxxxx\nb\n"], [b"a\nxxxxxx", b"xxxxx", b"xx\nb\n"], [b"a\nxxxxxxxxxxxx", b"\nb\n"]]
)
def test_a_line_over_the_limit_is_an_error_and_its_neighbours_are_kept(chunks):
    decoder, events, errors = LineDecoder(max_event_bytes=10), [], 0
    for chunk in chunks:
        try:
            events += decoder.feed(chunk)
        except EventTooLarge:
            errors += 1
    events += decoder.feed(b"") + decoder.close()
    assert (errors, [event.data for event in events]) == (1, ["a", "b"])


@pytest.mark.asyncio
async def test_silence_without_a_limit_is_shown_once_and_borne():
    async def slow():
        await asyncio.sleep(0.2)
        yield 1

    items = [item async for item in watched(slow(), asyncio.Event(), stalled_after=0.05, silence=math.inf)]
    assert [item.state if isinstance(item, News) else item for item in items] == ["stalled", "live", 1]


@pytest.mark.asyncio
async def test_a_cursor_means_that_the_child_is_gone():
    for source in (python("print(1)"), acp("plain")):
        items = [item async for item in source.events(request(), "")]
        assert [type(item) for item in items] == [End]
        assert items[0].reason == "gone"
