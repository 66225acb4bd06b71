import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from nbstream.local import find_model

pytestmark = pytest.mark.local_llm


@pytest.fixture
def start(tmp_path):
    """Start `nbstream local serve` with a cache of its own; ended with the test."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NBSTREAM_")}
    environment |= {"NBSTREAM_LOCAL_MODEL": str(find_model(progress=False)), "NBSTREAM_CACHE": str(tmp_path)}
    started = []

    def run(*options, **more):
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-m", "nbstream", "local", "serve", *options],
            stdin=pipe, stdout=pipe, stderr=pipe, env=environment | more,
        )  # fmt: skip
        started.append(process)
        return process, json.loads(process.stdout.readline())

    yield run
    for process in started:
        process.kill()
        process.communicate()


def models(line, key):
    return httpx.get(f"{line['url']}/v1/models", headers={"x-api-key": key}, trust_env=False)


def test_alone_it_makes_a_key_only_this_user_can_read(start):
    process, line = start()
    assert line.keys() == {"url", "model", "pid", "api_key_file"}
    assert line["pid"] == process.pid
    assert line["url"].startswith("http://127.0.0.1:")
    key_file = Path(line["api_key_file"])
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert models(line, key_file.read_text()).status_code == 200
    assert models(line, "other").status_code == 401


def test_sigterm_ends_it_cleanly_and_takes_the_key_away(start):
    process, line = start()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not Path(line["api_key_file"]).exists()


def test_a_key_from_the_environment_is_the_only_one_and_makes_no_file(start, tmp_path):
    _, line = start(NBSTREAM_LOCAL_KEY="given")
    assert line.keys() == {"url", "model", "pid"}
    assert models(line, "given").status_code == 200
    assert list(tmp_path.glob("*.key")) == []


def test_until_eof_ends_it_when_stdin_ends(start):
    process, _ = start("--until-eof")
    process.stdin.close()
    process.stdin = None
    assert process.wait(10) == 0


def test_without_until_eof_an_ended_stdin_means_nothing(start):
    process, line = start(NBSTREAM_LOCAL_KEY="given")
    process.stdin.close()
    process.stdin = None
    assert models(line, "given").status_code == 200
    assert process.poll() is None


def test_stdout_has_the_one_line_whatever_is_logged(start):
    process, line = start("--verbose", NBSTREAM_LOCAL_KEY="given")
    assert models(line, "wrong").status_code == 401
    process.send_signal(signal.SIGTERM)
    rest, log = process.communicate(timeout=30)
    assert rest == b""
    assert b"Invalid API Key" in log
    assert b"load_model" in log


LOUD = """
import os
from types import SimpleNamespace
class CommonParams(SimpleNamespace):
    def __getattr__(self, name):
        part = SimpleNamespace()
        setattr(self, name, part)
        return part
class Server:
    listening_address = "http://127.0.0.1:1"
    def __init__(self, parameters):
        os.write(1, b"noise from native code\\n")
"""


def test_noise_of_native_code_on_stdout_is_moved_to_stderr(start, tmp_path):
    (tmp_path / "xllamacpp.py").write_text(LOUD)
    process, line = start(NBSTREAM_LOCAL_KEY="given", PYTHONPATH=str(tmp_path))
    assert line["url"] == "http://127.0.0.1:1"
    process.send_signal(signal.SIGTERM)
    rest, log = process.communicate(timeout=30)
    assert rest == b""
    assert b"noise from native code" in log
