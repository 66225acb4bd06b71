"""The files in which Claude Code keeps its sessions: `~/.claude/projects/FOLDER/SESSION.jsonl`.

One JSON object a line; those of type `user`, `assistant` and `system` are the conversation, with the API's `message` in
them, one line per content block. The rest is the program's own and goes into `raw`. Looked at in version 2.1.330:

- A session that is forked or resumed into a new file begins with a copy of the old one's lines, with their `uuid`s:
  they are left out, so that nothing is counted twice.
- Subagents have files of their own, `SESSION/subagents/agent-ID.jsonl`, and beside each a `.meta.json` that names the
  tool call. In older versions their lines stand in the session's file with `isSidechain`, and begin with the prompt of
  the call. Both are read into their session, at the time of each line.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid5

from nbstream.exchange.streams import NAMESPACE, Read, table
from nbstream.messages import KIND, MODEL, PARENT, RESPONSE_ID, AgentRecord
from nbstream.parsers import Ending, parser_named
from nbstream.parsers._rows import note, tokens, tokens_sentence
from nbstream.service.masker import Masker
from nbstream.service.recorder import Recorder
from nbstream.sse import ServerSentEvent

if TYPE_CHECKING:
    from nbstream.messages import AgentMessage
    from nbstream.parsers import Reason

_SPOKEN: Final = frozenset({"user", "assistant", "system"})
_LOOKED_AT: Final = 40
"""Objects at the beginning of a file by which it is known."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    frame: dict[str, Any]
    time: datetime
    event_id: str


class _Parser:
    """A session's lines as the program would have printed them, for the parser of what it prints.

    Args:
        parents: the tool call whose subagent speaks, by `agentId` and by the `uuid` of a line.
    """

    def __init__(self, parents: dict[str, str]) -> None:
        self._inner = parser_named("claude")
        self._parents = parents
        self._told: dict[str, dict[str, Any]] = {}
        self.session_id: str | None = None
        self.model: str | None = None
        self.finished = False
        self.named = False

    def parse(self, event: ServerSentEvent) -> list[AgentMessage] | None:
        """The rows of one line."""
        frame = json.loads(event.data)
        if frame.get("type") not in _SPOKEN or frame.get("isMeta"):
            return None
        self.session_id = self.session_id or frame.get("sessionId")
        parent = self._parents.get(str(frame.get("agentId"))) or self._parents.get(str(frame.get("uuid")))
        shape = {
            "type": frame["type"],
            "message": frame.get("message"),
            "parent_tool_use_id": parent,
            "session_id": frame.get("sessionId"),
            "uuid": frame.get("uuid"),
            **{name: frame[name] for name in ("subtype", "content", "timestamp", "tool_use_result") if name in frame},
        }
        rows = self._inner.parse(event._replace(data=json.dumps(shape))) or []
        self.model = self.model or self._inner.model
        message = frame.get("message")
        if frame["type"] == "assistant" and isinstance(message, dict):
            return [*(row for row in rows if row.metadata.get(KIND) != "usage"), *self._usage(message, parent)] or None
        return rows or None

    def _usage(self, message: dict[str, Any], parent: str | None) -> list[AgentMessage]:
        """What an answer took. Here, and not in what the program prints, each line has the final figures."""
        usage = message.get("usage")
        if not isinstance(usage, dict) or self._told.get(str(message.get("id"))) == usage:
            return []
        self._told[str(message.get("id"))] = usage
        counts = tokens(usage)
        names = {RESPONSE_ID: message.get("id"), MODEL: message.get("model"), PARENT: parent}
        metadata = {name: value for name, value in (names | counts).items() if value is not None}
        return [note("usage", tokens_sentence(counts), metadata)]

    def finalize(self, reason: Reason, exit_code: int | None = None) -> Ending:
        """A session has no end of its own."""
        return Ending(status="completed")


def is_session(frames: Iterable[dict[str, Any]]) -> bool:
    """Whether a file that begins with these objects is one of them."""
    return any(
        "sessionId" in frame and (frame.get("type") in _SPOKEN and "uuid" in frame)
        for frame, _ in zip(frames, range(_LOOKED_AT), strict=False)
    )


def folder(path: Path) -> Iterator[Read]:
    """Every session below a folder, those of one project together."""
    found = sorted(one for one in path.rglob("*.jsonl") if one.parent.name != "subagents")
    for _, some in groupby(found, key=lambda one: one.parent):
        yield from files(list(some))


def files(paths: Sequence[Path]) -> Iterator[Read]:
    """The sessions of these files, which are of one project; what a file copied from an older one is left out."""
    wanted = set(paths)
    known: dict[str, str] = {}
    beside = [one for path in {path.parent for path in paths} for one in path.glob("*.jsonl")]
    for path, lines in sorted(((path, _lines(path)) for path in beside), key=_age):
        own = [line for line in lines if known.setdefault(line.event_id, path.name) == path.name]
        if path in wanted and any(line.frame.get("type") in _SPOKEN for line in own):
            yield _session(path, own, len(lines) - len(own))


def _age(found: tuple[Path, list[_Line]]) -> tuple[datetime, datetime, str]:
    path, lines = found
    start = datetime.max.replace(tzinfo=UTC)
    return (lines[0].time if lines else start, lines[-1].time if lines else start, path.name)


def _session(path: Path, lines: list[_Line], copied: int) -> Read:
    agent_id = uuid5(NAMESPACE, f"claude-session/{path.stem}/0")
    parents: dict[str, str] = {}
    for one in sorted(path.with_suffix("").glob("subagents/*.jsonl")):
        lines = [*lines, *_lines(one)]
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            meta = json.loads(one.with_suffix("").with_suffix(".meta.json").read_bytes())
            parents[one.stem.removeprefix("agent-")] = str(meta["toolUseId"])
    lines.sort(key=lambda line: line.time)
    _find_parents(lines, parents)
    now = lines[0].time
    parser = _Parser(parents)
    recorder = Recorder(agent_id, parser, lambda: now, Masker())
    rows: list[AgentMessage] = []
    for line in lines:
        now = line.time
        rows += recorder.rows([ServerSentEvent("message", line.text, line.event_id)])
    ending, last, cursor = recorder.end("eof", None)
    record = AgentRecord(
        id=agent_id, type="claude", source="claude-session", status=ending.status, session_id=path.stem,
        model=parser.model, prompt=_prompt(lines), created_at=lines[0].time, started_at=lines[0].time,
        completed_at=lines[-1].time, last_event_id=cursor, metadata={"imported": {"file": path.name}},
    )  # fmt: skip
    skipped = [f"{path.name}: {copied:,} lines are copies of an older session's"] if copied else []
    return Read(record, table(agent_id, [*rows, *last]), skipped)


def _lines(path: Path) -> list[_Line]:
    """The lines with a time each: their own, else that of the line before, else that of the first that has one."""
    frames: list[tuple[str, dict[str, Any]]] = []
    for text in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        with contextlib.suppress(ValueError, RecursionError):  # the last line of a session that was killed
            frame = json.loads(text)
            if isinstance(frame, dict):
                frames.append((text, frame))
    times = [_time(frame) for _, frame in frames]
    now = next(filter(None, times), datetime.fromtimestamp(0, UTC))
    made: list[_Line] = []
    for number, ((text, frame), time) in enumerate(zip(frames, times, strict=True), 1):
        now = max(now, time or now)  # lines are written in order, and stamped a little out of it
        made.append(_Line(text, frame, now, str(frame.get("uuid") or f"{path.stem}.{number}")))
    return made


def _time(frame: dict[str, Any]) -> datetime | None:
    with contextlib.suppress(ValueError, TypeError):
        time = datetime.fromisoformat(frame["timestamp"]) if "timestamp" in frame else None
        return time.astimezone(UTC) if time else None
    return None


def _find_parents(lines: Sequence[_Line], parents: dict[str, str]) -> None:
    """Which call each line of a subagent belongs to: its agent's, else that of the prompt its chain begins with."""
    calls: dict[str, str] = {}
    for line in lines:
        frame = line.frame
        blocks = _blocks(frame)
        for block in blocks:
            if block.get("type") == "tool_use" and isinstance(block.get("input"), dict):
                calls[str(block["input"].get("prompt")).strip()] = str(block.get("id"))
        result = frame.get("toolUseResult")
        if isinstance(result, dict) and result.get("agentId") and blocks:
            parents.setdefault(str(result["agentId"]), str(blocks[0].get("tool_use_id")))
        if not frame.get("isSidechain") or str(frame.get("agentId")) in parents:
            continue
        above = parents.get(str(frame.get("parentUuid")))
        alone = str(frame.get("agentId") or frame.get("uuid"))
        parents[str(frame.get("uuid"))] = above or calls.get(_words(frame), alone)


def _blocks(frame: dict[str, Any]) -> list[dict[str, Any]]:
    message = frame.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _words(frame: dict[str, Any]) -> str:
    message = frame.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content.strip()
    return "".join(str(block.get("text", "")) for block in _blocks(frame) if block.get("type") == "text").strip()


def _prompt(lines: Sequence[_Line]) -> str | None:
    """What the person said first."""
    for line in lines:
        frame = line.frame
        if frame.get("type") == "user" and not frame.get("isMeta") and not frame.get("isSidechain") and _words(frame):
            return _words(frame)
    return None
