"""The command line: `nbstream COMMAND`."""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from nbstream import local
from nbstream.errors import NbstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; None takes the process's own.

    Returns:
        The exit status: 0 done, 1 the command's own no, 2 an error, said in one line on stderr.
    """
    options = _parser().parse_args(argv)
    command: Command = options.command
    try:
        return command(options)
    except NbstreamError as error:
        print(f"nbstream: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="nbstream",
        description="Stream AI agents into notebook cells: saved before shown, kept as DataFrames.",
    )
    parser.add_argument("--version", action="version", version=f"nbstream {version('nbstream')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_local(commands)
    return parser


def _add_local(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parts = commands.add_parser("local", help="a small real model on this machine").add_subparsers(
        title="commands", metavar="COMMAND", required=True
    )
    pull = parts.add_parser("pull", help="fetch the default model's file and print its path")
    pull.set_defaults(command=_local_pull)
    serve = parts.add_parser(
        "serve", help="serve a model on 127.0.0.1 and print its address as one JSON line"
    )
    serve.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    serve.add_argument(
        "--model", type=Path, help="a GGUF file; default NBSTREAM_LOCAL_MODEL, then the default model"
    )
    serve.add_argument("--threads", type=int, default=1, help="for the computation (default 1)")
    serve.add_argument(
        "--ctx", type=int, default=4096, help="tokens of prompt and answer together (default 4096)"
    )
    serve.add_argument("--until-eof", action="store_true", help="end when stdin ends")
    serve.add_argument("--verbose", action="store_true", help="the runtime's whole log on stderr")
    serve.set_defaults(command=_local_serve)


def _local_pull(_: argparse.Namespace) -> int:
    print(local.pull())
    return 0


def _local_serve(options: argparse.Namespace) -> int:
    local.serve(
        port=options.port,
        model=options.model,
        threads=options.threads,
        ctx=options.ctx,
        until_eof=options.until_eof,
        verbose=options.verbose,
    )
