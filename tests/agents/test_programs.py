"""Codex, Gemini CLI and opencode themselves, through the profiles that ship, with their APIs on loopback.

The programs start slowly, so one run of each is looked at while it lives and after its end, by several tests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from agents.messages_server import Refusal, Text
from agents.programs import CODEX, GEMINI, NODE, OPENCODE, Program, install
from agents.script import CACHED_TOKENS, INPUT_TOKENS, ScriptedApi, Thought, spoken_tokens, thought_tokens
from agents.scrubbed import DECOYS, KEY, ProxyProcess, bearers_of, lives
from nbstream import service as nbs
from nbstream.proxy.profiles import PASSED, Profile
from nbstream.proxy.programs import PROGRAMS
from nbstream.proxy.reaper import RUN_KEY
from support import LoopbackServer, until

# The first test waits for the programs' installation, so the limit is above that one's.
pytestmark = [pytest.mark.agent_cli, pytest.mark.timeout(300)]

PROMPT = "--model 'x' --help\n-c sandbox_mode=off\nWie heißt das \"Wort\"? $HOME `id` \\n ☃"
AGAIN = "-p --session x\nUnd jetzt?"
ANSWER = ("Das Wort ", "heißt\n\n", "*Reiher* ", "🪶, ", "nicht ", "`Heron`.")
NOTE = "the secret word is heron\n"
LOOK = (Thought("First a look."), Text(("I ", "look.")))
ENDS = 90  # seconds a program may take to start, answer and end on a busy machine


@dataclass
class Stage:
    """A program, its API, its proxy, and a store."""

    program: Program
    api: ScriptedApi
    proxy: ProxyProcess
    store: Any

    @property
    def profile(self) -> Profile:
        return next(profile for profile in PROGRAMS if profile.name == self.program.name)

    def calls(self, agent) -> list[dict]:
        """The tool calls whose results are in the store."""
        table = self.store.tool_calls(agent.id, to="arrow").to_pylist()
        return [call for call in table if call["seconds"] is not None]

    def launch(self, prompt: str, **options: Any) -> Any:
        source = self.program.source(url=self.proxy.url, token=self.proxy.token, heartbeat=1.0)
        return nbs.launch(prompt, source, store=self.store, **options)

    def shown(self, agent, *parts: str) -> str:
        """What a reader sees of the answer now."""
        table = self.store.transcript(agent.id, to="arrow").to_pylist()
        return "".join(row["content"] for row in table if row["type"] == "assistant" and row["part"] in parts)

    def all_sent(self, pieces: int) -> None:
        until(lambda: self.api.sent == pieces, ENDS, f"{pieces} pieces sent")


@dataclass
class Seen:
    """One run as it was while the program waited for the rest of the answer, and as it ended."""

    stage: Stage
    agent: Any = None
    shown: list[str] = field(default_factory=list)
    thought: str = ""
    calls: list[dict] = field(default_factory=list)
    status: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    environs: list[dict[str, str]] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    cwd: str = ""
    peers: set[str] = field(default_factory=set)
    asked: list[dict] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Notes what can be seen of the live program."""
        proxy, living = self.stage.proxy, []
        for process in proxy.processes(self.agent):
            with suppress(psutil.NoSuchProcess):
                living.append((process.environ(), {peer.raddr.ip for peer in _peers(process)}))
        main = proxy.program(self.agent)
        self.environ, self.command, self.cwd = main.environ(), main.cmdline(), main.cwd()
        self.environs = [environ for environ, _ in living]
        self.peers = set().union(*(peers for _, peers in living))
        self.calls = self.stage.calls(self.agent)
        self.thought = self.stage.shown(self.agent, "reasoning")
        self.status = self.agent.status


def _peers(process: psutil.Process) -> list:
    return [peer for peer in process.net_connections("inet") if peer.raddr]


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """The folder of the three programs' commands, installed for this module and removed after it.

    `NBSTREAM_TEST_PROGRAMS` names a folder that keeps them, for who runs these tests often.
    """
    kept = os.environ.get("NBSTREAM_TEST_PROGRAMS")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("programs")
    yield install(folder)
    if not kept:
        shutil.rmtree(folder)


@pytest.fixture(scope="module", params=[CODEX, GEMINI, OPENCODE], ids=lambda program: program.name)
def stage(request, commands, tmp_path_factory):
    """One program with a proxy of its own that knows nothing of this machine."""
    program = request.param
    folder = tmp_path_factory.mktemp(program.name)
    with ExitStack() as stack:
        api = program.api()
        server = stack.enter_context(LoopbackServer(api))
        stack.callback(api.play, [])
        variables = {
            "HTTPS_PROXY": server.url,
            "PATH": f"{commands}:{NODE}:/usr/bin:/bin",
            **program.variables(server.url),
        }
        proxy = ProxyProcess(folder, variables)
        (proxy.work / "note.txt").write_text(NOTE)
        for name, text in program.settings(server.url).items():
            (proxy.home / name).parent.mkdir(parents=True, exist_ok=True)
            (proxy.home / name).write_text(text)
        store = nbs.connect(folder / "store.duckdb")
        stack.callback(nbs.close_all)  # after the proxy has ended its runs, so that their ends are saved
        stack.callback(proxy.close)
        yield Stage(program, api, proxy.start(), store)


@pytest.fixture(scope="module")
def seen(stage):
    """A run that thinks, speaks, calls a tool, and then answers as far as the gate lets it."""
    told = len(LOOK[1].pieces)
    stage.api.play([(*LOOK, stage.program.tool), (Text(ANSWER),)], limit=told + 1)
    run = Seen(stage)
    run.agent = stage.launch(PROMPT, model=stage.program.models[0])
    until(lambda: stage.calls(run.agent), ENDS, "the tool's result in the store")
    for number in range(1, len(ANSWER)):
        stage.api.gate.open_to(told + number)
        stage.all_sent(told + number)
        if stage.program.streams:
            piece = ANSWER[number - 1]
            until(lambda piece=piece: stage.shown(run.agent, "text").endswith(piece), ENDS, f"{piece!r} in the store")
        run.shown.append(stage.shown(run.agent, "text"))
    run.look()
    stage.api.gate.open_to()
    assert run.agent.wait(timeout=ENDS) == "completed", run.agent.error
    run.asked, run.strangers = list(stage.api.asked), list(stage.api.strangers)
    run.keys = {value for request in stage.api.seen for value in _credentials(request.headers)}
    return run


def _credentials(headers: dict[str, str]) -> list[str]:
    return [headers[name].removeprefix("Bearer ") for name in ("authorization", "x-goog-api-key") if name in headers]


def test_rows_are_in_the_store_while_the_program_still_runs(seen):
    assert seen.status == "running"
    look = "".join(LOOK[1].pieces)
    pieces = ["".join(ANSWER[:number]) for number in range(1, len(ANSWER))]
    expected = pieces if seen.stage.program.streams else [""] * len(pieces)
    assert seen.shown == [look + piece for piece in expected]
    assert seen.stage.shown(seen.agent, "text") == look + "".join(ANSWER)


def test_what_the_model_thought_is_shown_where_the_program_prints_it(seen):
    assert seen.thought == ("" if seen.stage.program is GEMINI else LOOK[0].words)


def test_a_tool_call_and_its_result_are_one_row(seen):
    (call,) = seen.stage.calls(seen.agent)
    assert seen.calls == [call]
    # What a file holds is told to the model only.
    assert call["output"] == ("" if seen.stage.program is GEMINI else NOTE)
    assert not call["is_error"]
    if seen.stage.program is not CODEX:  # which tells of its commands in its own words, without the model's ids
        assert call["tool"] == seen.stage.program.tool.name
        assert call["tool_call_id"].endswith("call_1")
        assert json.loads(call["input"]) == seen.stage.program.tool.input
    else:
        assert "cat note.txt" in json.loads(call["input"])["command"]
    assert [text for text in _texts(seen.asked[1]) if text.endswith(NOTE)]


def test_usage_is_what_the_api_counted(seen):
    turns = ((*LOOK, seen.stage.program.tool), (Text(ANSWER),))
    rows = seen.stage.store.usage(seen.agent.id, to="arrow").to_pylist()
    told = {name: sum(row[name] or 0 for row in rows) for name in ("input_tokens", "cache_read_tokens")}
    assert told == {"input_tokens": 2 * INPUT_TOKENS, "cache_read_tokens": 2 * CACHED_TOKENS}
    thoughts = 0 if seen.stage.program is GEMINI else sum(map(thought_tokens, turns))  # it leaves them out
    assert sum(row["output_tokens"] for row in rows) == sum(map(spoken_tokens, turns)) + thoughts


def test_the_prompt_comes_by_stdin_whole_and_never_as_a_flag(seen):
    assert [text for text in _texts(seen.asked[0]) if text.strip() == PROMPT]
    arguments = seen.stage.profile.command(model=seen.stage.program.models[0])[1:]
    assert seen.command[-len(arguments) :] == arguments


def _texts(value) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return [value]
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for inner in below for text in _texts(inner)]


def test_the_program_gets_the_named_variables_and_no_other(seen):
    proxy = seen.stage.proxy
    allowed = {*PASSED, *seen.stage.profile.env}
    beside = set(seen.environ) - allowed - {RUN_KEY}
    assert all(name.startswith("CODEX_MANAGED_") for name in beside), "only what its own launcher has set"
    named = allowed & set(proxy.environ)
    assert {name: seen.environ[name] for name in named} == {name: proxy.environ[name] for name in named}
    for environ in seen.environs:
        assert set(environ.values()).isdisjoint(DECOYS.values())
    assert seen.cwd == str(proxy.work)


def test_the_program_talks_to_this_machine_only_and_with_the_key_it_was_given(seen):
    assert seen.strangers == []
    assert seen.peers == {"127.0.0.1"}
    assert seen.keys == {KEY}


def test_the_table_is_the_programs_output(seen):
    assert_complete(seen.stage, seen.agent)
    assert seen.agent.record.metadata["end"]["exit_code"] == 0


def assert_complete(stage: Stage, agent) -> None:
    """The table is the program's output, line for line, with no hole and nothing unknown."""
    assert "\n".join(stage.store.raw(agent.id)).splitlines() == stage.proxy.log(agent).splitlines()
    messages = stage.store.read(agent.id)
    assert [message.sequence_number for message in messages] == list(range(1, len(messages) + 1))
    assert not any(message.metadata.get("nbstream.kind") in {"gap", "unknown"} for message in messages)
    report = stage.store.verify()
    assert report, str(report)


def test_a_session_goes_on_with_another_model(seen):
    stage = seen.stage
    stage.api.play([(Text(("Noch ", "immer.")),)])
    agent = stage.launch(AGAIN, session_id=seen.agent.record.session_id, model=stage.program.models[1])
    assert agent.wait(timeout=ENDS) == "completed", agent.error
    assert stage.shown(agent, "text") == "Noch immer."
    assert agent.record.session_id == seen.agent.record.session_id
    texts = _texts(stage.api.asked[0])
    assert [text for text in texts if AGAIN in text]
    assert [text for text in texts if "".join(ANSWER) in text], "the API was told what was said before"
    asked_of = stage.api.asked[0].get("model") or stage.api.seen[0].path
    assert stage.program.models[1].rpartition("/")[2] in asked_of
    # Codex counts the whole session at the end of a turn; what the runs before have used is taken off.
    rows = stage.store.usage(agent.id, to="arrow").to_pylist()
    assert sum(row["input_tokens"] for row in rows) == INPUT_TOKENS
    assert stage.api.strangers == []
    assert_complete(stage, agent)


def test_stop_in_the_middle_of_an_answer_leaves_what_came_and_no_process(stage):
    stage.api.play([(Text(ANSWER),)], limit=3)
    agent = stage.launch("x", model=stage.program.models[0])
    stage.all_sent(3)
    expected = "".join(ANSWER[:3]) if stage.program.streams else ""
    until(lambda: stage.shown(agent, "text") == expected and agent.status == "running")
    token, processes = stage.proxy.run_token(agent), stage.proxy.processes(agent)
    assert stage.proxy.program(agent) in processes
    agent.stop()
    assert agent.wait(timeout=ENDS) == "stopped"
    assert [process for process in processes if lives(process)] == []
    assert bearers_of(token) == []
    assert stage.shown(agent, "text") == expected
    assert_complete(stage, agent)


def test_a_program_that_somebody_else_ends_was_not_complete(stage):
    stage.api.play([(Text(ANSWER),)], limit=3)
    agent = stage.launch("x", model=stage.program.models[0])
    stage.all_sent(3)
    until(lambda: agent.status == "running")
    for process in stage.proxy.processes(agent)[1:]:  # as Ctrl-C in a terminal: all but the proxy's supervisor
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT)
    assert agent.wait(timeout=ENDS) == "interrupted", agent.error
    assert agent.error
    assert_complete(stage, agent)


CODEX_SAYS = {429: "429 Too Many Requests", 500: "high demand"}
"""In its own words; the API's are not shown."""
WORDS = "the loopback server does not like this"


def test_an_api_error_is_a_failed_run_with_its_reason(stage):
    for status in stage.program.gives_up:
        stage.api.play([Refusal(status, "some_error", WORDS)] * 20)
        agent = stage.launch("x", model=stage.program.models[0])
        assert agent.wait(timeout=ENDS) == "failed"
        reason = CODEX_SAYS.get(status, WORDS) if stage.program is CODEX else WORDS
        assert reason in agent.error
        assert agent.record.metadata["end"]["exit_code"] not in (0, None)
        told = [message.content for message in stage.store.read(agent.id)]
        assert any(reason in content for content in told)
        assert stage.shown(agent, "text") == ""
        assert_complete(stage, agent)


def test_a_refusal_for_the_moment_is_no_failure_and_a_flag_is_a_prompt(stage):
    refusals = [Refusal(status, "some_error", WORDS, {"retry-after-ms": "1"}) for status in stage.program.asks_again]
    stage.api.play([*refusals, (Text(ANSWER),)])
    agent = stage.launch("--help", model=stage.program.models[0])
    assert agent.wait(timeout=ENDS) == "completed", agent.error
    assert len(stage.api.asked) == len(refusals) + 1
    assert stage.shown(agent, "text") == "".join(ANSWER)
