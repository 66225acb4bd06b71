"""What the tests of the live view share: runs of any length, and what a view says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from support import until

SETUP = "import nbstream as nbs\nstore = nbs.connect({store!r})"
LAUNCH = """
agent = nbs.launch("Count", nbs.ReplaySource({path!r}, interval={interval}, exit_code=0), store=store)
agent
"""
LAST = "That was all."

VIEW = """() => [...document.querySelectorAll('.nbstream-root')].map(host => {
  const d = host.dataset, all = host.shadowRoot.textContent;
  // What is told to a screen reader stands at the end: words of the answer, for a second.
  const told = host.shadowRoot.querySelector('.unseen[role=status]')?.textContent ?? '';
  const text = all.endsWith(told) ? all.slice(0, all.length - told.length) : all;
  return {status: d.status, state: d.state, head: Number(d.head), holes: Number(d.holes), text};
})"""
WATCH = """() => {
  const seen = window.nbstreamSeen = {views: 0};
  const look = () => {
    const host = document.querySelector('.nbstream-root');
    if (!host) return;
    const now = performance.now(), head = Number(host.dataset.head ?? 0);
    seen.mounted ??= now;
    seen.first ??= head > 0 ? now : undefined;
    if (head >= window.nbstreamWanted) seen.caughtUp ??= now;
    if (seen.caughtUp && host.dataset.state === 'live') seen.live ??= now;
    seen.head = head;
  };
  const tick = () => { look(); requestAnimationFrame(tick); };
  tick();
}"""


def recording(path: Path, words: int) -> Path:
    """A run of one answer that comes in `words` deltas, one row each; its last words are `LAST`."""
    lines: list[dict] = [{"type": "system", "subtype": "init", "session_id": "s", "tools": [], "model": "m"}]

    def event(**fields):
        lines.append({"type": "stream_event", "event": fields, "session_id": "s", "parent_tool_use_id": None})

    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    event(type="message_start", message=message)
    event(type="content_block_start", index=0, content_block={"type": "text", "text": ""})
    texts = [f"word{number} " for number in range(1, words + 1)] + [LAST]
    for text in texts:
        event(type="content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    whole = {**message, "content": [{"type": "text", "text": "".join(texts)}]}
    lines.append({"type": "assistant", "message": whole, "parent_tool_use_id": None, "session_id": "s"})
    event(type="content_block_stop", index=0)
    event(type="message_stop")
    lines.append({"type": "result", "subtype": "success", "is_error": False, "result": LAST, "session_id": "s"})
    for line in lines:
        line["uuid"] = str(uuid4())
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def views(book) -> list:
    """What each view in a notebook says of itself."""
    return book.page.evaluate(VIEW)


def view(book):
    """What the first view in a notebook says of itself, None where there is none."""
    return next(iter(views(book)), None)


def wait_view(book, what: str, condition, timeout: float = 30.0):
    """Waits until the view's words meet a condition, and returns them."""
    return until(lambda: (seen := view(book)) and condition(seen) and seen, timeout=timeout, what=what)


def watch_from_start(page, wanted: int) -> None:
    """Notes from the next load on when a view is there, when it holds `wanted` rows, and when it is live."""
    page.add_init_script(f"window.nbstreamWanted = {wanted}; ({WATCH})()")
