"""The path as one short function: source → recorder (parser) → outbox → store, and from the store's commit to the hub.

Save first, emit second is not a rule that this module keeps; it is how the parts are joined. Nothing here can reach a
subscriber: the hub is fed by the store, after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from nbstream.errors import AgentNotFound, NbstreamError, SourceError, StoreClosed, StoreError
from nbstream.hub import Hub, Live
from nbstream.loop import LoopThread
from nbstream.messages import TERMINAL, AgentMessage, AgentRecord
from nbstream.parsers import parser_named
from nbstream.secrets import mask
from nbstream.service.masker import Masker
from nbstream.service.outbox import Bell, Outbox
from nbstream.service.reader import close_reader, is_alive, open_reader
from nbstream.service.recorder import END, Recorder, end_id
from nbstream.service.stopping import STOP, ask_to_stop
from nbstream.sources import End, Gap, News, Request, Source, source_from
from nbstream.sources.order import later
from nbstream.store.identity import message_id

if TYPE_CHECKING:
    from nbstream.store import Committed, MessageStore

_log = logging.getLogger(__name__)

FINISH_S: Final = 5.0
"""Seconds that a run may take to leave once its end is committed; it takes a millisecond."""
MASK: Final = "mask_secrets"
"""The entry of an agent's metadata that says, when false, that its rows are stored as they came."""
TAIL: Final = 100
"""Rows at the end of a log that are looked at when it is read on: more than one event ever makes."""


def utc_now() -> datetime:
    """The time of receipt."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Run:
    """One agent that this process reads.

    Args:
        cursor: the id of the last event in the store; "" when there is none yet, None for a run that is to be started.
        stopping: a person has asked it to stop.
        forced: how it ends when its source cannot be asked.
    """

    request: Request
    source: Source
    recorder: Recorder
    cursor: str | None = None
    stopping: bool = False
    forced: End | None = None
    heard: bool = False
    learned: dict[str, str] = field(default_factory=dict)
    task: asyncio.Task[End] | None = None
    done: Future[None] | None = None


class StreamingService:
    """Reads agents into one store and tells its hub's subscribers.

    Args:
        store: the store; it stays open when the service closes.
    """

    def __init__(self, store: MessageStore) -> None:
        self.store = store
        self.hub = Hub(store)
        self._loop = LoopThread("nbstream-service")
        self._bell = Bell()
        self._runs: dict[UUID, Run] = {}
        self._closed = False
        self.reader = open_reader()
        self._unlisten = store.on_commit(self._heed)

    def start(self, record: AgentRecord, source: Source, request: Request) -> None:
        """Saves the agent's row, then starts to read its source. Returns when the row is committed."""
        # The row's own session and model are soon what the stream says they are; asking again needs what was asked.
        asked = {"session_id": request.session_id, "model": request.model}
        metadata = {**record.metadata, "source": source.describe(), "reader": self.reader, "asked": asked}
        masker = _masker(record)
        prompt = mask(record.prompt)[0] if masker and record.prompt else record.prompt
        self.store.create_agent(replace(record, prompt=prompt, metadata=metadata))
        self._begin(Run(request, source, Recorder(record.id, parser_named(source.parser), utc_now, masker)))

    def resume(self, record: AgentRecord) -> bool:
        """Goes on reading an agent whose reader has died.

        Returns:
            False when another living process reads it, or its source cannot be asked again.
        """
        before = self._runs.get(record.id)
        if before is not None and before.done is not None and record.status in TERMINAL:
            wait([before.done], FINISH_S)  # its last status is committed, and it is about to leave
            record = self.store.get_agent(record.id)
        elsewhere = record.status not in TERMINAL and is_alive(record.metadata.get("reader"))
        if record.id in self._runs or elsewhere:
            return False
        source = source_from(record.metadata["source"])
        if not source.resumable:
            return False
        changes: dict[str, Any] = {}
        merge: dict[str, Any] = {"reader": self.reader}
        if record.status == "interrupted":
            changes = {"status": "running", "completed_at": None, "error": None}
            merge[STOP] = None  # whoever asked for that has seen it end
        # Of two processes that resume it at once one gets it, or each would parse from where the other has got to.
        expect = {"reader": record.metadata.get("reader")}
        record = self.store.update_agent(record.id, expect=expect, merge=merge, **changes).result()
        if record.metadata.get("reader") != self.reader:
            return False
        run = self._resumed(record, source)
        self._begin(run)
        if record.metadata.get(STOP):
            self._stop_run(run)
        return True

    def _resumed(self, record: AgentRecord, source: Source) -> Run:
        """A run that goes on where the log ends."""
        tail = self.store.read(record.id, since=max(0, self.store.head(record.id) - TAIL))
        cursor = record.last_event_id
        ends: list[str] = []
        for event_id in (message.event_id for message in tail if message.event_id):
            if event_id.startswith(f"{END}/"):
                ends.append(event_id)
            # Two processes that both read this agent may have set the cursor back; the log itself never goes back.
            cursor = later(cursor, event_id.removeprefix(f"{END}/").rpartition("/")[2])
        recorder = Recorder(record.id, parser_named(source.parser), utc_now, _masker(record))
        recorder.rebuild(self.store.raw(record.id), cursor, ends)
        asked = record.metadata.get("asked", {})
        request = Request(
            agent_id=record.id,
            prompt=record.prompt or "",
            session_id=asked.get("session_id"),
            model=asked.get("model"),
        )
        if record.started_at is None:
            return Run(request, source, recorder, cursor=cursor)
        return Run(request, source, recorder, cursor=cursor or "", learned={"started": "yes"})

    def recover(self) -> None:
        """Looks after agents that were running when their reader died: resumed, or marked as interrupted."""
        for record in self.store.list_agents():
            self.look_after(record)

    def look_after(self, record: AgentRecord) -> None:
        """Resumes an agent whose reader has died, or says what became of it; leaves every other one alone."""
        reader = record.metadata.get("reader")  # none where a program wrote the log itself, without a service
        if record.status in TERMINAL or record.id in self._runs or reader is None or is_alive(reader):
            return
        try:
            if self.resume(record) or source_from(record.metadata["source"]).resumable:
                return  # if not by us, then by a process that was quicker
            why = "its reader ended and its source cannot be asked again"
        except NbstreamError as error:
            why = str(error)
        self.give_up(record, why)

    def give_up(self, record: AgentRecord, why: str) -> None:
        """Marks an agent that nobody can read on: stopped if that was asked for, else interrupted."""
        status = "stopped" if record.metadata.get(STOP) else "interrupted"
        changes: dict[str, Any] = {"status": status, "completed_at": utc_now(), "error": why}
        self.store.update_agent(record.id, expect={"reader": record.metadata.get("reader")}, **changes).result()

    @property
    def busy(self) -> bool:
        """Whether this process reads any agent right now."""
        return bool(self._runs)

    def live(self, record: AgentRecord) -> Live:
        """How the stream of an agent is doing, as far as this process knows: its reader may be another one."""
        if record.status in TERMINAL:
            return Live("ended")
        return self.hub.live(record.id) or Live("live" if is_alive(record.metadata.get("reader")) else "gone")

    def reads(self, agent_id: UUID) -> bool:
        """Whether this process reads the agent right now."""
        return agent_id in self._runs

    def duplicates(self, agent_id: UUID) -> int:
        """Events of the running agent that came again and were refused by their position."""
        run = self._runs.get(agent_id)
        return int(getattr(run.source, "duplicates", 0)) if run else 0

    def stop(self, agent_id: UUID) -> None:
        """Asks an agent to stop, whoever reads it, and returns at once; its status says when it has."""
        run = self._runs.get(agent_id)
        if run is not None:
            self._stop_run(run)
        else:
            self._loop.start(ask_to_stop(self, agent_id))

    def _stop_run(self, run: Run) -> None:
        if not run.stopping:
            run.stopping = True
            self._loop.start(self._stop(run))

    def _heed(self, committed: Committed) -> None:
        """Another process may ask for a stop through the store. On a thread of the store, so this only starts it."""
        asked = committed.record.metadata.get(STOP) if committed.record is not None else None
        run = self._runs.get(committed.agent_id)
        if asked and run is not None and not run.stopping:
            self._stop_run(run)
            self._loop.start(self._say_heard(run, asked))

    async def _say_heard(self, run: Run, asked: dict[str, Any]) -> None:
        self.store.update_agent(run.request.agent_id, merge={STOP: {**asked, "heard": True}})

    def close(self) -> None:
        """Stops reading. Agents behind a proxy go on there, and the next reader resumes them."""
        if not self._closed:
            self._closed = True
            self._unlisten()
            self._loop.close()
            self.hub.close()
            close_reader(self.reader)

    def _begin(self, run: Run) -> None:
        self._runs[run.request.agent_id] = run
        run.done = self._loop.start(self._run(run))

    async def _run(self, run: Run) -> None:
        agent_id = run.request.agent_id
        outbox = Outbox(self.store, agent_id, lambda why: self._tell_saving(agent_id, why), self._bell)
        try:
            run.task = asyncio.create_task(self._stream(run, outbox))
            end = await self._ended(run)
            await self._finish(run, outbox, end)
        except StoreClosed:
            return  # the process is going down; the next reader resumes
        except (StoreError, AgentNotFound) as error:
            _log.error("agent %s is not read any further: %s", agent_id, error)
            self.hub.announce(agent_id, Live("gone", str(error)))
        finally:
            outbox.close()
            self._runs.pop(agent_id, None)

    async def _ended(self, run: Run) -> End:
        """The end of the stream, whatever brought it about."""
        assert run.task is not None
        try:
            end = await run.task
        except asyncio.CancelledError:
            if run.forced is None:
                raise
            end = run.forced
        except (StoreError, AgentNotFound):
            raise
        except NbstreamError as error:
            end = End("gone", detail=str(error))
        except Exception as error:  # noqa: BLE001 - a fault of a source must not leave its agent running for ever
            _log.exception("agent %s: a source or parser failed in a way it should not", run.request.agent_id)
            end = End("gone", detail=f"{type(error).__name__}: {error} (this is a fault of the source or of nbstream)")
        return replace(end, reason="stopped") if run.stopping else end

    async def _stream(self, run: Run, outbox: Outbox) -> End:
        """The path: what the source yields is turned into rows, and the rows are saved."""
        items = run.source.events(run.request, run.cursor)
        try:
            async for item in items:
                if isinstance(item, News):
                    self._tell(run, item)
                elif isinstance(item, Gap):
                    await outbox.put(run.recorder.gap(item), item.event_id)
                elif isinstance(item, End):
                    return item
                else:
                    run.heard = True
                    rows = run.recorder.rows(item)
                    if rows:
                        await outbox.put(rows, rows[-1].event_id)
                        self._learn(run)
        finally:
            # Left to the collector, it is closed by a task of its own, which the end of the loop may cancel before it
            # begins: then its connection is not closed at all.
            await _close(items)
        return End("gone", detail="the source ended without saying why")

    def _tell(self, run: Run, news: News) -> None:
        if news.state == "live" and "started" not in run.learned:
            run.learned["started"] = "yes"
            self.store.update_agent(run.request.agent_id, status="running", started_at=utc_now())
        self.hub.announce(run.request.agent_id, Live(news.state, news.detail))

    def _tell_saving(self, agent_id: UUID, why: str | None) -> None:
        self.hub.announce(agent_id, Live("live") if why is None else Live("save-failed", why))

    def _learn(self, run: Run) -> None:
        """Session and model, once the stream has named them."""
        parser = run.recorder.parser
        known = {"session_id": parser.session_id, "model": parser.model}
        news: dict[str, Any] = {key: value for key, value in known.items() if value and run.learned.get(key) != value}
        if news:
            run.learned.update(news)
            self.store.update_agent(run.request.agent_id, **news)

    async def _finish(self, run: Run, outbox: Outbox, end: End) -> None:
        """Closes the log: the parser's last rows, then the status."""
        agent_id = run.request.agent_id
        end = _without_secrets(end) if run.recorder.masks else end
        ending, rows, cursor = run.recorder.end(end.reason, end.exit_code)
        status, error = ending.status, ending.error
        if end.detail and status != "completed":
            error = end.detail if error is None else f"{error} ({end.detail})"
        if end.reason == "gone" and not run.heard and run.cursor is None:
            status, error, rows = "failed", end.detail, [_error_row(run, end)]
        if rows:
            await outbox.put(rows, cursor)
        await outbox.flush()
        self.hub.announce(agent_id, Live("ended" if end.reason != "gone" else "gone", end.detail))
        changes: dict[str, Any] = {"status": status, "completed_at": utc_now(), "error": error}
        merge = {"end": dict(end.metadata)} if end.metadata else None
        await asyncio.wrap_future(self.store.update_agent(agent_id, merge=merge, **changes))

    async def _stop(self, run: Run) -> None:
        try:
            await run.source.stop(run.request)
        except SourceError as error:
            run.forced = End("stopped", detail=f"stopped here; its source could not be told: {error}")
            if run.task is not None:
                run.task.cancel()
            with contextlib.suppress(SourceError):
                await run.source.stop(run.request)


async def _close(items: AsyncIterator[Any]) -> None:
    """Ends what a source yields from, its connection with it; an iterator that is no generator has no such end."""
    close = getattr(items, "aclose", None)
    if close is not None:
        await close()


def _error_row(run: Run, end: End) -> AgentMessage:
    agent_id, event_id = run.request.agent_id, end_id(end.reason, None)
    return AgentMessage(
        id=message_id(agent_id, event_id, 0),
        event_id=event_id,
        type="error",
        op="note",
        content=end.detail or "the source gave nothing",
        created_at=utc_now(),
    )


def _masker(record: AgentRecord) -> Masker | None:
    return None if record.metadata.get(MASK) is False else Masker()


def _without_secrets(end: End) -> End:
    """The end with what it quotes of the program masked, the tail of its stderr for instance."""
    words = {key: mask(value)[0] if isinstance(value, str) else value for key, value in end.metadata.items()}
    return replace(end, detail=end.detail and mask(end.detail)[0], metadata=words)
