"""The recordings: which format each is of, how its program ended, and its events with the ids a source gives them."""

from __future__ import annotations

import csv

from fold import RECORDINGS, events_of, lines_of
from nbstream.sse import ServerSentEvent

FORMATS = {
    "claude-": "claude",
    "codex-": "codex",
    "gemini-": "gemini-cli",
    "llama-anthropic-": "anthropic",
    "llama-openai-responses": "openai-responses",
    "llama-openai-": "openai-chat",
    "opencode-serve-": "opencode",
    "opencode-": "opencode-run",
}
"""Wire formats by the beginning of a recording's name; the first that fits."""


def format_of(name: str) -> str | None:
    """The wire format of a recording; None for a file that is none."""
    return next((parser for start, parser in FORMATS.items() if name.startswith(start)), None)


def _manifest() -> dict[str, str]:
    with (RECORDINGS / "MANIFEST.tsv").open(encoding="utf-8") as manifest:
        return {row["file"]: row["exit"] for row in csv.DictReader(manifest, delimiter="\t")}


_EXITS = _manifest()
EXITS: dict[str, int | None] = {name: int(code) if code.isdigit() else None for name, code in _EXITS.items()}
"""The exit code of each recording's program; None where there was none."""
RECORDED: dict[str, str] = {name: parser for name in _EXITS if (parser := format_of(name))}
"""The wire format of each recording."""


def events_with_ids(name: str) -> list[ServerSentEvent]:
    """The events of a recording, each with its position as its id."""
    if name.endswith(".sse"):
        found = [(event.event, event.data) for event in events_of(name)]
    else:
        found = [("message", line) for line in lines_of(name)]
    return [ServerSentEvent(event, data, f"e.{n}") for n, (event, data) in enumerate(found, 1)]
