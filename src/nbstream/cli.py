"""The command line: `nbstream COMMAND`."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbstream import local, proxy
from nbstream.commands.demo import demo
from nbstream.commands.export import export
from nbstream.commands.history import agents, search, tail, verify
from nbstream.commands.keeping import compact, delete
from nbstream.commands.reading import import_
from nbstream.errors import NbstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Command = Callable[[argparse.Namespace], int]
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names no public one

INTERRUPTED = 130  # what a shell gives a program ended by SIGINT
PIPE_CLOSED = 141  # and by SIGPIPE


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; None takes the process's own.

    Returns:
        The exit status: 0 done, 1 the command's own no, 2 an error, said in one line on stderr.
    """
    options = build_parser().parse_args(argv)
    command: Command = options.command
    try:
        status = command(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # `nbstream tail … | head`: nobody reads on, and the interpreter must not try again as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (NbstreamError, OSError) as error:
        print(f"nbstream: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return status


def build_parser() -> argparse.ArgumentParser:
    """The whole command line, as `--help` shows it."""
    parser = argparse.ArgumentParser(
        prog="nbstream",
        description="Stream AI agents into notebook cells: saved before shown, kept as DataFrames.",
        epilog="Exit status: 0 done; 1 the command's own no; 2 an error, said in one line on stderr; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"nbstream {version('nbstream')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_agents, _add_tail, _add_search, _add_export, _add_import, _add_verify, _add_compact, _add_delete):
        add(commands)
    for add in (_add_proxy, _add_relay, _add_local, _add_demo):
        add(commands)
    return parser


def _command(commands: Commands, command: Command, name: str, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.set_defaults(command=command)
    return parser


def _add_demo(commands: Commands) -> None:
    parser = _command(commands, demo, "demo", "open the quickstart notebook in JupyterLab")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("nbstream-demo"), help="where it is put (default ./nbstream-demo)"
    )
    parser.add_argument("--port", type=int, help="of JupyterLab; default its own choice")
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="print the address instead")
    parser.add_argument("--check", action="store_true", help="run it headless and print what the agents said")


def _add_proxy(commands: Commands) -> None:
    parser = _command(commands, _proxy, "proxy", "run agents as child processes and stream their output over HTTP")
    _add_listening(parser)
    builtin = "claude, codex, gemini-cli, opencode and replay are built in"
    parser.add_argument("--config", type=Path, help=f"TOML file with profiles and limits; {builtin}")
    parser.add_argument("--runs-dir", type=Path, help="where the logs of the runs are kept")
    parser.add_argument("--leave-running", action="store_true", help="do not stop the agents at the end")
    parser.add_argument("--idle-exit", type=float, metavar="SECONDS", help="end after so long without use")
    parser.add_argument(
        "--allow-host", action="append", default=[], dest="allowed_hosts", metavar="NAME:PORT", help="also in Host"
    )
    parser.add_argument(
        "--allow-origin", action="append", default=[], dest="allowed_origins", metavar="ORIGIN", help="let it in"
    )


def _add_relay(commands: Commands) -> None:
    parser = _command(commands, _relay, "relay", "serve the output of one program that prints JSON lines")
    parser.usage = "nbstream relay [options] -- COMMAND [ARGUMENT ...]"
    _add_listening(parser)
    parser.add_argument("--parser", default="claude", help="wire format of its lines (default claude)")
    parser.add_argument("--env", action="append", default=[], metavar="NAME", help="a variable the program gets")
    parser.add_argument("argv", nargs="+", metavar="COMMAND", help="the program and its arguments, after --")


def _add_listening(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--state-file", type=Path, help="where address and token are written")
    parser.add_argument(
        "--heartbeat", type=float, default=10.0, metavar="SECONDS", help="between comments on a silent stream"
    )
    parser.add_argument("--allow-remote", action="store_true", help="allow a --host that other machines can reach")


def _add_agents(commands: Commands) -> None:
    parser = _command(commands, agents, "agents", "list the agents of a store")
    _add_store(parser)
    parser.add_argument("--status", help="with this status only, for instance running")
    _add_json(parser)


def _add_tail(commands: Commands) -> None:
    parser = _command(commands, tail, "tail", "print what an agent said")
    _add_store(parser)
    _add_agent(parser)
    parser.add_argument("--follow", action="store_true", help="go on until the agent has ended")
    parser.add_argument("--json", action="store_true", help="the log, a message a line")


def _add_search(commands: Commands) -> None:
    parser = _command(commands, search, "search", "find words in all that agents were told, said and did; 1 when none")
    _add_store(parser)
    parser.add_argument("words", nargs="+", metavar="WORD", help='words, "a phrase", and, after --, -without')
    parser.add_argument("--agent", help="of this agent only: its id, or how its id alone begins")
    parser.add_argument("--limit", type=int, default=20, help="most places (default 20)")
    _add_json(parser)


def _add_verify(commands: Commands) -> None:
    parser = _command(commands, verify, "verify", "prove the rules of a store on its rows; 1 when one is broken")
    _add_store(parser)
    _add_json(parser, "the report as one object")


def _add_export(commands: Commands) -> None:
    parser = _command(commands, export, "export", "write an agent's log or its transcript")
    _add_store(parser)
    _add_agent(parser)
    formats = ["jsonl", "parquet", "markdown", "html", "csv"]
    parser.add_argument("--format", choices=formats, required=True, help="the log: jsonl, parquet; else the transcript")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default standard output, for jsonl and markdown")


def _add_import(commands: Commands) -> None:
    parser = _command(
        commands, import_, "import", "put runs from elsewhere into a store, which is made if there is none"
    )
    parser.add_argument("store", type=Path, metavar="STORE", help="a file that nbs.connect() opened, or a new one")
    paths = "an export, another store, what an agent printed, Claude Code's session files or a folder of them"
    parser.add_argument("paths", type=Path, nargs="+", metavar="PATH", help=paths)
    parser.add_argument(
        "--format", metavar="NAME", help="of what an agent printed, for instance claude; default a look"
    )
    _add_json(parser, "what was done, as one object")


def _add_compact(commands: Commands) -> None:
    parser = _command(commands, compact, "compact", "turn the deltas of ended agents into their blocks")
    _add_store(parser)
    parser.add_argument(
        "agents", nargs="*", metavar="AGENT", help="ids, or how they begin; default all that have ended"
    )
    _add_json(parser, "what was done, as one object")


def _add_delete(commands: Commands) -> None:
    parser = _command(commands, delete, "delete", "delete agents with all of their messages; 1 where you say no")
    _add_store(parser)
    parser.add_argument("agents", nargs="+", metavar="AGENT", help="its id, or how its id alone begins")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _add_json(parser, "what was done, as one object")


def _add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", type=Path, metavar="STORE", help="the file that nbs.connect() opened")


def _add_json(parser: argparse.ArgumentParser, text: str = "an object a line") -> None:
    parser.add_argument("--json", action="store_true", help=text)


def _add_agent(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("agent", metavar="AGENT", help="its id, or how its id alone begins")


def _add_local(commands: Commands) -> None:
    parts = commands.add_parser("local", help="a small real model on this machine").add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    _command(parts, _local_pull, "pull", "fetch the default model's file and print its path")
    serve = _command(parts, _local_serve, "serve", "serve a model on 127.0.0.1 and print its address as one JSON line")
    serve.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    serve.add_argument("--model", type=Path, help="a GGUF file; default NBSTREAM_LOCAL_MODEL, then the default model")
    serve.add_argument("--threads", type=int, default=1, help="for the computation (default 1)")
    serve.add_argument("--ctx", type=int, default=4096, help="tokens of prompt and answer together (default 4096)")
    serve.add_argument("--until-eof", action="store_true", help="end when stdin ends")
    serve.add_argument("--verbose", action="store_true", help="the runtime's whole log on stderr")


def _proxy(options: argparse.Namespace) -> int:
    return proxy.serve(**_given(options))


def _relay(options: argparse.Namespace) -> int:
    given = _given(options)
    return proxy.relay(given.pop("argv"), **given)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The options as arguments; their names are those of the function they go to."""
    return {name: value for name, value in vars(options).items() if name != "command"}


def _local_pull(_: argparse.Namespace) -> int:
    print(local.pull())
    return 0


def _local_serve(options: argparse.Namespace) -> int:
    local.serve(**_given(options))
