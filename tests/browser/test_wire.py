"""What goes wrong between the server and a view, on purpose: the view ends with what the store has."""

from __future__ import annotations

import itertools
import json
import random
import re

import pytest

from benchmarks.bench_wire import Received
from browser.live import LAST, LAUNCH, SETUP, recording, view, views, wait_view
from support import until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SOCKET = re.compile(r"/nbstream/ws$")
REST = re.compile(r"/nbstream/api/")
CHANNELS = re.compile(r"/api/kernels/.*/channels")
EXTENSION = re.compile(r"/extensions/nbstream/")


class Wire:
    """Stands between a page and the server's WebSocket; REST goes through while the wire is whole."""

    def __init__(self, page) -> None:
        self.whole = True
        self.deliver = lambda texts: texts
        self.frames = 0
        self._open = []
        page.route_web_socket(SOCKET, self._connect)
        page.route(REST, lambda route: route.continue_() if self.whole else route.abort())

    def cut(self) -> None:
        self.whole = False
        for socket in self._open:
            socket.close(code=1011)
        self._open.clear()

    def mend(self) -> None:
        self.whole = True

    def _connect(self, socket) -> None:
        if not self.whole:
            socket.close(code=1011)
            return
        self._open.append(socket)
        server = socket.connect_to_server()
        server.on_message(lambda text: self._pass(socket, text))

    def _pass(self, socket, text: str) -> None:
        self.frames += 1
        for each in self.deliver([text]):
            socket.send(each)


def cells(tmp_path, name: str, words: int, interval: float) -> list[str]:
    path = recording(tmp_path / "run.jsonl", words)
    return [SETUP.format(store=f"{name}.duckdb"), LAUNCH.format(path=str(path), interval=interval)]


def over(seen) -> bool:
    """A view has the end, and has drawn it: a long text is drawn a part a frame."""
    return seen["state"] == "finished" and LAST in seen["text"]


def words_of(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"word(\d+) ", text)]


def test_two_windows_are_equal_also_after_one_was_offline_for_ten_seconds(desk, lab, tmp_path):
    words = 900
    ask = "print(agent.wait(60), int(store.head(agent.id)))"
    first = desk.open(lab, *cells(tmp_path, desk.name, words, 0.03), ask)
    first.run(0)
    first.run(1)
    wait_view(first, "the first words", lambda v: v["head"] >= 10)
    first.save()
    page = desk.page()
    wire = Wire(page)
    second = desk.show(lab, first.name, page)
    wait_view(second, "the same agent", lambda v: v["head"] >= 10 and v["state"] == "live")
    page.context.set_offline(True)
    wire.cut()
    alone = wait_view(second, "to notice", lambda v: v["state"] == "disconnected")
    assert "does not answer; trying again" in alone["text"]
    page.wait_for_timeout(8_000)  # ten seconds offline are the case
    assert view(second)["head"] <= alone["head"] + 1
    wire.mend()
    page.context.set_offline(False)
    wait_view(second, "to come back", lambda v: v["state"] != "disconnected" and v["head"] > alone["head"])
    first.run(2)
    head = int(until(lambda: re.search(r"completed (\d+)", first.text(2)), timeout=60, what="the store's account")[1])
    for book in (first, second):
        end = wait_view(book, "the end", lambda v: v["head"] == head and over(v), timeout=60)
        assert (end["holes"], words_of(end["text"])) == (0, list(range(1, words + 1)))


@pytest.mark.parametrize("app", ["lab", "notebook7"])
def test_frames_dropped_doubled_and_shuffled_leave_the_store_s_list(desk, app, tmp_path, request):
    app = request.getfixturevalue(app)
    words = 400
    page = desk.page()
    wire = Wire(page)
    luck = random.Random(7)
    fates = itertools.cycle(["dropped", "kept", "doubled"])
    done = {"dropped": 0, "kept": 0, "doubled": 0, "shuffled": 0}
    held: list[str] = []

    def disturb(texts: list[str]) -> list[str]:
        for text in texts:
            if json.loads(text)["type"] != "agent:message":
                return texts
            fate = next(fates)
            done[fate] += 1
            held.extend([text] * ["dropped", "kept", "doubled"].index(fate))
        if len(held) < 4:
            return []
        done["shuffled"] += 1
        luck.shuffle(held)
        out, held[:] = list(held), []
        return out

    wire.deliver = disturb
    ask = "rows = store.messages(agent.id)\nprint(agent.wait(60), len(rows), int(store.head(agent.id)))"
    book = desk.show(app, desk.write(app, *cells(tmp_path, desk.name, words, 0.02), ask), page)
    book.run(0)
    book.run(1)
    end = wait_view(book, "the end", over, timeout=60)
    assert min(done.values()) >= 3, done
    assert end["holes"] == 0
    assert words_of(end["text"]) == list(range(1, words + 1))
    assert end["text"].count(LAST) == 1
    book.run(2)
    until(lambda: "completed" in book.text(2), what="the store's own account")
    assert book.text(2).split()[-1] == str(end["head"])


WIDGET = "nbs.AgentWidget(agent)"


def test_a_widget_goes_by_the_server_by_comm_while_it_is_away_and_back(desk, lab, tmp_path):
    """Where the notebook has no extension of ours, a widget still finds the server."""
    page = desk.page()
    wire = Wire(page)
    setup, launch = cells(tmp_path, desk.name, 2_000, 0.02)
    book = desk.show(lab, desk.write(lab, setup, launch.replace("\nagent\n", f"\n{WIDGET}\n")), page)
    book.run(0)
    book.run(1)
    wait_view(book, "the first words", lambda v: v["head"] >= 5)
    until(lambda: by(book) == "server", what="the server's word in the status line")
    wire.cut()
    until(lambda: by(book) == "comm", what="the comm's word in the status line")
    head = view(book)["head"]
    wait_view(book, "words by comm", lambda v: v["head"] > head + 20 and v["state"] == "live")
    wire.mend()
    until(lambda: by(book) == "server", timeout=30, what="the server's word again")
    head = view(book)["head"]
    wait_view(book, "words by the server", lambda v: v["head"] > head + 20 and v["holes"] == 0)
    book.restart_kernel()
    assert by(book) == "server"
    wait_view(book, "words without the kernel's comm", lambda v: v["state"] != "kernel-gone")
    assert len(views(book)) == 1


QUIET = "widget = nbs.AgentWidget(agent, quiet=True)\nwidget"
GRID = """
from nbstream.widget.grid import GridWidget
grid = GridWidget([agent], quiet=True)
display(grid)
import time
time.sleep(60)
"""
IN_GRID = """() => document.querySelector('.nbstream-grid')?.shadowRoot
  .querySelector('.nbstream-root')?.shadowRoot.textContent ?? ''"""
ESM = "kernel comm_open _esm"
CODE = "kernel comm_msg custom agent:code"


def ended(book, count: int, words: int) -> None:
    """All views hold the whole run."""
    until(lambda: [over(seen) for seen in views(book)] == [True] * count, timeout=60, what="every view's end")
    for seen in views(book):
        assert words_of(seen["text"]) == list(range(1, words + 1))


def test_a_widget_takes_the_view_that_the_page_has_also_after_a_reload(desk, lab, tmp_path):
    words = 300
    page = desk.page()
    received = Received(page)
    setup, launch = cells(tmp_path, desk.name, words, 0.03)
    cell = launch.replace("\nagent\n", f"\n{QUIET}\n")
    book = desk.show(lab, desk.write(lab, setup, cell, "widget"), page)
    for index in range(3):
        book.run(index)
    until(lambda: len(views(book)) == 2 and all(v["head"] > 5 for v in views(book)), what="two views of one widget")
    book.save()
    book.reload()
    until(lambda: len(views(book)) == 2, what="both again")
    ended(book, 2, words)
    assert received.frames["kernel comm_open"] >= 1
    assert (received.frames[ESM], received.frames[CODE]) == (0, 0)


def test_a_page_without_the_view_gets_it_from_a_kernel_that_is_busy(desk, bare, tmp_path):
    words = 60
    page = desk.page()
    # JupyterLab fetches an extension also where it is switched off.
    page.route(EXTENSION, lambda route: route.abort())
    received = Received(page)
    setup, launch = cells(tmp_path, desk.name, words, 0.03)
    book = desk.show(bare, desk.write(bare, setup, launch.replace("\nagent\n", f"\n{QUIET}\n"), GRID), page)
    book.run(0)
    book.run(1)
    book.run(2, wait=False)
    ended(book, 1, words)
    until(lambda: f"word{words} " in book.page.evaluate(IN_GRID), what="the last word in the grid")
    assert received.frames[ESM] == 0
    assert 1 <= received.frames[CODE] <= 2


class HeldSubshell:
    """Stands between a page and its kernel, and holds back the word that the comms' subshell is there."""

    def __init__(self, page) -> None:
        self.asked = 0
        self.held: list = []
        self._holding = True
        page.route_web_socket(CHANNELS, self._connect)

    def release(self) -> None:
        self._holding = False
        for socket, data in self.held:
            socket.send(data)

    def _connect(self, socket) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda data: self._up(server, data))
        server.on_message(lambda data: self._down(socket, data))

    def _up(self, server, data) -> None:
        self.asked += b'"type":"code"' in _bytes(data)
        server.send(data)

    def _down(self, socket, data) -> None:
        if self._holding and b"create_subshell_reply" in _bytes(data):
            self.held.append((socket, data))
        else:
            socket.send(data)


def view_count(page) -> int:
    return page.evaluate("() => document.querySelectorAll('.nbstream-root').length")


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def test_a_page_that_asked_before_it_had_a_subshell_does_not_wait_for_the_cell(desk, bare, tmp_path):
    page = desk.page()
    page.route(EXTENSION, lambda route: route.abort())
    kernel = HeldSubshell(page)
    setup, launch = cells(tmp_path, desk.name, 60, 0.03)
    cell = launch.replace("\nagent\n", f"\n{QUIET}\nimport time\ntime.sleep(60)\n")
    book = desk.show(bare, desk.write(bare, setup, cell.replace("\nwidget\n", "\ndisplay(widget)\n")), page)
    book.run(0)
    book.run(1, wait=False)
    # The frames go through this process: a page that is asked for something hands them on.
    until(lambda: view_count(page) == 0 and kernel.asked and kernel.held, what="the question and the subshell")
    kernel.release()
    wait_view(book, "the end", over, timeout=30)
    assert kernel.asked >= 2
    assert words_of(view(book)["text"]) == list(range(1, 61))


def by(book) -> str:
    """What the status line says rows come by."""
    line = book.page.evaluate(
        "() => document.querySelector('.nbstream-root').shadowRoot.querySelector('footer').innerText"
    )
    found = re.search(r"\b(server|comm)\b", line)
    return found[1] if found else line
