"""The command `vtloop sweep module:function`: a sweep, or with a token one of its cases."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from vtloop.integrations.cli.searching import draw, run_search
from vtloop.integrations.options import (
    add_network,
    add_seed,
    add_wall_clock,
    count,
    number_or_text,
    seconds,
    some,
)
from vtloop.values.columns import carried

if TYPE_CHECKING:
    from concurrent.futures import Executor


def add_command(commands: Any) -> None:
    """Add it to the commands of a parser."""
    parser = commands.add_parser(
        "sweep",
        help="cancel the tasks of a program at every possible moment",
        description="Run a program once for every moment at which its tasks could be cancelled, "
        "and say what broke. The status is 1 if anything did, or if not all of it was tried.",
        usage="vtloop sweep [options] (module:function | file.py:function)",
    )
    add = parser.add_argument
    add("program", help="an async function without arguments, or one that returns a coroutine")
    add("--victim", type=number_or_text, metavar="TASK", help="its name, coroutine or number")
    add(
        "--classes",
        default="ABCDSFTO",
        help="suspended, woken, running, again; shutdowns, failing siblings, timeouts, timers "
        "in another order (ABCDSFTO)",
    )
    add("--budget", type=count, default=10_000, metavar="N", help="of pairs (default: 10000)")
    add("--check", metavar="FUNCTION", help="called with the outcome of each run; raises, or False")
    add("--always", metavar="FUNCTION", help="called before each step of each run; likewise")
    add_seed(parser)
    add_wall_clock(parser)
    network = parser.add_mutually_exclusive_group()
    add_network(network)
    network.add_argument("--network", metavar="NAME", help="the module:network of each run")
    add("--workers", type=some, default=1, metavar="N", help="processes (default: this one)")
    add("--max-seconds", type=seconds, metavar="SECONDS", help="of real time that it may take")
    add("--resume", metavar="FILE", help="go on from this file, and write there what was tried")
    add("--replay", metavar="TOKEN", help="run one case, or any choices, again")
    add("-o", "--output", metavar="FILE", help="a chart of the case, or of the first that failed")


def run_command(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """Run it; returns the exit status."""
    return run_search(parser, arguments, _sweep, _replay)


def _sweep(arguments: argparse.Namespace) -> int:
    from vtloop.sweep import sweep  # here and below, as it is slow to import

    with ExitStack() as stack:
        executor = None
        if arguments.workers > 1:
            executor = stack.enter_context(_processes(arguments.workers))
        report = sweep(
            arguments.program,
            victim=arguments.victim,
            classes=arguments.classes,
            budget=arguments.budget,
            executor=executor,
            max_seconds=arguments.max_seconds,
            resume=arguments.resume,
            progress=True,
            **_judged(arguments),
        )
    print(carried(report.explain(), sys.stdout))
    if arguments.output and report.errors:
        draw(report.replay(report.errors[0].token), arguments.output)
    elif arguments.output:
        print(f"vtloop: no case failed, so {arguments.output} was not drawn", file=sys.stderr)
    return 0 if report.ok else 1


def _replay(arguments: argparse.Namespace) -> int:
    from vtloop.sweep import replay

    again = replay(arguments.program, arguments.replay, **_judged(arguments))
    print(carried(str(again), sys.stdout))
    if arguments.output:
        draw(again, arguments.output)
    return 0 if again.ok else 1


def _judged(arguments: argparse.Namespace) -> dict[str, Any]:
    names = "check", "always", "seed", "wall_clock", "network"
    return {name: getattr(arguments, name) for name in names}


def _processes(number: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Not a fork: a progress bar has a thread.
    return ProcessPoolExecutor(number, mp_context=get_context("spawn"))
