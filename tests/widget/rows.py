"""Messages for the tests of the widget, made as the service makes them: numbered, with ids and times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from nbstream.messages import (
    CACHE_READ_TOKENS,
    COST_USD,
    DURATION_MS,
    INPUT_TOKENS,
    IS_ERROR,
    KIND,
    OUTPUT_TOKENS,
    PARENT,
    TOOL_CALL_ID,
    TOOL_NAME,
    AgentMessage,
    AgentRecord,
)

AGENT = UUID("0190b8a0-0000-7000-8000-000000000001")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def record(status: str = "running", **changes: Any) -> AgentRecord:
    return replace(
        AgentRecord(
            id=AGENT,
            type="claude",
            status=status,  # type: ignore[arg-type]
            source="claude",
            prompt="Why is the import test slow? Fix it and show me the difference.",
            model="claude-sonnet-4-5",
            created_at=START,
            started_at=START,
        ),
        **changes,
    )


class Log:
    """Grows a list of rows; `after` seconds pass before each."""

    def __init__(self) -> None:
        self.rows: list[AgentMessage] = []
        self.now = START

    def add(self, content: str, *, after: float = 0.1, **fields: Any) -> AgentMessage:
        self.now += timedelta(seconds=after)
        number = len(self.rows) + 1
        shape: dict[str, Any] = {"type": "assistant", "role": "assistant", "part": "text", "op": "append"} | fields
        row = AgentMessage(
            content=content,
            id=UUID(int=number),
            agent_id=AGENT,
            sequence_number=number,
            created_at=self.now,
            raw=f'{{"row": {number}}}',
            **shape,
        )
        self.rows.append(row)
        return row

    def text(self, block: str, content: str, *, size: int = 20, after: float = 0.02, **fields: Any) -> None:
        for start in range(0, len(content), size):
            self.add(content[start : start + size], block=block, after=after, **fields)

    def call(self, call_id: str, name: str, arguments: str, *, parent: str | None = None, after: float = 0.3) -> None:
        metadata = _with_parent({TOOL_NAME: name, TOOL_CALL_ID: call_id}, parent)
        fields = {"type": "tool", "part": "tool_call", "op": "set", "metadata": metadata}
        self.add(arguments, block=f"call {call_id}", after=after, **fields)

    def result(
        self, call_id: str, content: str, *, error: bool = False, parent: str | None = None, after: float = 1.4
    ) -> None:
        metadata = _with_parent({TOOL_CALL_ID: call_id, IS_ERROR: error}, parent)
        fields = {"type": "tool", "role": "tool", "part": "tool_call_response", "op": "set", "metadata": metadata}
        self.add(content, block=f"result {call_id}", after=after, **fields)

    def note(self, kind: str, content: str) -> None:
        self.add(content, type="system", role="system", part=None, op="note", metadata={KIND: kind})

    def response(self, **metadata: Any) -> None:
        self.add("Done.", type="response", role=None, part=None, op="note", metadata=metadata)


def _with_parent(metadata: dict[str, Any], parent: str | None) -> Mapping[str, Any]:
    return metadata if parent is None else {**metadata, PARENT: parent}


def story(*, finished: bool = True) -> Log:
    """A run with everything a reader can meet."""
    log = Log()
    log.note("init", "session started · claude-sonnet-4-5 · 26 tools")
    log.text(
        "t0",
        "The import test is slow; first find out where the time goes, then change one thing.",
        part="reasoning",
        after=0.4,
    )
    log.text("a0", "I will measure first, then read `loader.py`.")
    log.call(
        "c1",
        "Bash",
        '{"command": "python -X importtime -c \\"import app\\" 2>&1 | tail -3", "description": "Time the import"}',
    )
    log.result("c1", "import time:      1204 |     318220 | app.loader\nimport time:       611 |     402118 | app")
    log.call(
        "c2",
        "Agent",
        '{"description": "find eager loading", "prompt": "Look for what runs at import.\\nReport files and lines.", "subagent_type": "Explore"}',
    )
    log.call("s1", "Read", '{"file_path": "src/app/loader.py"}', parent="c2")
    log.result("s1", "\n".join(f"{n}\tline {n} of the loader" for n in range(1, 61)), parent="c2", after=0.1)
    log.call("s2", "Grep", '{"pattern": "eager_load", "path": "src/"}', parent="c2")
    log.result("s2", "no files matched", error=True, parent="c2", after=0.3)
    log.result("c2", "The plug-in scan in loader.py runs at import, lines 12 to 31.", after=9)
    log.note("retry", "The model was overloaded; attempt 2 of 10 in 1.2 s.")
    log.call(
        "c3",
        "Edit",
        '{"file_path": "src/app/loader.py", "old_string": "PLUGINS = scan()\\n", "new_string": "@cache\\ndef plugins():\\n    return scan()\\n"}',
    )
    log.result("c3", "The file src/app/loader.py has been updated.", after=0.2)
    log.text(
        "a1",
        "The plug-in scan runs at import. Moving it into `load()` makes it lazy:\n\n"
        '```python\n@cache\ndef plugins() -> list[Plugin]:\n    """Every plug-in, found once."""\n    return scan()\n```\n\n'
        "The import now takes 31 ms instead of 402 ms. Nothing else changes: the first call of load() pays for the scan.",
    )
    if finished:
        log.response(
            **{
                DURATION_MS: 58_200,
                INPUT_TOKENS: 18204,
                CACHE_READ_TOKENS: 15880,
                OUTPUT_TOKENS: 1131,
                COST_USD: 0.041,
            }
        )
    return log


DONE: Final = record("completed", completed_at=START + timedelta(seconds=58))
"""An agent that has ended well."""


def texts(contents: Sequence[str]) -> list[AgentMessage]:
    """Rows of one block."""
    log = Log()
    for content in contents:
        log.add(content, block="b")
    return log.rows
