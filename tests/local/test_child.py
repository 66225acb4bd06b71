import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from nbstream.errors import MissingExtra, SourceUnavailable
from nbstream.local import LocalServer
from nbstream.local.child import _why
from nbstream.local.server import load_runtime

pytestmark = pytest.mark.local_llm

PROMPT = "Explain what a Jupyter kernel is in two sentences."


@pytest.fixture
def client(server):
    with httpx.Client(base_url=server.url, trust_env=False, timeout=60) as http:
        yield http


def body(prompt=PROMPT, max_tokens=120, **more):
    return {"max_tokens": max_tokens, "stream": True, "messages": [{"role": "user", "content": prompt}], **more}


def key_of(server):
    return {"x-api-key": server.api_key}


def test_the_answer_streams_as_many_deltas_and_one_terminal_event(server, client):
    with client.stream("POST", "/v1/messages", headers=key_of(server), json=body()) as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        reads = list(response.iter_raw())
    assert len(reads) >= 10, "the answer came in one piece"
    lines = b"".join(reads).decode().splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert len(deltas) >= 10
    assert len("".join(deltas).split()) >= 10
    assert [event["type"] for event in events].count("message_stop") == 1
    assert events[-1]["type"] == "message_stop"
    assert events[0]["message"]["model"] == server.model == "smollm2-135m-instruct"


@pytest.mark.parametrize("route", ["/v1/messages", "/v1/chat/completions", "/v1/responses", "/v1/completions"])
@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}, {"authorization": "Bearer none"}])
def test_without_the_key_nothing_is_answered(client, route, headers):
    assert client.post(route, json=body(), headers=headers).status_code == 401


def test_only_loopback_is_bound(server):
    listening = [c for c in psutil.Process(server.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert [connection.laddr.ip for connection in listening] == ["127.0.0.1"]


def test_no_web_page_and_no_path_gets_out(server, client):
    answer = client.get("/v1/models", headers=key_of(server) | {"origin": "http://example.com"})
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1"
    assert "access-control-allow-credentials" not in answer.headers
    assert ".gguf" not in answer.text
    assert client.get("/", headers=key_of(server)).status_code == 404
    assert client.get("/slots", headers=key_of(server)).status_code == 501


def test_the_key_is_in_no_command_line(server):
    assert server.api_key not in " ".join(psutil.Process(server.pid).cmdline())
    assert len(server.api_key) >= 40


def test_closing_the_stream_cancels_the_generation(server, client):
    process = psutil.Process(server.pid)
    endless = body("Count from one to ten thousand.", 3500, ignore_eos=True)
    with client.stream("POST", "/v1/chat/completions", headers=key_of(server), json=endless) as response:
        reads = response.iter_raw()
        for _ in range(5):
            next(reads)
        assert any(process.cpu_percent(interval=0.25) > 20 for _ in range(40)), "an open stream computes"
    quiet = any(process.cpu_percent(interval=0.25) < 5 for _ in range(20))
    assert quiet, "five seconds after the close it still computes; the answer has a minute to go"


def test_an_interrupt_of_this_group_does_not_reach_it(server):
    assert os.getsid(server.pid) != os.getsid(0)


def test_leaving_the_context_ends_the_child():
    with LocalServer() as server:
        child = psutil.Process(server.pid)
        assert server.alive
    assert not child.is_running()
    assert not server.alive


def test_ensure_gives_one_server_to_all_and_a_new_one_after_a_crash():
    with ThreadPoolExecutor(4) as pool:
        servers = set(pool.map(lambda _: LocalServer.ensure(), range(4)))
    assert len(servers) == 1
    first = servers.pop()
    try:
        os.kill(first.pid, signal.SIGKILL)
        psutil.Process(first.pid).wait(10)
        second = LocalServer.ensure()
        assert second is not first
        assert second.alive
        assert httpx.get(f"{second.url}/health", trust_env=False).json() == {"status": "ok"}
    finally:
        first.stop()
        LocalServer.ensure().stop()


PARENT = """
import signal
from nbstream.local import LocalServer
print(LocalServer.ensure().pid, flush=True)
signal.pause()
"""


def test_it_dies_with_a_parent_killed_by_sigkill():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.kill()
    try:
        child.wait(30)
    finally:
        if child.is_running():
            child.kill()


def test_it_dies_with_a_parent_that_just_ends():
    script = PARENT.replace("signal.pause()", "")
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert not psutil.pid_exists(int(ended.stdout))
    assert ended.stderr == ""


def test_a_file_that_is_no_model_gives_the_tail_of_the_log(tmp_path):
    (tmp_path / "no.gguf").write_bytes(b"not a model" * 100)
    server = LocalServer(tmp_path / "no.gguf")
    with pytest.raises(
        SourceUnavailable, match=r"(?s)did not start: it ended \(exit status 2\).*failed to load model"
    ) as caught:
        server.start()
    assert len(str(caught.value)) < 1200
    assert not server.alive


def test_a_start_that_takes_too_long_is_given_up_and_cleaned_up():
    server = LocalServer(start_timeout=0.01)
    with pytest.raises(SourceUnavailable, match=r"did not answer within 0\.01 s"):
        server.start()
    assert not server.alive


def test_a_missing_runtime_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtra, match=r"the local model needs .* pip install 'nbstream\[local\]'"):
        LocalServer.ensure()
    with pytest.raises(MissingExtra):
        load_runtime()


def test_a_missing_system_library_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "xllamacpp.py").write_text('raise ImportError("libgomp.so.1: cannot open shared object file")')
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SourceUnavailable, match=r"libgomp\.so\.1: cannot open.*apt-get install libgomp1"):
        load_runtime()


def test_an_old_processor_is_named():
    assert "lacks instructions the runtime was built with (AVX2)" in _why(-4, Exception("it ended"), "")
