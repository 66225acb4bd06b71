"""Messages as text for a terminal. What agents say is hostile input: no control character of theirs gets through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nbstream.messages import KIND, TOOL_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from nbstream.messages import AgentMessage

# A terminal obeys C0, DEL and C1 (0x9b starts a command as ESC [ does); only line feed and tab are text.
_CONTROLS: Final = {
    code: chr(0x2400 + code) if code < 0x20 else "\ufffd"
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\n\t"
}


def plain(text: str) -> str:
    """The text with every control character but line feed and tab made visible."""
    return text.translate(_CONTROLS)


def cut(text: str | None, width: int) -> str:
    """The text as one line of at most `width` characters."""
    line = plain(" ".join((text or "").split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def title(part: str | None, role: str | None, metadata: Mapping[str, Any]) -> str:
    """What a reader would call a block."""
    if part == "tool_call":
        return f"tool call {metadata.get(TOOL_NAME) or ''}".rstrip()
    if part == "tool_call_response":
        return "tool result"
    return part if part in {"reasoning", "refusal"} else role or "system"


class Narrator:
    """Writes the rows of one agent's log as a reader reads them: deltas as they come, nothing twice.

    Args:
        write: takes pieces of text.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._shown: dict[str, str] = {}
        self._current: str | None = None
        self._at_line_start = True

    def tell(self, message: AgentMessage) -> None:
        """Write what this row adds."""
        block = message.block
        if message.op == "note" or block is None:
            self._note(message)
        elif message.op == "drop":
            if self._shown.pop(block, None) is not None:
                self._line("(withdrawn)")
            self._current = None
        elif message.op == "append":
            self._open(block, message)
            self._shown[block] = self._shown.get(block, "") + message.content
            self._put(message.content)
        else:
            self._set(block, message)

    def end(self) -> None:
        """Finish the last line."""
        if not self._at_line_start:
            self._put("\n")

    def _set(self, block: str, message: AgentMessage) -> None:
        """The whole content: only what was not written yet, or all of it where it differs."""
        before = self._shown.get(block, "")
        self._shown[block] = message.content
        if message.content == before:
            return
        if not message.content.startswith(before):
            self._current, before = None, ""
        self._open(block, message)
        self._put(message.content.removeprefix(before))

    def _note(self, message: AgentMessage) -> None:
        kind = message.metadata.get(KIND)
        if kind != "usage":  # bookkeeping; no transcript shows it
            self._line(f"({kind or message.type}) {message.content}".rstrip())

    def _open(self, block: str, message: AgentMessage) -> None:
        if block != self._current:
            self._line(f"[{title(message.part, message.role, message.metadata)}]")
            self._current = block

    def _line(self, text: str) -> None:
        self.end()
        self._put(f"{text}\n")
        self._current = None

    def _put(self, text: str) -> None:
        if text:
            self._write(plain(text))
            self._at_line_start = text.endswith("\n")
