"""The agent programs that the proxy knows: how each prints JSON lines without a person, and goes on with a session.

Every one takes the prompt from stdin when that is no terminal and the command line has none, so no prompt can become a
flag. None is told to run its tools unasked: what it may do is set where its user set it, in the program's own settings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from nbstream.proxy.profiles import Profile

NETWORK_ENV: Final = ("HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "USER", "XDG_CONFIG_HOME")
"""Every program gets these: the way out of the network, and where its settings are."""

CLAUDE_ENV: Final = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CONFIG_DIR",
    *NETWORK_ENV,
)

CLAUDE: Final = Profile(
    name="claude",
    argv=("claude", "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"),
    env=CLAUDE_ENV,
    session_args=("--resume", "{session_id}"),
    model_args=("--model", "{model}"),
    install="install it with `npm install -g @anthropic-ai/claude-code` and sign in by running `claude` once",
)

CODEX: Final = Profile(
    name="codex",
    # A notebook's folder is often no git repository, and Codex would refuse to run there. Its sandbox stays: read-only
    # unless the user's own settings say otherwise.
    argv=("codex", "exec", "--json", "--skip-git-repo-check"),
    parser="codex",
    env=("CODEX_API_KEY", "CODEX_CA_CERTIFICATE", "CODEX_HOME", "OPENAI_API_KEY", *NETWORK_ENV),
    # `resume` is a subcommand and stands last; "-" is its prompt: stdin.
    session_args=("resume", "{session_id}", "-"),
    model_args=("--model", "{model}"),
    install="install it with `npm install -g @openai/codex` and sign in by running `codex login` once",
)

GEMINI_CLI: Final = Profile(
    name="gemini-cli",
    argv=("gemini", "--output-format", "stream-json"),
    parser="gemini-cli",
    env=(
        "GEMINI_API_KEY",
        "GEMINI_CLI_HOME",
        "GEMINI_CLI_TRUST_WORKSPACE",
        "GOOGLE_API_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CLOUD_LOCATION",
        "GOOGLE_CLOUD_PROJECT",
        "GOOGLE_GEMINI_BASE_URL",
        "GOOGLE_GENAI_USE_GCA",
        "GOOGLE_GENAI_USE_VERTEXAI",
        *NETWORK_ENV,
    ),
    session_args=("--resume", "{session_id}"),
    model_args=("--model", "{model}"),
    install="install it with `npm install -g @google/gemini-cli` and sign in by running `gemini` once",
)

OPENCODE: Final = Profile(
    name="opencode",
    argv=("opencode", "run", "--format", "json", "--thinking"),
    parser="opencode-run",
    env=(
        "ANTHROPIC_API_KEY",
        "DEEPSEEK_API_KEY",
        "GEMINI_API_KEY",
        "GROQ_API_KEY",
        "MISTRAL_API_KEY",
        "OPENAI_API_KEY",
        "OPENCODE_API_KEY",
        "OPENCODE_CONFIG",
        "OPENCODE_CONFIG_DIR",
        "OPENCODE_DISABLE_AUTOUPDATE",
        "OPENCODE_DISABLE_MODELS_FETCH",
        "OPENROUTER_API_KEY",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        *NETWORK_ENV,
    ),
    session_args=("--session", "{session_id}"),
    session_pattern="ses_[0-9A-Za-z]{1,60}",
    model_args=("--model", "{model}"),
    install="install it with `npm install -g opencode-ai` and sign in by running `opencode auth login` once",
)

PROGRAMS: Final = (CLAUDE, CODEX, GEMINI_CLI, OPENCODE)
"""The first is what a request gets that names no profile."""


def replay_profile(name: str, recording: Path, pace: str) -> Profile:
    """A profile that plays one recording; the prompt is not looked at."""
    script = str(Path(__file__).with_name("replay.py"))
    return Profile(name=name, argv=(sys.executable, "-I", "-S", script, str(recording), pace))


def builtin_profiles(recordings: Path | None = None, pace: str = "0.03") -> list[Profile]:
    """`PROGRAMS`, `replay` (the shipped recording), and `replay:NAME` for each NAME.jsonl of a folder.

    Args:
        recordings: the folder, or None.
        pace: seconds a line, or `own`; see `nbstream.proxy.replay`.
    """
    shipped = Path(__file__).with_name("recordings") / "claude-tool.jsonl"
    found = sorted(recordings.glob("*.jsonl")) if recordings else []
    played = [replay_profile(f"replay:{path.stem}", path.resolve(), pace) for path in found]
    return [*PROGRAMS, replay_profile("replay", shipped, pace), *played]
