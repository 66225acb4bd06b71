"""Where the proxy listens, what it needs, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from nbstream.errors import MissingExtra
from nbstream.proxy import serve
from nbstream.proxy.server import BindRefused, check_bind, host_names
from proxy.process import toml
from support import until


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_allowed(host):
    check_bind(host, allow_remote=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.test", "", "localhost.evil.test"])
def test_everything_else_needs_to_be_asked_for(host):
    with pytest.raises(BindRefused, match="--allow-remote"):
        serve(host=host)
    check_bind(host, allow_remote=True)


def test_the_names_of_a_server():
    assert host_names("127.0.0.1", 80) == ["127.0.0.1:80", "localhost:80", "[::1]:80"]
    assert host_names("0.0.0.0", 80, ["lab:80"])[-2:] == ["0.0.0.0:80", "lab:80"]


def test_it_listens_on_loopback_only(make_proxy):
    proxy = make_proxy()
    port = int(proxy.url.rpartition(":")[2])
    rows = [row.split() for row in subprocess.check_output(["cat", "/proc/net/tcp"], text=True).splitlines()[1:]]
    assert [row[1] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"] == [f"0100007F:{port:04X}"]


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "nbstream.proxy", "proxy", "--port", str(port), "--runs-dir", tmp_path / "runs"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"NBSTREAM_RUNTIME": str(tmp_path / "runtime")},
        )
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_extra_it_says_what_to_install(tmp_path):
    """A folder in front of the path hides uvicorn, as if it were not installed."""
    (tmp_path / "uvicorn.py").write_text("raise ModuleNotFoundError('No module named uvicorn', name='uvicorn')")
    code = "import nbstream.proxy as p; p.find_proxy; p.Profile; p.serve()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.stderr.splitlines()[-1].startswith("nbstream.errors.MissingExtra")
    assert "pip install 'nbstream[proxy]'" in done.stderr
    assert issubclass(MissingExtra, Exception)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_ends_soon_and_cleanly(make_proxy, number):
    proxy = make_proxy(profiles=toml("quiet", "count.py", "10", "1000"))
    agent_id = proxy.start_agent("quiet")
    with proxy.client.stream("GET", f"/agent/{agent_id}/stream") as response:
        pieces = response.iter_raw()
        next(pieces)
        began = time.monotonic()
        proxy.process.send_signal(number)
        rest = b"".join(pieces)
    assert proxy.process.wait(20) == 0
    assert time.monotonic() - began < 20
    assert b"event: complete" in rest
    assert not proxy.state.exists()
    assert proxy.alive(agent_id) == set()


def test_it_ends_by_itself_when_nobody_needs_it(make_proxy):
    proxy = make_proxy(profiles=toml("count", "count.py", "30", "0.05"), options=("--idle-exit", "0.6"))
    began = time.monotonic()
    agent_id = proxy.start_agent("count")
    proxy.client.close()
    assert proxy.process.wait(15) == 0
    assert time.monotonic() - began > 1.5, "a run is a need"
    assert json.loads((proxy.runs / agent_id / "meta.json").read_text())["status"] == "completed"


def test_the_state_file_of_another_is_left_alone(make_proxy):
    proxy = make_proxy()
    proxy.state.write_text(json.dumps({"pid": 1}))
    proxy.end()
    assert proxy.state.exists()


def test_nothing_is_answered_after_the_end(make_proxy):
    proxy = make_proxy()
    port = int(proxy.url.rpartition(":")[2])
    proxy.end()

    def refused():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) != 0

    until(refused, 2)
