"""`python -m nbstream.proxy proxy|relay …`: what a detached proxy is started with."""

from __future__ import annotations

import argparse
import sys

from nbstream.errors import NbstreamError
from nbstream.proxy import relay, serve


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m nbstream.proxy", description="Runs agents and streams their lines."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (("proxy", "serve the configured programs"), ("relay", "serve one program")):
        command = commands.add_parser(name, help=about)
        command.add_argument("--host", default="127.0.0.1", help="address to listen on")
        command.add_argument("--port", type=int, default=0, help="0: a free one")
        command.add_argument("--state-file", help="where to write the address and the token")
        command.add_argument("--heartbeat", type=float, default=10.0, help="seconds between comments")
        command.add_argument("--allow-remote", action="store_true", help="allow an address other machines can reach")
    proxy = commands.choices["proxy"]
    proxy.add_argument("--config", help="TOML file with profiles and limits")
    proxy.add_argument("--runs-dir", help="folder of the run folders")
    proxy.add_argument("--leave-running", action="store_true", help="at the end, leave the agents running")
    proxy.add_argument(
        "--allow-host", action="append", default=[], dest="allowed_hosts", help="another NAME:PORT in Host"
    )
    proxy.add_argument(
        "--allow-origin", action="append", default=[], dest="allowed_origins", help="an Origin to let in"
    )
    proxy.add_argument("--idle-exit", type=float, help="seconds without use after which the proxy ends")
    relayed = commands.choices["relay"]
    relayed.add_argument("--parser", default="claude", help="wire format of the program's lines")
    relayed.add_argument("--env", action="append", default=[], help="a variable the program gets")
    relayed.add_argument("argv", nargs="+", metavar="COMMAND", help="after --")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """Runs the proxy or the relay; the exit code."""
    options = vars(_arguments(given))
    try:
        if options.pop("command") == "relay":
            return relay(options.pop("argv"), **options)
        return serve(**options)
    except (NbstreamError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
