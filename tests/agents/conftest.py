"""The real program, a Messages API of the test's own, a proxy that knows nothing else, and a store."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import ExitStack

import pytest

from agents.messages_server import MessagesApi
from agents.scrubbed import ScrubbedProxy
from nbstream import service as nbs
from support import LoopbackServer

PACKAGE = "claude-agent-sdk==0.2.187"  # Claude Code 2.1.330
INSTALL_LIMIT = 240  # seconds for 170 MB on a slow line


@pytest.fixture(scope="session")
def claude_binary(tmp_path_factory):
    """The program out of the wheel, 365 MB, installed for this session and removed after it."""
    folder = tmp_path_factory.mktemp("claude-agent-sdk")
    options = ["--no-deps", "--only-binary", ":all:", "--no-compile", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail(f"{PACKAGE} was not installed within {INSTALL_LIMIT} s: is the package index reachable?")
    if done.returncode != 0:
        pytest.fail(f"{PACKAGE} could not be installed (pip ended with {done.returncode}):\n{done.stderr}")
    binary = folder / "claude_agent_sdk" / "_bundled" / "claude"
    if not binary.is_file():
        pytest.fail(f"{PACKAGE} has no {binary.relative_to(folder)}: its wheel for this platform brings no program")
    yield binary
    shutil.rmtree(folder)


@pytest.fixture
def store(tmp_path):
    yield nbs.connect(tmp_path / "store.duckdb")
    nbs.close_all()


@pytest.fixture
def stage(tmp_path, claude_binary, store):
    """Starts a scripted Messages API and a proxy whose program talks to it."""
    with ExitStack() as stack:

        def make(api: MessagesApi, **options) -> ScrubbedProxy:
            server = stack.enter_context(LoopbackServer(api))
            stack.callback(api.gate.open_to)
            proxy = ScrubbedProxy(tmp_path, claude_binary, server.url, **options)
            stack.callback(nbs.close_all)  # after the proxy has ended its runs, so that their ends are saved
            stack.callback(proxy.close)
            return proxy.start()

        yield make
