"""A hit of a search opened at its place, and a run played again, in a real JupyterLab: by the server, by the comm, after a reload."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import nbformat
import pytest

from browser.live import LAUNCH, SETUP, recording, view, wait_view
from nbstream.widget import AGENT_MIME
from support import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

STEPS = 300
SHOW = "hits = store.search('\"connection refused\"')\nnbs.show(hits.iloc[0], store=store)"
PLACE = """() => { const root = document.querySelector('.nbstream-root')?.shadowRoot; const here = root?.querySelector('.here');
  if (!here) return null;
  const own = here.getBoundingClientRect(), box = root.querySelector('.scroller').getBoundingClientRect();
  return { text: here.innerText, line: root.querySelector('.placebar').innerText, inside: own.bottom > box.top && own.top < box.bottom,
    found: [...CSS.highlights.get('nbstream-current')].map(String), jump: !root.querySelector('.jump').hidden }; }"""


def steps(path: Path) -> Path:
    """A run of many tool calls, of which one failed in the middle."""
    lines: list[dict] = [{"type": "system", "subtype": "init", "session_id": "s", "tools": ["Bash"], "model": "m"}]
    for n in range(STEPS):
        said = f"Service {n} is next: its tests talk to the database, so I start that first."
        call = {"type": "tool_use", "id": f"toolu_{n}", "name": "Bash", "input": {"command": f"make test SERVICE={n}"}}
        content = [{"type": "text", "text": said}, call]
        message = {"id": f"msg_{n}", "type": "message", "role": "assistant", "model": "m", "content": content}
        lines.append({"type": "assistant", "message": message, "parent_tool_use_id": None, "session_id": "s"})
        output = [f"tests/service_{n}/test_{k}.py ....." for k in range(24)]
        if n == STEPS // 2:
            output.append("psycopg.OperationalError: connection refused: is the server running on port 5432?")
        result = {
            "type": "tool_result",
            "tool_use_id": f"toolu_{n}",
            "content": "\n".join(output),
            "is_error": n == STEPS // 2,
        }
        lines.append({"type": "user", "message": {"role": "user", "content": [result]}, "parent_tool_use_id": None})
    lines.append({"type": "result", "subtype": "success", "is_error": False, "result": "Done.", "session_id": "s"})
    for line in lines:
        line["uuid"] = str(uuid4())
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def cells(desk, tmp_path, *more: str) -> list[str]:
    path = str(steps(tmp_path / "run.jsonl"))
    launch = LAUNCH.format(path=path, interval=0.0).replace("\nagent\n", "\nagent.wait(60)\n")
    return [SETUP.format(store=f"{desk.name}.duckdb"), launch, *more]


def run_all(book, count: int) -> None:
    for index in range(count):
        book.run(index)


def opened(book, what: str) -> dict:
    return until(lambda: (seen := book.page.evaluate(PLACE)) and seen["inside"] and seen["found"] and seen, what=what)


def assert_the_hit(seen: dict) -> None:
    assert "connection refused" in seen["text"]
    assert seen["found"][0] == "connection refused"
    assert seen["line"].startswith("Opened at message")
    assert seen["jump"], "the end is not followed"


def test_a_hit_opens_by_the_server_and_after_a_reload_without_a_kernel(desk, lab, tmp_path):
    # The agent's own output has the server open the store before it is asked for a place.
    book = desk.open(lab, *cells(desk, tmp_path, "agent", SHOW))
    run_all(book, 3)
    wait_view(book, "the agent", lambda v: v["state"] == "finished")
    book.page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    book.run(3)
    assert_the_hit(opened(book, "the place"))
    assert view(book)["head"] > 3 * STEPS
    book.shot("place")
    book.save()
    data = until(lambda: nbformat.read(book.path, 4).cells[3].outputs, what="the output in the file")[0]["data"]
    assert set(data) == {AGENT_MIME, "text/html", "text/markdown", "text/plain"}
    assert set(data[AGENT_MIME]) == {"agent_id", "at", "words"}
    for kind in ("text/html", "text/markdown", "text/plain"):
        assert "connection refused" in "".join(data[kind])
        assert "opened here" in "".join(data[kind])
    book.page.context.close()
    desk.end_kernels(lab)
    again = desk.show(lab, book.name, kernel=False)
    assert_the_hit(opened(again, "the place without a kernel"))


def test_a_hit_opens_by_the_comm_where_nbstream_is_not_installed(desk, bare, tmp_path):
    bare.app = "lab"
    book = desk.open(bare, *cells(desk, tmp_path, SHOW))
    run_all(book, 3)
    assert_the_hit(opened(book, "the place by the comm"))


def test_a_replay_is_played_by_the_server_and_after_a_reload(desk, lab, tmp_path):
    book = desk.open(lab, *cells(desk, tmp_path, "agent", "nbs.replay(agent, speed=1000)"))
    run_all(book, 3)
    wait_view(book, "the agent", lambda v: v["state"] == "finished")
    book.page.evaluate("() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    book.run(3)
    played(book)
    book.save()
    data = until(lambda: nbformat.read(book.path, 4).cells[3].outputs, what="the output in the file")[0]["data"]
    assert data[AGENT_MIME]["replay_speed"] == 1000
    assert not [kind for kind in data if "widget" in kind]
    book.page.context.close()
    desk.end_kernels(lab)
    played(desk.show(lab, book.name, kernel=False))


def played(book) -> None:
    """The run is played to its end, and a row in the middle can be gone to."""
    replay = book.page.locator(".nbstream-replay")
    until(lambda: replay.count() and int(replay.get_attribute("data-rows") or 0) > 3 * STEPS, what="the rows")
    head = int(replay.get_attribute("data-rows"))
    replay.locator(".scrubber").press("End")
    until(lambda: replay.get_attribute("data-shown") == str(head), what="the end")
    row = replay.locator(".replaybar .row")
    row.fill("100")
    row.dispatch_event("change")
    until(lambda: replay.get_attribute("data-shown") == "100", what="the row")
    shown = replay.locator(".scene:not(.coming) .nbstream-root")
    assert "SERVICE=32" in shown.locator(".column").inner_text()
    assert "SERVICE=33" not in shown.locator(".column").inner_text()


def test_a_compacted_agent_is_whole_and_nothing_is_asked_twice(desk, lab, tmp_path):
    deltas = LAUNCH.replace(
        "\nagent\n", "\nagent.wait(60)\nbefore = store.head(agent.id)\nprint(store.compact(agent.id))\n"
    )
    path = recording(tmp_path / "words.jsonl", 400)
    setup = SETUP.format(store=f"{desk.name}.duckdb")
    book = desk.open(
        lab, setup, deltas.format(path=str(path), interval=0.0), "agent", "print(before, len(store.messages(agent)))"
    )
    asked: list[str] = []
    book.page.on("request", lambda request: asked.append(request.url) if "/nbstream/api/" in request.url else None)
    run_all(book, 4)
    seen = wait_view(book, "the agent", lambda v: v["state"] == "finished" and "word400 " in v["text"])
    head, rows = map(int, book.text(3).split())
    assert rows < head / 10, "most numbers are gone"
    assert seen["head"] == head
    assert seen["holes"] == 0
    assert "word1 word2" in seen["text"]
    truth = book.page.locator(".nbstream-root .truth").inner_text()
    assert f"{head:,}" in truth or str(head) in truth, truth
    before = len(asked)
    book.page.wait_for_timeout(1_500)  # several looks at what is missing
    assert len(asked) == before, asked
