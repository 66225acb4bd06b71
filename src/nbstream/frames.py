"""The history as DataFrames: one table, one row per noun.

| method         | one row per … |
|----------------|---------------|
| `agents`       | agent |
| `messages`     | `AgentMessage`: the log, deltas included |
| `transcript`   | content block, as a reader sees it |
| `tool_calls`   | tool call, with its result |
| `usage`        | model response that reported its tokens, each counted once; or agent and model |
| `timeline`     | content block or run of a tool, with its times; or model response, with its pace |
| `search`       | place where the words are |
| `sql`          | row of your query |

Columns are Arrow-backed in pandas: UUIDs and JSON are text, times are UTC with microseconds, a missing value is NA;
columns of few values are categories. A frame is one transaction's view: while agents write, it has whole rows only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa

from nbstream.errors import MissingExtra
from nbstream.prices import COST_RULES, Prices, checked, priced
from nbstream.proof import against_logs
from nbstream.search import ranked, terms_of
from nbstream.store import MessageStore, Report, search, tables, timing, usage
from nbstream.store.filters import Filter, ids_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Format = Literal["pandas", "polars", "arrow"]
Frame = Any
"""A pandas or polars DataFrame or a pyarrow Table, by `to`."""
CATEGORIES: Final = {**tables.CATEGORIES, "cost_rule": COST_RULES}
Agents = Any
"""An agent, its id as UUID or text, a list of either, or None for all."""


class Store(MessageStore):
    """A store whose history comes as DataFrames.

    Every method of frames takes `to`: `pandas` (the default), `polars` (needs the extra of that name) or `arrow`.
    """

    def verify(self) -> Report:
        """Proves every rule of the log again, and compares each run with its proxy's log where that is still here.

        Returns:
            a report that is true when all holds; it prints itself.
        """
        report = super().verify()
        compared, wrong = against_logs(self)
        return replace(report, logs=compared, violations=[*report.violations, *wrong])

    def agents(
        self,
        agent: Agents = None,
        *,
        session: str | None = None,
        status: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        to: Format = "pandas",
    ) -> Frame:
        """One row per agent, oldest first.

        Args:
            agent: an agent, its id, or several of either; None for all.
            session: of this session of their program only.
            status: with this status only.
            after: created at this time or later; a time without a zone is local.
            before: created before this time.
            to: the kind of table.

        Columns:
            id (text, a UUID); type, source, model, prompt, session_id (text); status (category);
            parent_agent_id (text, a UUID); created_at, started_at, completed_at (UTC, µs); error (text);
            messages (int): rows of its log; duplicates (int): messages refused because they were there already;
            cost_usd (float, US dollars), turns (int): the program's own last word;
            last_event_id (text): the source's last event in the log; metadata (text, JSON).
        """
        which = Filter(agents=ids_of(agent), session=session, after=after, before=before)
        params = which.params() | ({} if status is None else {"status": status})
        return _frame(self.query(tables.agents(which, status=status is not None), params or None), to)

    def messages(
        self,
        agent_id: Agents = None,
        since: int = 0,
        *,
        session: str | None = None,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the column's name
        after: datetime | None = None,
        before: datetime | None = None,
        raw: bool = False,
        to: Format = "pandas",
    ) -> Frame:
        """One row per message, by agent and sequence number.

        Args:
            agent_id: an agent, its id, or several of either; None for all.
            since: only sequence numbers above it.
            session: of agents of this session of their program only.
            type: of this type, or of one of these types, only.
            after: received at this time or later; a time without a zone is local.
            before: received before this time.
            raw: add the column `raw`: the source as received, one event a line.
            to: the kind of table.

        Columns:
            id, agent_id (text, UUIDs); sequence_number (int, from 1 per agent); type, role, part, op (category);
            block (text); content (text; JSON for a tool call's input); raw (text, if asked for);
            metadata (text, JSON); created_at (UTC, µs): when nbstream received it;
            event_id (text): the source's own id of the event.
        """
        which = Filter(agents=ids_of(agent_id), session=session, type=type, after=after, before=before, since=since)
        return self._rows(tables.messages(which, raw=raw), which, to)

    def transcript(
        self,
        agent_id: Agents = None,
        since: int = 0,
        *,
        session: str | None = None,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the column's name
        after: datetime | None = None,
        before: datetime | None = None,
        to: Format = "pandas",
    ) -> Frame:
        """One row per content block, as a reader sees it: deltas joined, withdrawn answers left out.

        Args:
            agent_id: an agent, its id, or several of either; None for all.
            since: only blocks that have a row with a sequence number above it: new ones and those that grew.
            session: of agents of this session of their program only.
            type: of this type, or of one of these types, only.
            after: begun at this time or later.
            before: begun before this time.
            to: the kind of table.

        Columns:
            agent_id (text, a UUID); sequence_number, last_sequence_number (int): its first and last row in the log;
            block (text, NA for notes); type, role, part (category); content (text); metadata (text, JSON);
            created_at, last_created_at (UTC, µs): when its first and last row came.
        """
        which = Filter(agents=ids_of(agent_id), session=session, type=type, after=after, before=before, since=since)
        return self._rows(tables.transcript(which), which, to)

    def tool_calls(
        self,
        agent_id: Agents = None,
        *,
        session: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        to: Format = "pandas",
    ) -> Frame:
        """One row per tool call with its result, in the order of the calls.

        Args:
            agent_id: an agent, its id, or several of either; None for all.
            session: of agents of this session of their program only.
            after: received at this time or later.
            before: received before this time.
            to: the kind of table.

        Columns:
            agent_id (text, a UUID); tool_call_id, tool (text); input (text, JSON; NA for a result without a call);
            output (text; NA while it runs); is_error (bool); parent_tool_call_id (text): the call whose subagent made
            this one; called_at, answered_at (UTC, µs); seconds (float) between them;
            sequence_number, output_sequence_number (int): where call and result begin in the log.
        """
        which = Filter(agents=ids_of(agent_id), session=session, after=after, before=before)
        return self._rows(tables.tool_calls(which), which, to)

    def usage(
        self,
        agent_id: Agents = None,
        *,
        by: Literal["response", "model", "agent"] = "response",
        session: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        prices: Prices | None = None,
        to: Format = "pandas",
    ) -> Frame:
        """Tokens and cost: a row per response, per agent and model, or per agent; each counted once, so sum freely.

        A program that reports one response again is counted by its last report. One that counts its whole session
        (Codex, when a thread is resumed) is counted by what came since its last report: rule `differences`.

        Args:
            agent_id: an agent, its id, or several of either; None for all.
            by: `response`: each response's last report; `model`: totals, the program's own where it gives them and no
                time is asked for; `agent`: totals beside the program's own, to check one by the other.
            session: of agents of this session of their program only.
            after: reported at this time or later; by agent: of agents created then.
            before: reported before this time.
            prices: US dollars per million tokens by model, `{"claude-sonnet-4-5": Price(input=3, output=15)}`; a name
                also stands for every model that begins with it.
            to: the kind of table.

        Columns of all:
            agent_id (text, a UUID); model (text; by agent: `models`, all of them); input_tokens (int): all input, cache
            included; output_tokens;
            cache_read_tokens, cache_write_tokens: the part of the input that came from, or went into, the cache;
            reasoning_tokens: the part of the output that was thinking; cost_usd (float, US dollars): the program's own
            figure, else by `prices`; computed_usd (float): by `prices`, to compare;
            cost_rule (category): `agent`, `prices` or `unknown`; reported_by (category): the rule of the tokens:
            `agent`, its own totals, `responses`, their last reports, or `differences` between totals of a session.

        Columns of `response`:
            response_id (text); parent_tool_call_id (text): the call whose subagent spoke, NA on the main thread;
            finish_reasons (text, JSON); sequence_number (int), created_at (UTC, µs): of the report.

        Columns of `agent`:
            type, session_id (text); responses (int); counted_input_tokens, counted_output_tokens (int): of its
            responses; program_input_tokens, program_output_tokens (int): the program's own last word;
            difference_tokens (int): program less counted; NA where either says nothing.
        """
        which = Filter(agents=ids_of(agent_id), session=session, after=after, before=before)
        if by == "agent":
            whole = Filter(agents=which.agents, session=session)
            models = priced(self.query(usage.by_model(whole), whole.params() or None), prices or {})
            return _frame(checked(self.query(usage.checks(which), which.params() or None), models), to)
        query = {"response": usage.by_response, "model": usage.by_model}[by](which)
        return _frame(priced(self.query(query, which.params() or None), prices or {}), to)

    def timeline(
        self,
        agent_id: Agents = None,
        *,
        by: Literal["block", "response"] = "block",
        session: str | None = None,
        to: Format = "pandas",
    ) -> Frame:
        """When what happened: one row per content block and tool run, or per response of a model.

        Args:
            agent_id: an agent, its id, or several of either; None for all.
            by: `block`: what a Gantt chart shows; `response`: how quick the model was.
            session: of agents of this session of their program only.
            to: the kind of table.

        Columns of both:
            agent_id (text, a UUID); sequence_number (int): its first row in the log; response_id (text);
            parent_tool_call_id (text): the call whose subagent spoke, NA on the main thread;
            ended_at (UTC, µs): its last row; seconds (float) from its first row to its last; deltas (int): rows it came
            in; characters (int); gap_p50_seconds, gap_max_seconds (float): between two deltas.

        Columns of `block`:
            kind (text): text, reasoning, refusal, tool_call (its input being written), tool (the tool running), or
            the kind of a note; label (text): the tool's name; started_at (UTC, µs);
            wait_seconds (float): from the row before it to its first.

        Columns of `response`:
            model (text); asked_at (UTC, µs): the row before the response, when the model had what it needed;
            first_token_at (UTC, µs); time_to_first_token (float, seconds) between them; output_tokens (int);
            tokens_per_second (float): from the first token to the last; tool_calls (int); gap_p99_seconds (float).
        """
        which = Filter(agents=ids_of(agent_id), session=session)
        query = {"block": timing.by_block, "response": timing.by_response}[by](which)
        return self._rows(query, which, to)

    def search(  # noqa: PLR0913 - filters, each by its name
        self,
        words: str,
        agent_id: Agents = None,
        *,
        session: str | None = None,
        type: str | Iterable[str] | None = None,  # noqa: A002 - the column's name
        part: str | None = None,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int = 50,
        marks: tuple[str, str] = ("«", "»"),
        to: Format = "pandas",
    ) -> Frame:
        """One row per place where all the words are, best first: prompts, answers, reasoning, tool input and output.

        Up to the newest row of every agent, those that are streaming too; in upper or lower case; also inside longer
        words, though whole words come first. `nbs.show(hits.iloc[0])` opens a hit at its place.

        Args:
            words: words, `"a phrase"`, and `-without`, all in one block.
            agent_id: an agent, its id, or several of either; None for all.
            session: of agents of this session of their program only.
            type: of this type, or of one of these types, only.
            part: of this part only; `prompt` for what agents were started with.
            after: begun at this time or later.
            before: begun before this time.
            limit: most rows; of more than 5,000 places the newest are ranked.
            marks: before and after each word in a snippet.
            to: the kind of table.

        Columns:
            score (float): up to 3 for how often, 2 for how close together, 1 for whole words, 1 for how new;
            agent_id (text, a UUID); sequence_number, last_sequence_number (int): the block's first and last row in the
            log, 0 for a prompt; type, role (category); part (text); tool (text): its name, where the place is of one;
            created_at (UTC, µs); matches (int): of all words in the block; snippet (text).

        Raises:
            ValueError: there is no word that must be there, or more than 32.
        """
        terms = terms_of(words)
        which = Filter(agents=ids_of(agent_id), session=session, type=type, after=after, before=before)
        looked_at = max(200, 4 * limit)
        found = self.query(search.places(terms, which, part), search.values(terms, which, part, looked_at))
        return _frame(ranked(found, terms, marks, limit), to)

    def sql(
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None, *, to: Format = "pandas"
    ) -> Frame:
        """The result of one reading SQL statement on `agents`, `agent_messages` and `transcript`.

        Raises:
            QueryRefused: it would change the store or reach outside it, or it is not SQL the store can answer.
        """
        return _frame(self.query(query, params), to)

    def _rows(self, query: str, which: Filter, to: Format) -> Frame:
        return _frame(self.query(query, which.params() or None), to)


def _frame(table: pa.Table, to: Format) -> Frame:
    if to == "arrow":
        return table
    if to == "pandas":
        import pandas as pd

        # A dictionary of Arrow is a category of pandas, which compares and groups as its users expect.
        frame = table.to_pandas(types_mapper=lambda kind: None if pa.types.is_dictionary(kind) else pd.ArrowDtype(kind))
        known = {name: pd.CategoricalDtype(list(CATEGORIES[name])) for name in CATEGORIES if name in table.column_names}
        return frame.astype({name: kind for name, kind in known.items() if _is_category(table, name)})
    if to == "polars":
        try:
            import polars as pl
        except ImportError as error:
            raise MissingExtra("a DataFrame of polars", "polars") from error
        return pl.from_arrow(table)
    raise ValueError(f"expected to='pandas', 'polars' or 'arrow', got {to!r}")


def _is_category(table: pa.Table, name: str) -> bool:
    return bool(pa.types.is_dictionary(table.schema.field(name).type))
