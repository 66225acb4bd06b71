"""Every route, with real programs."""

from __future__ import annotations

import concurrent.futures
import json
import os
import uuid

import pytest

from proxy.process import ProxyProcess, token_in, toml
from support import until

PROFILES = (
    toml("count", "count.py", "20", "0")
    + toml("slow", "count.py", "100000", "0.02")
    + toml("tell", "tell.py")
    + toml("odd", "odd.py", "3")
    + toml("killed", "odd.py", "SIGTERM")
    + '[profiles.missing]\ncommand = ["no-such-program-anywhere"]\ninstall = "run the installer"\n'
    + f'[profiles.broken]\ncommand = ["{__file__}"]\n'
    + toml("nowhere", "tell.py", more='cwd = "not/there"')
)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    proxy = ProxyProcess(tmp_path_factory.mktemp("app") / "p", PROFILES, limits="max_runs = 100")
    proxy.start()
    yield proxy
    proxy.close()


def folders(proxy):
    return sorted(entry.name for entry in proxy.runs.iterdir())


def agent_ids(proxy):
    return [entry["agent_id"] for entry in proxy.client.get("/agents").json()["agents"]]


def test_health(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    answer = proxy.client.get("/health").json()
    assert answer["status"] == "ok"
    assert answer["active_agents"] == 0
    assert answer["timestamp"].endswith("+00:00")
    proxy.start_agent("slow")
    assert proxy.client.get("/health").json()["active_agents"] == 1


def test_start_answers_with_the_programs_pid(proxy):
    answer = proxy.post("/agent/start", {"prompt": "x", "profile": "slow"}).json()
    assert set(answer) == {"agent_id", "pid", "status"}
    assert answer["status"] == "started"
    assert uuid.UUID(answer["agent_id"])
    assert token_in(answer["pid"])


def test_a_whole_run(proxy):
    agent_id = proxy.start_agent("count")
    reading = proxy.read(agent_id)
    assert "\n".join(reading.lines) + "\n" == proxy.stdout(agent_id).decode()
    assert reading.numbers == list(range(1, 21))
    complete = reading.the("complete")
    assert complete.pop("duration") > 0
    assert complete == {
        "status": "completed",
        "messageCount": 20,
        "exit_code": 0,
        "signal": None,
        "stderr": "",
        "reason": None,
    }
    assert reading.events[-1].event == "complete"
    assert reading.bytes.rpartition(b"event: complete")[0].endswith(b"\n\n"), "the last event has no id line"


def test_start_and_stream_in_one(proxy):
    with proxy.client.stream("POST", "/agent/stream", json={"prompt": "x", "profile": "count"}) as response:
        text = response.read().decode()
        agent_id = response.headers["x-agent-id"]
    assert text.count("event: message\n") == 20
    assert text.count("event: complete\n") == 1
    assert proxy.status(agent_id)["status"] == "completed"


def test_the_headers_of_a_stream(proxy):
    reading = proxy.read(proxy.start_agent("count"))
    assert reading.headers["content-type"].startswith("text/event-stream")
    assert reading.headers["cache-control"] == "no-cache, no-transform"
    assert reading.headers["x-accel-buffering"] == "no"
    assert reading.headers["x-content-type-options"] == "nosniff"
    assert "content-encoding" not in reading.headers


def test_head_is_answered_without_streaming(proxy):
    answer = proxy.client.head(f"/agent/{proxy.start_agent('slow')}/stream")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_stop_answers_when_nothing_is_left(proxy):
    agent_id = proxy.start_agent("slow")
    # Before its first line it is still an interpreter that starts, which may lose an interrupt.
    until(lambda: proxy.stdout(agent_id), what="the first line")
    assert proxy.post(f"/agent/stop/{agent_id}").json() == {"status": "stopped", "agent_id": agent_id}
    assert proxy.alive(agent_id) == set()
    complete = proxy.read(agent_id).the("complete")
    assert (complete["status"], complete["signal"], complete["exit_code"]) == ("stopped", "SIGINT", 130)
    assert complete["messageCount"] == len(proxy.read(agent_id).lines)


def test_stop_of_a_run_that_was_over_keeps_its_status(proxy):
    agent_id = proxy.start_agent("count")
    proxy.until_over(agent_id)
    assert proxy.post(f"/agent/stop/{agent_id}").json() == {"status": "completed", "agent_id": agent_id}


def test_stop_by_two_at_once(proxy):
    agent_id = proxy.start_agent("slow")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: proxy.post(f"/agent/stop/{agent_id}").json()["status"], range(4)))
    assert answers == ["stopped"] * 4


def test_how_a_program_ended_is_told(proxy):
    odd = proxy.read(proxy.start_agent("odd")).the("complete")
    assert (odd["status"], odd["exit_code"], odd["signal"]) == ("failed", 3, None)
    assert len(odd["stderr"]) == 4096
    assert odd["stderr"].endswith("last words\n")
    killed_id = proxy.start_agent("killed")
    killed = proxy.read(killed_id).the("complete")
    assert (killed["status"], killed["exit_code"], killed["signal"]) == ("failed", 143, "SIGTERM")
    assert len(proxy.status(killed_id)["stderr"]) == 65536


def test_status_and_list(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    first = proxy.start_agent("count", model=None)
    second = proxy.start_agent("slow")
    proxy.until_over(first)
    listed = proxy.client.get("/agents").json()["agents"]
    assert [entry["agent_id"] for entry in listed] == [first, second]
    status = proxy.status(first)
    assert status["status"] == "completed"
    assert status["head"] == 20
    assert status["profile"] == "count"
    assert proxy.status(second)["status"] == "running"


def test_the_same_request_again_gives_the_same_run(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    body = {"prompt": "x", "profile": "slow", "agent_id": str(uuid.uuid4())}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        answers = [answer.json() for answer in pool.map(lambda _: proxy.post("/agent/start", body), range(6))]
    assert answers == [answers[0]] * 6
    assert answers[0]["agent_id"] == body["agent_id"]
    assert proxy.client.get("/health").json()["active_agents"] == 1
    proxy.post(f"/agent/stop/{body['agent_id']}")
    assert proxy.post("/agent/start", body).json() == answers[0], "also when it is over"
    assert proxy.post("/agent/start", {**body, "prompt": "y"}).status_code == 409


def test_a_program_that_is_not_there(proxy):
    answer = proxy.post("/agent/start", {"prompt": "x", "profile": "missing"})
    assert answer.status_code == 422
    assert answer.json()["reason"] == "program_not_found"
    assert "'no-such-program-anywhere'" in answer.json()["detail"]
    assert "run the installer" in answer.json()["detail"]


@pytest.mark.parametrize("profile", ["broken", "nowhere"])
def test_a_program_that_cannot_be_started_leaves_nothing(proxy, profile):
    before = folders(proxy), agent_ids(proxy)
    answer = proxy.post("/agent/start", {"prompt": "x", "profile": profile})
    assert answer.status_code == 422
    assert answer.json()["reason"] == "program_not_found"
    assert (folders(proxy), agent_ids(proxy)) == before


def test_no_more_runs_than_the_limit(make_proxy):
    proxy = make_proxy(profiles=PROFILES, limits="max_runs = 2")
    first = proxy.start_agent("slow")
    proxy.start_agent("slow")
    answer = proxy.post("/agent/start", {"prompt": "x", "profile": "slow"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    proxy.post(f"/agent/stop/{first}")
    proxy.start_agent("slow")


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/agent/stop/{other}", 404, "unknown_agent"),
        ("/agent/stop/..%2f..%2fetc", 404, None),
        ("/agent/stop/not-a-uuid", 404, "unknown_agent"),
        ("/nowhere", 404, None),
    ],
)
def test_unknown_paths_by_post(proxy, path, status, reason):
    answer = proxy.post(path.format(other=uuid.uuid4()))
    assert answer.status_code == status
    if reason:
        assert answer.json()["reason"] == reason
        assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["/agent/{other}", "/agent/{other}/stream", "/agent/x/stream"])
def test_unknown_agents_by_get(proxy, path):
    answer = proxy.client.get(path.format(other=uuid.uuid4()))
    assert answer.status_code == 404
    assert answer.json()["reason"] == "unknown_agent"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"prompt": "' + b"[" * 100_000, 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"[]", 422),
        (b"null", 422),
        (b"{}", 422),
        (b'{"prompt": ""}', 422),
        (b'{"prompt": 7}', 422),
        (b'{"prompt": ["a"]}', 422),
        (b'{"prompt": "a\\u0000b"}', 422),
        (b'{"prompt": "\\ud800"}', 422),
        (b'{"prompt": "a", "argv": ["sh"]}', 422),
        (b'{"prompt": "a", "cwd": "/"}', 422),
        (b'{"prompt": "a", "env": {}}', 422),
        (b'{"prompt": "a", "agent_id": "../../x"}', 422),
        (b'{"prompt": "a", "agent_id": 7}', 422),
        (b'{"prompt": "a", "profile": "count", "model": "m"}', 422),
        (b'{"prompt": "a", "profile": "count", "session_id": "s"}', 422),
        (b'{"prompt": "a", "profile": "/bin/sh"}', 404),
        (b'{"prompt": "a", "profile": "count\\n"}', 404),
    ],
)
@pytest.mark.parametrize("path", ["/agent/start", "/agent/stream"])
def test_bodies_that_are_refused(proxy, path, body, status):
    before = folders(proxy)
    answer = proxy.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert set(answer.json()) == {"detail", "reason"}
    assert folders(proxy) == before


def test_a_request_without_a_profile_gets_the_default(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    assert proxy.post("/agent/start", {"prompt": "x"}).json()["reason"] == "program_not_found", "claude is the default"
    proxy.close()
    proxy.config.write_text('default = "count"\n' + proxy.config.read_text())
    proxy.start()
    agent_id = proxy.post("/agent/start", {"prompt": "x"}).json()["agent_id"]
    assert proxy.until_over(agent_id)["profile"] == "count"


def test_the_files_of_a_run_are_private(proxy):
    agent_id = proxy.start_agent("count")
    proxy.until_over(agent_id)
    folder = proxy.runs / agent_id
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert {"meta.json", "prompt", "stdout.log", "stderr.log", "child.json", "exit.json"} <= set(modes)
    assert proxy.state.stat().st_mode & 0o777 == 0o600


HOSTILE = [
    "--dangerously-skip-permissions",
    "-p",
    "--settings={}",
    "; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a\nb\r\nc",
    "-",
    "--",
    "\u202e\u0007\x1b[2J",
    "x" * 1_000_000,
    " ",
    "%s%n",
    "--resume 00000000-0000-0000-0000-000000000000",
]


@pytest.mark.parametrize("prompt", HOSTILE, ids=range(len(HOSTILE)))
def test_a_prompt_reaches_stdin_and_nothing_else(proxy, prompt):
    told = json.loads(proxy.read(proxy.start_agent("tell", prompt)).lines[0])
    assert told["stdin"] == prompt
    assert len(told["argv"]) == 1
    assert told["argv"][0].endswith("tell.py")
    assert not any(prompt in value for value in told["env"].values() if len(prompt) > 2)


def test_what_a_program_inherits(make_proxy):
    secrets = {
        "JPY_API_TOKEN": "1",
        "JPY_SESSION_NAME": "1",
        "JUPYTER_TOKEN": "1",
        "JUPYTERHUB_API_TOKEN": "1",
        "AWS_SECRET_ACCESS_KEY": "1",
        "GITHUB_TOKEN": "1",
        "GH_TOKEN": "1",
        "NBSTREAM_PROXY_TOKEN": "1",
        "OPENAI_API_KEY": "1",
        "LD_PRELOAD": "",
        "PYTHONPATH": "",
    }
    allowed = {"LC_TIME": "C", "TMPDIR": "/tmp", "NAMED_KEY": "yes"}
    profile = toml("tell", "tell.py", more='env = ["NAMED_KEY"]')
    proxy = make_proxy(profiles=profile, environ=secrets | allowed)
    told = json.loads(proxy.read(proxy.start_agent("tell")).lines[0])
    passed = set(told["env"]) - {"LC_CTYPE"}  # Python sets that one itself
    assert passed <= {"PATH", "HOME", "LANG", "TERM", "TMPDIR", "LC_TIME", "LC_ALL", "NAMED_KEY", "NBSTREAM_RUN"}
    assert allowed.items() <= told["env"].items()
    assert told["cwd"] == str(proxy.folder)
    assert told["ignored"] == []
    assert told["fds"] in ([0, 1, 2, 3], [0, 1, 2]), "no descriptor of the proxy (3 is the listing itself)"


def test_ignored_signals_are_not_inherited(tmp_path, make_proxy):
    """A shell starts what ends in `&` with SIGINT ignored; such a proxy must still be able to interrupt."""
    import signal

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        proxy = make_proxy(profiles=PROFILES)
    finally:
        signal.signal(signal.SIGINT, before)
    told = json.loads(proxy.read(proxy.start_agent("tell")).lines[0])
    assert told["ignored"] == []


def test_runs_that_are_too_old_are_removed_and_nothing_else(make_proxy):
    proxy = make_proxy(profiles=PROFILES)
    old, young = proxy.start_agent("count"), proxy.start_agent("count")
    proxy.until_over(old)
    proxy.until_over(young)
    proxy.end()
    foreign = proxy.runs / "photos"
    foreign.mkdir()
    long_ago = 1_000_000_000
    os.utime(proxy.runs / old, (long_ago, long_ago))
    os.utime(foreign, (long_ago, long_ago))
    proxy.start()
    assert proxy.client.get(f"/agent/{old}").status_code == 404
    assert proxy.status(young)["status"] == "completed"
    assert foreign.is_dir()
    assert not (proxy.runs / old).exists()


def test_output_over_the_limit_stops_the_run(make_proxy):
    profiles = toml("slow", "count.py", "100000", "0.001", "y" * 1000)
    proxy = make_proxy(profiles=profiles, limits="max_log_bytes = 100_000")
    complete = proxy.read(proxy.start_agent("slow")).the("complete")
    assert complete["status"] == "stopped"
    assert complete["reason"] == "its output passed the limit of 100,000 bytes"
    until(lambda: not proxy.client.get("/health").json()["active_agents"])
