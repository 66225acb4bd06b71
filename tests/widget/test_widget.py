"""The anywidget: small traits, requests that only queue, a bundle that names no object address, the copy at the end."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from typing import Any

import pytest

import nbstream.widget as module
from nbstream.widget import AGENT_MIME, AgentWidget, display_agent
from nbstream.widget.code import BUNDLE, LOADER
from support import reply
from widget.feed import AskedServer, Feed
from widget.rows import AGENT, record, story

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def feed() -> Feed:
    return Feed(story(finished=False).rows)


@pytest.fixture
def widget(feed):
    widget = AgentWidget(feed)
    yield widget
    widget.close()
    assert widget._sender.join(30)


def test_traits_are_small_and_hold_no_transcript(widget) -> None:
    own = {name: value for name, value in widget.get_state().items() if name in {"agent_id", "status", "cursor"}}
    assert own == {"agent_id": str(AGENT), "status": "running", "cursor": 0}
    rest = {name: value for name, value in widget.get_state().items() if name != "_esm"}
    assert len(repr(rest)) < 2_000
    assert "importtime" not in repr(widget.get_state())


def test_the_bundle_is_sent_as_text_and_not_watched(widget) -> None:
    assert widget._esm == BUNDLE.read_text(encoding="utf-8")


def test_where_the_page_has_the_view_a_loader_goes_in_the_place_of_the_bundle(feed) -> None:
    quiet = AgentWidget(feed, quiet=True)
    assert quiet._esm == quiet.get_state()["_esm"] == LOADER
    assert len(LOADER) < 1_200
    assert re.search(r'"[0-9a-f]{64}"', LOADER)[0] in BUNDLE.read_text(encoding="utf-8")
    quiet.close()


def test_the_mime_bundle_names_the_agent_and_no_address(widget) -> None:
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == f"nbstream agent {AGENT}: claude, running"
    assert data[WIDGET_VIEW]["model_id"] == widget.model_id
    assert set(data) == {WIDGET_VIEW, "text/plain", "text/html", "text/markdown"}
    assert f"nbs.attach(&quot;{AGENT}&quot;)" in data["text/html"]
    assert not re.search(r"0x[0-9a-f]{6,}", repr(widget) + data["text/plain"])


def test_a_view_s_message_is_queued_whatever_thread_it_comes_on(widget, feed) -> None:
    sent: list[Any] = []
    done = threading.Event()

    def send(content: Any, buffers: Any = None) -> None:
        sent.append(content)
        if content["type"] == "agent:raw":
            done.set()

    widget._sender._send_now = send
    for content in ({"type": "nonsense"}, {"type": "stop"}, {"type": "raw", "sequence_number": 1}):
        threading.Thread(target=widget._handle_custom_msg, args=(content, [])).start()
    assert done.wait(30)
    assert feed.stops <= 1
    assert sent[-1]["type"] == "agent:raw"


def test_the_shell_of_a_busy_cell_is_not_chosen_for_requests() -> None:
    class Comm:
        def _reply_subshell_for(self, data, default):
            return "the busy one"

    comm = Comm()
    module._let_requests_through(comm)
    assert comm._reply_subshell_for({}, "the view's own") == "the view's own"
    plain = object()
    module._let_requests_through(plain)


class Display:
    """What IPython's `display` was asked to show, and to show instead."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.updated = threading.Event()

    def __call__(self, data, raw=False, metadata=None, display_id=None):
        assert raw
        self.shown.append(data)
        return self

    def update(self, data, raw=False, metadata=None) -> None:
        assert raw
        self.shown.append(data)
        self.updated.set()


@pytest.fixture
def display(monkeypatch) -> Display:
    import IPython.display

    monkeypatch.delenv("JPY_PARENT_PID", raising=False)
    # The notebook's own end of the wire; the real one is in tests/browser.
    display = Display()
    monkeypatch.setattr(IPython.display, "display", display)
    return display


def test_a_run_that_ends_is_replaced_by_its_copy(display, feed) -> None:
    display_agent(feed)
    assert WIDGET_VIEW in display.shown[0]
    feed.finish()
    assert display.updated.wait(30)
    last = display.shown[-1]
    assert set(last) == {"text/html", "text/markdown", "text/plain"}
    assert "finished" in last["text/html"]
    assert "I will measure" in last["text/html"]
    assert ending_of_senders()


def test_a_run_that_has_ended_is_shown_as_its_copy_at_once(display) -> None:
    display_agent(Feed(story().rows, now=record("stopped")))
    assert [set(data) for data in display.shown] == [{"text/html", "text/markdown", "text/plain"}]
    assert "stopped" in display.shown[0]["text/plain"]


class Answers:
    """The Jupyter server above, as far as it is asked; it holds its answer back until `now` is set."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.extension = True
        self.now = threading.Event()
        self.now.set()

    async def __call__(self, request, writer) -> None:
        if request.path.endswith("/-") and self.extension:
            writer.write(reply(400, json.dumps({"message": "expected a UUID", "reason": "BadRequest"})))
            return
        await asyncio.to_thread(self.now.wait, 10)
        writer.write(reply(self.status, json.dumps({"id": str(AGENT)})))


@pytest.fixture
def above(display, tmp_path, monkeypatch):
    """A Jupyter server that knows the agent."""
    answers = Answers(200)
    with AskedServer(answers) as there:
        said = {"base_url": "/", "hostname": "127.0.0.1", "port": there.port, "token": "s3cret"}
        (tmp_path / "jpserver-1.json").write_text(json.dumps(said))
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
        monkeypatch.setenv("JPY_PARENT_PID", "1")
        yield answers


NAMED = {"agent_id": str(AGENT)}
COPY = {"text/html", "text/markdown", "text/plain"}


def test_where_the_server_knows_the_agent_the_output_names_it_from_start_to_end(above, display, feed) -> None:
    display_agent(feed)
    assert set(display.shown[0]) == {AGENT_MIME, WIDGET_VIEW, *COPY}
    feed.finish()
    assert display.updated.wait(30)
    assert set(display.shown[1]) == {AGENT_MIME, *COPY}
    assert [data[AGENT_MIME] for data in display.shown] == [NAMED, NAMED]
    assert "s3cret" not in repr(display.shown)
    assert ending_of_senders()


def test_an_agent_that_has_ended_is_named_beside_its_copy(above, display) -> None:
    display_agent(Feed(story().rows, now=record("completed")))
    assert [set(data) for data in display.shown] == [{AGENT_MIME, *COPY}]


def test_a_server_that_does_not_know_the_agent_changes_nothing(above, display, feed) -> None:
    above.status = 404
    display_agent(feed)
    feed.finish()
    assert display.updated.wait(30)
    assert [set(data) for data in display.shown] == [{WIDGET_VIEW, *COPY}, COPY]
    assert ending_of_senders()


@pytest.mark.parametrize("extension", [True, False])
def test_while_the_server_joins_the_store_nothing_is_sent_unasked(above, display, feed, monkeypatch, extension) -> None:
    """Else the same rows would come by the kernel and by the server."""
    made: list[AgentWidget] = []
    monkeypatch.setattr(module, "AgentWidget", lambda *args, **how: made.append(AgentWidget(*args, **how)) or made[0])
    above.now.clear()
    above.extension = extension
    display_agent(feed)
    assert (made[0]._esm == LOADER) is extension
    assert made[0]._sender._quiet is extension
    above.now.set()
    feed.finish()
    assert display.updated.wait(30)
    assert ending_of_senders()


def test_a_server_that_answers_late_is_shown_late(above, display, feed) -> None:
    above.now.clear()
    began = time.monotonic()
    display_agent(feed)
    assert time.monotonic() - began < 8
    assert set(display.shown[0]) == {WIDGET_VIEW, *COPY}
    above.now.set()
    assert display.updated.wait(30)
    assert set(display.shown[1]) == {AGENT_MIME, WIDGET_VIEW, *COPY}
    display.updated.clear()
    feed.finish()
    assert display.updated.wait(30)
    assert set(display.shown[2]) == {AGENT_MIME, *COPY}
    assert ending_of_senders()


def ending_of_senders() -> bool:
    for thread in threading.enumerate():
        if thread.name.startswith("nbstream-widget-"):
            thread.join(30)
            if thread.is_alive():
                return False
    return True
