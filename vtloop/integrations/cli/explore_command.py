"""The command `vtloop explore module:function`: a search of schedules, or with a token one."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING, Any

from vtloop.core.options import USUAL
from vtloop.integrations.cli.searching import draw, run_search
from vtloop.integrations.options import add_network, add_seed, add_wall_clock, count, seconds
from vtloop.values.columns import carried

if TYPE_CHECKING:
    from vtloop.search.setting import Setting

_USUAL = {
    "check": None,
    "always": None,
    "seed": USUAL.seed,
    "wall_clock": USUAL.wall_clock,
    "network": USUAL.network,
}
"""Options of the program, and not of the search, as they are unless they are given."""


def add_explore_command(commands: Any) -> None:
    """Add it to the commands of a parser."""
    parser = commands.add_parser(
        "explore",
        help="run a program in other orders and with other durations, until it fails",
        description="Run a program by one schedule after the other: in other orders of its tasks, "
        "and with things that take longer. Stop at the first that fails, shrink it, and say what "
        "it is. The status is 1 if one fails.",
        usage="vtloop explore [options] (module:function | file.py:function)",
    )
    add = parser.add_argument
    add("program", help="an async function without arguments, or one that returns a coroutine")
    add("--budget", type=count, default=2_000, metavar="N", help="of schedules (default: 2000)")
    add("--max-seconds", type=seconds, metavar="SECONDS", help="of real time that it may take")
    add(
        "--mode",
        choices=("any", "realisable"),
        default="any",
        help="realisable: tasks keep asyncio's order, and only what takes time may take longer",
    )
    add("--no-shrink", action="store_true", help="tell the schedule that failed as it is")
    add("--check", metavar="FUNCTION", help="called with what it returns; raises, or False")
    add("--always", metavar="FUNCTION", help="called before each step of each run; likewise")
    add_seed(parser)
    add_wall_clock(parser)
    add(
        "--network",
        default=USUAL.network,
        metavar="NETWORK",
        help="the name of a vtloop.net.Network, such as module:network",
    )
    add_network(parser)
    add("--database", metavar="DIRECTORY", help="schedules that fail are kept there, and run first")
    add("--replay", metavar="TOKEN", help="run one schedule again")
    add("-o", "--output", metavar="FILE", help="a chart of that, or of the first that failed")


def run_explore_command(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """Run it; returns the exit status."""
    return run_search(parser, arguments, _explore, _replay)


def _explore(arguments: argparse.Namespace) -> int:
    from vtloop.explore import explore  # here and below, as it is slow to import

    report = explore(
        arguments.program,
        budget=arguments.budget,
        max_seconds=arguments.max_seconds,
        mode=arguments.mode,
        shrink=not arguments.no_shrink,
        database=arguments.database,
        **_of_program(arguments),
    )
    told = [str(report)]
    for failure in report.failures:
        run = failure.replay()
        told += [run.marbles(), f"To see it again: {_command(arguments, failure.token)}"]
        if arguments.output:
            draw(run, arguments.output)
    print(carried("\n".join(told), sys.stdout))
    if arguments.output and report.ok:
        print(f"vtloop: no schedule failed, so {arguments.output} was not drawn", file=sys.stderr)
    return 0 if report.ok else 1


def _replay(arguments: argparse.Namespace) -> int:
    from vtloop.explore.again import run_again

    again = run_again(_setting(arguments), arguments.replay)
    print(carried(str(again), sys.stdout))
    if arguments.output:
        draw(again.run, arguments.output)
    return 0 if again.ok else 1


def _setting(arguments: argparse.Namespace) -> Setting:
    from vtloop.search.setting import Setting

    return Setting(arguments.program, **_of_program(arguments))


def _of_program(arguments: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in _USUAL}


def _command(arguments: argparse.Namespace, token: str) -> str:
    """Return the command line that runs the schedule of a token."""
    words = ["vtloop", "explore", arguments.program]
    for name, value in _of_program(arguments).items():
        if name == "network" and value is None:
            words.append("--no-network")
        elif value != _USUAL[name]:
            words += [f"--{name.replace('_', '-')}", "real" if value is None else str(value)]
    return shlex.join([*words, "--replay", token])
