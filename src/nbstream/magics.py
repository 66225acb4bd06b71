"""`%load_ext nbstream`: `%%agent`, `%agents`, `%%nbsql`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from IPython.core import magic, magic_arguments
from IPython.core.error import UsageError

from nbstream.errors import NbstreamError
from nbstream.frames import Store
from nbstream.service import connect, launch
from nbstream.widget import display_agent

if TYPE_CHECKING:
    from nbstream.frames import Frame
    from nbstream.sources import Source

T = TypeVar("T")
_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

# Without types upstream.
_takes: Callable[[], _Decorator] = magic_arguments.magic_arguments
_argument: Callable[..., _Decorator] = magic_arguments.argument
_options: Callable[..., Any] = magic_arguments.parse_argstring
_cell_magic: _Decorator = magic.cell_magic
_line_magic: _Decorator = magic.line_magic

DEFAULT_NAME: Final = "agent"

# Texts, quoted names and comments are passed over; `::` is a cast, so a parameter has one colon before its name.
_TOKEN: Final = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|::|(?P<mark>[$:])(?P<name>[A-Za-z_]\w*)", re.DOTALL
)
_SOURCE: Final = "a name, the URL of a proxy, or a variable that holds a source; default claude"
_STORE: Final = "a file, or a variable that holds a store; default: the default store"


@magic.magics_class
class AgentMagics(magic.Magics):
    """The magics of one shell."""

    @_takes()
    @_argument(
        "name", nargs="?", default=DEFAULT_NAME, help=f"the variable that holds the agent; default {DEFAULT_NAME}"
    )
    @_argument("--source", "-s", default="claude", help=_SOURCE)
    @_argument("--model", "-m", help="the model's name; default the source's own")
    @_argument("--session", help="a session of the same program to go on with")
    @_argument("--store", help=_STORE)
    @_cell_magic
    def agent(self, line: str, cell: str) -> None:
        """Launch an agent; the cell is its prompt. It is shown live and bound to the name."""
        options = _options(self.agent, line)
        name = _variable(options.name)
        prompt = cell.strip()
        if not prompt:
            raise UsageError("expected the prompt below %%agent, the cell is empty")
        launched = _say(
            lambda: launch(
                prompt,
                self._source(options.source),
                store=self._store(options.store),
                model=options.model,
                session_id=options.session,
            )
        )
        self._names[name] = launched
        display_agent(launched)

    @_takes()
    @_argument("--status", help="with this status only, for instance running")
    @_argument("--last", type=int, help="the newest so many")
    @_argument("--store", help=_STORE)
    @_line_magic
    def agents(self, line: str) -> Frame:
        """The agents of a store as a DataFrame, newest first."""
        options = _options(self.agents, line)
        frame = _say(lambda: self._store(options.store).agents(status=options.status))
        newest = frame.iloc[::-1].reset_index(drop=True)
        return newest if options.last is None else newest.head(options.last)

    @_takes()
    @_argument("name", nargs="?", help="the variable that gets the result; without it the result is shown")
    @_argument("--store", help=_STORE)
    @_cell_magic
    def nbsql(self, line: str, cell: str) -> Frame | None:
        """Ask the store: one SELECT on `agents`, `agent_messages` and `transcript`, the result a DataFrame.

        `$name` and `:name` are the values of your variables; an agent stands for its id.
        """
        options = _options(self.nbsql, line)
        query, params = bound(cell, self._names)
        frame = _say(lambda: self._store(options.store).sql(query, params or None))
        if options.name is None:
            return frame
        self._names[_variable(options.name)] = frame
        return None

    @property
    def _names(self) -> dict[str, Any]:
        """The variables of the notebook."""
        names: dict[str, Any] = self.shell.user_ns if self.shell is not None else {}
        return names

    def _source(self, named: str) -> str | Source:
        """The source that `--source` names: a variable's, else what is installed by that name."""
        found = self._names.get(named)
        given: str | Source = found if found is not None and hasattr(found, "events") else named
        return given

    def _store(self, named: str | None) -> Store:
        """The store that `--store` names: a variable's, else a file's; the default one without it."""
        found = self._names.get(named) if named else None
        return found if isinstance(found, Store) else connect(named)


def bound(query: str, variables: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The query with every parameter as `$name`, and the values of those that it names.

    Args:
        query: SQL; `$name` and `:name` outside of texts, quoted names and comments are parameters.
        variables: where their values are.

    Raises:
        UsageError: a variable is not there.
    """
    values: dict[str, Any] = {}

    def one(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            return match[0]
        # `list[1:n]` is a slice and `{a:b}` a struct: only a `$` insists.
        if match["mark"] == ":" and not _begins_value(query, match.start()):
            return match[0]
        if name not in variables:
            raise UsageError(f"{match[0]} in the query: expected a variable {name}, there is none")
        values[name] = _value(variables[name])
        return f"${name}"

    return _TOKEN.sub(one, query), values


def _begins_value(query: str, at: int) -> bool:
    """Whether a colon stands where a value may: after white space, a bracket, a comma or an operator."""
    return at == 0 or query[at - 1] in " \t\r\n(,=<>+-*/%|"


def _value(value: Any) -> Any:
    """What DuckDB takes of a variable: an agent by its id, a series or an array as a list."""
    if hasattr(value, "id") and hasattr(value, "store"):
        return str(value.id)
    if isinstance(value, tuple | set | frozenset):
        return [_value(each) for each in value]
    if isinstance(value, list):
        return [_value(each) for each in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _variable(name: str) -> str:
    if not name.isidentifier():
        raise UsageError(f"expected the name of a variable, got {name!r}")
    return name


def _say(act: Callable[[], T]) -> T:
    """Runs it; an error of nbstream becomes one sentence in the cell in place of a traceback."""
    try:
        return act()
    except NbstreamError as error:
        raise UsageError(str(error)) from error


def load_ipython_extension(shell: Any) -> None:
    """Called by `%load_ext nbstream`."""
    shell.register_magics(AgentMagics)
