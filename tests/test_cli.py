"""The command line: each command as a person calls it, on real files and real processes."""

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import duckdb
import httpx
import pytest

from nbstream.cli import main
from nbstream.commands.text import Narrator, cut, plain
from nbstream.messages import AgentMessage, AgentRecord
from nbstream.store import MessageStore

FIRST = UUID("019dd5a0-0000-7000-8000-000000000001")
SECOND = UUID("019dd5b0-0000-7000-8000-000000000002")
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def row(content, op="append", block="a", role="assistant", part="text", kind="assistant", **more):
    return AgentMessage(type=kind, content=content, op=op, block=block, role=role, part=part, **more)


CALL = {"gen_ai.tool.name": "Read", "gen_ai.tool.call.id": "t1"}
LOG = [
    row("Good ", raw='{"n":1}'),
    row("morning"),
    row("Good morning.", op="set"),
    row('{"path":"x"}', op="set", block="c", part="tool_call", metadata=CALL),
    row("42 ```", op="set", block="r", role="tool", part="tool_call_response", kind="tool", metadata=CALL),
    row("thought", op="set", block="th", part="reasoning"),
    row("wrong", block="w"),
    row("", op="drop", block="w"),
    row("12", op="note", block=None, role=None, part=None, kind="system", metadata={"nbstream.kind": "usage"}),
    row("retrying", op="note", block=None, role=None, part=None, kind="system", metadata={"nbstream.kind": "retry"}),
]  # fmt: skip


@pytest.fixture
def path(tmp_path):
    """A store with two agents, the first with a log."""
    file = tmp_path / "history.duckdb"
    with MessageStore.open(file) as store:
        for agent_id, prompt, status in (
            (FIRST, "Say\ngood \x1b[31mmorning", "completed"),
            (SECOND, "Wait", "running"),
        ):
            store.create_agent(
                AgentRecord(id=agent_id, type="claude", status=status, source="replay", prompt=prompt, created_at=WHEN)
            )
        store.save(FIRST, LOG).result(10)
    return file


@pytest.fixture
def start():
    """Start `nbstream …` with both pipes; killed with the test where it still runs."""
    started = []

    def begin(*arguments, **more):
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-m", "nbstream", *map(str, arguments)], stdout=pipe, stderr=pipe, text=True, **more
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def run(*arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "nbstream", *map(str, arguments)], capture_output=True, text=True, timeout=60,
        check=False, **more,
    )  # fmt: skip


COMMANDS = [[], ["demo"], ["proxy"], ["relay"], ["agents"], ["tail"], ["search"], ["verify"], ["export"], ["import"], ["compact"],
            ["delete"], ["local"], ["local", "pull"], ["local", "serve"]]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_says_what_it_does_and_what_it_takes(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage: nbstream")
    assert len(shown.splitlines()) >= 5


def test_the_version_is_the_packages():
    done = run("--version")
    assert re.fullmatch(r"nbstream \d+\.\d+\.\d+\S*\n", done.stdout)
    assert done.returncode == 0


def test_no_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_agents_lists_one_line_each_without_control_characters(path, capsys):
    assert main(["agents", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{FIRST}  completed    replay       2026-01-02 03:04:05  Say good ␛[31mmorning",
        f"{SECOND}  running      replay       2026-01-02 03:04:05  Wait",
    ]


def test_agents_as_json_is_an_object_a_line(path, capsys):
    assert main(["agents", str(path), "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["id"] == str(FIRST)
    assert first["prompt"] == "Say\ngood \x1b[31mmorning"
    assert first["created_at"] == "2026-01-02T03:04:05+00:00"
    assert first["completed_at"] is None
    assert second["status"] == "running"
    assert "metadata" not in first


TOLD = """\
[assistant]
Good morning.
[tool call Read]
{"path":"x"}
[tool result]
42 ```
[reasoning]
thought
[assistant]
wrong
(withdrawn)
(retry) retrying
"""


def test_tail_tells_the_log_as_it_was_read(path, capsys):
    assert main(["tail", str(path), str(FIRST)]) == 0
    assert capsys.readouterr().out == TOLD


def test_an_id_may_be_shortened_as_long_as_it_is_one_agents(path, capsys):
    assert main(["tail", str(path), "019DD5A"]) == 0
    assert capsys.readouterr().out == TOLD
    assert main(["tail", str(path), "019dd5"]) == 2
    assert "2 agents of" in capsys.readouterr().err
    assert main(["tail", str(path), "ffff"]) == 2
    assert f"nbstream: no agent of {path} with an id that begins with 'ffff'" in capsys.readouterr().err


def test_tail_as_json_is_the_log_message_by_message(path, capsys):
    assert main(["tail", str(path), str(FIRST), "--json"]) == 0
    messages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [message["sequence_number"] for message in messages] == list(range(1, 11))
    assert [message["op"] for message in messages] == [row.op for row in LOG]
    assert "raw" not in messages[0]


def test_tail_follows_another_process_until_its_agent_has_ended(path, start):
    with MessageStore.open(path) as store:
        tail = start("tail", path, SECOND, "--follow")
        for word in ("one ", "two\n"):
            store.save(SECOND, [row(word)]).result(10)
        assert tail.stdout.readline() == "[assistant]\n"
        assert tail.stdout.readline() == "one two\n"
        assert tail.poll() is None
        store.save(SECOND, [row("three")]).result(10)
        store.update_agent(SECOND, status="completed").result(10)
        assert tail.communicate(timeout=30) == ("three\n", "")
        assert tail.returncode == 0


def test_a_reader_that_leaves_is_no_error(path):
    with MessageStore.open(path) as store:
        store.save(FIRST, [row("word " * 50 + "\n") for _ in range(5_000)]).result(60)
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m nbstream tail {path} {FIRST} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "[assistant]\n141\n"
    assert done.stderr == ""


def test_verify_says_yes_and_exits_0(path, capsys):
    assert main(["verify", str(path)]) == 0
    assert "every rule holds" in capsys.readouterr().out


def test_verify_finds_a_row_that_was_taken_out_and_exits_1(path, capsys):
    with duckdb.connect(str(path)) as database:
        database.execute("DELETE FROM agent_messages WHERE sequence_number = 4")
    assert main(["verify", str(path)]) == 1
    assert f"missing sequence numbers: {FIRST}: 4" in capsys.readouterr().out


def test_export_as_jsonl_has_the_raw_bytes_too(path, capsys):
    assert main(["export", str(path), str(FIRST), "--format", "jsonl"]) == 0
    messages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(messages) == len(LOG)
    assert messages[0]["raw"] == '{"n":1}'
    assert AgentMessage.from_json(messages[3]).metadata == CALL


def test_export_as_markdown_is_the_transcript(path, capsys):
    assert main(["export", str(path), str(FIRST), "--format", "markdown"]) == 0
    assert capsys.readouterr().out == (
        f"# replay · completed\n\n- agent: `{FIRST}`\n\n> Say\n> good \x1b[31mmorning\n\n"
        "**assistant**\n\nGood morning.\n\n"
        '**tool call Read**\n\n```json\n{"path":"x"}\n```\n\n'
        "**tool result**\n\n````\n42 ```\n````\n\n"
        "**reasoning**\n\n> thought\n\n*retrying*\n\n"
    )


@pytest.mark.parametrize("command", [["agents"], ["verify"], ["tail", "x"], ["export", "--format", "jsonl", "x"]])
def test_a_store_that_is_not_there_is_not_made(command, tmp_path, capsys):
    missing = tmp_path / "missing.duckdb"
    assert main([command[0], str(missing), *command[1:]]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"nbstream: expected a store at {missing}")
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert not missing.exists()


def test_a_file_that_is_no_store_is_one_line_on_stderr(tmp_path, capsys):
    (tmp_path / "x.duckdb").write_text("no database")
    assert main(["agents", str(tmp_path / "x.duckdb")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_control_characters_of_an_agent_never_reach_the_terminal():
    hostile = "".join(map(chr, range(0xA0))) + "é漢"
    shown = plain(hostile)
    codes = {ord(character) for character in shown}
    assert codes & {*range(0x20), *range(0x7F, 0xA0)} == {ord("\n"), ord("\t")}
    assert shown.endswith("é漢")
    assert len(shown) == len(hostile)
    said = []
    narrator = Narrator(said.append)
    narrator.tell(row("a\x1b]0;title\x07b\x9b31m", metadata={"gen_ai.tool.name": "\x1b[2J"}, part="tool_call"))
    assert "\x1b" not in "".join(said)
    assert "\x9b" not in "".join(said)


def test_cut_counts_the_ellipsis():
    assert cut("abcdef", 5) == "abcd…"
    assert cut("a\n b", 5) == "a b"
    assert cut(None, 5) == ""


def test_an_answer_that_differs_from_its_deltas_is_told_again():
    said = []
    narrator = Narrator(said.append)
    for message in (row("Helo"), row("Hello.", op="set"), row(" More", op="append")):
        narrator.tell(message)
    narrator.end()
    assert "".join(said) == "[assistant]\nHelo\n[assistant]\nHello. More\n"


def test_two_blocks_at_once_are_told_apart_and_nothing_is_told_twice():
    said = []
    narrator = Narrator(said.append)
    for message in (row("A1"), row("B", block="b", role="tool"), row("A2"), row("B", op="set", block="b")):
        narrator.tell(message)
    narrator.tell(row("A1A2", op="set"))
    narrator.end()
    assert "".join(said) == "[assistant]\nA1\n[tool]\nB\n[assistant]\nA2\n"


def test_proxy_serves_until_sigterm(tmp_path, start):
    state = tmp_path / "state.json"
    environment = os.environ | {"NBSTREAM_RUNTIME": str(tmp_path / "run"), "NBSTREAM_RUNS": str(tmp_path / "runs")}
    proxy = start("proxy", "--state-file", state, env=environment, cwd=tmp_path)
    assert proxy.stdout.readline().startswith("nbstream proxy at http://127.0.0.1:")
    address = json.loads(state.read_text())
    headers = {"authorization": f"Bearer {address['token']}"}
    answer = httpx.get(f"{address['url']}/health", headers=headers, trust_env=False)
    assert answer.json()["status"] == "ok"
    assert httpx.get(f"{address['url']}/health", trust_env=False).status_code == 401
    proxy.send_signal(signal.SIGTERM)
    assert proxy.wait(20) == 0
    assert not state.exists()


def test_proxy_refuses_an_address_others_can_reach(capsys):
    assert main(["proxy", "--host", "0.0.0.0"]) == 2
    assert capsys.readouterr().err.startswith("nbstream: '0.0.0.0' is not a loopback address")


def test_a_missing_configuration_is_one_line_on_stderr(tmp_path, capsys):
    assert main(["proxy", "--config", str(tmp_path / "no.toml")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("nbstream: ")
    assert "no.toml" in error
    assert error.count("\n") == 1


def test_relay_serves_a_program_and_ends_with_its_exit_code(tmp_path, start):
    environment = os.environ | {"NBSTREAM_RUNTIME": str(tmp_path / "run")}
    program = 'import sys; print(\'{"type":"x"}\', flush=True); sys.exit(3)'
    relay = start("relay", "--", sys.executable, "-c", program, env=environment)
    agent_id = relay.stderr.readline().split()[-1]
    url, token = re.findall(r"=(\S+)", relay.stderr.readline())
    headers = {"authorization": f"Bearer {token}"}
    stream = httpx.get(f"{url}/agent/{agent_id}/stream", headers=headers, trust_env=False, timeout=30).text
    assert 'data: {"type":"x"}\n' in stream
    assert "event: complete\n" in stream
    assert relay.wait(30) == 3


def test_a_program_that_is_not_installed_is_named(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("NBSTREAM_RUNTIME", str(tmp_path / "run"))
    assert main(["relay", "--", "no-such-program"]) == 2
    assert "no-such-program" in capsys.readouterr().err


@pytest.mark.local_llm
def test_local_pull_prints_the_path():
    done = run("local", "pull")
    assert done.returncode == 0
    assert Path(done.stdout.strip()).stat().st_size == 98_362_432


def test_local_serve_says_in_one_line_why_it_cannot(tmp_path):
    done = run("local", "serve", "--model", tmp_path / "no.gguf")
    assert done.returncode == 2
    assert done.stderr.startswith(f"nbstream: expected a GGUF file at {tmp_path}/no.gguf, there is none")
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
