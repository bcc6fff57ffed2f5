"""The command line: run the benchmarks and print their tables."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks import rivals, rounds, table, workloads
from benchmarks.measures import MEASURES

T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, all of it by default, and print it."""
    options = _parser().parse_args(arguments)
    chosen: list[workloads.Workload] = options.workloads
    contenders: list[rivals.Contender] = options.loops
    circumstances = rounds.circumstances(contenders, options.rounds)
    results = rounds.run(chosen, contenders, options.rounds, options.patience, _tell)
    lines = [line for name in options.measures for line in _measure(name, options.rounds)]
    title = "Python {python} on {machine}, least of {rounds} rounds".format(**circumstances)
    print(title + "\n")
    if results.series:
        print(table.costs(results, chosen, contenders))
        for ours in (contender for contender in contenders if contender.kind is rivals.Kind.OURS):
            print(table.ratios(results, chosen, contenders, options.baseline, ours.name))
        print(table.notes(results, contenders))
    if lines:
        print(table.render(lines))
    if options.json:
        everything: dict[str, Any] = {**circumstances, "results": results.to_json()}
        everything["measures"] = dict(lines)
        Path(options.json).write_text(json.dumps(everything, indent=1) + "\n", "utf-8")
    if options.chart:
        from benchmarks import chart  # matplotlib is heavy, and optional

        chart.draw(options.chart, results, chosen, contenders, title)
    return 0


def _measure(name: str, count: int) -> list[tuple[str, str]]:
    _tell(f"measure: {name}")
    return MEASURES[name](count)


def _tell(progress: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{progress}", end="\r", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure vtloop beside stock asyncio and other loops in virtual time.",
        epilog="Names are given one after the other, or in quotes where they have a space.",
    )
    parser.add_argument(
        "--loops",
        metavar="NAME",
        nargs="*",
        type=_one_of(rivals.named),
        default=list(rivals.CONTENDERS),
        help=", ".join(contender.name for contender in rivals.CONTENDERS),
    )
    parser.add_argument(
        "--workloads",
        metavar="NAME",
        nargs="*",
        type=_one_of(workloads.named),
        default=list(workloads.WORKLOADS),
        help=", ".join(workload.name for workload in workloads.WORKLOADS),
    )
    parser.add_argument(
        "--measures",
        metavar="NAME",
        nargs="*",
        choices=list(MEASURES),
        default=list(MEASURES),
        help=", ".join(MEASURES),
    )
    parser.add_argument("--rounds", metavar="COUNT", type=int, default=5, help="default: 5")
    parser.add_argument(
        "--baseline",
        metavar="NAME",
        choices=[contender.name for contender in rivals.CONTENDERS],
        default=rivals.STOCK,
        help="the loop to tell ratios to (default: asyncio)",
    )
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=float,
        default=60,
        help="of real time, for one sample (default: 60)",
    )
    parser.add_argument("--json", metavar="FILE", help="write everything measured to a file")
    parser.add_argument("--chart", metavar="FILE", help="draw the table to an SVG file")
    return parser


def _one_of(named: Callable[[str], T]) -> Callable[[str], T]:
    def find(name: str) -> T:
        try:
            return named(name)
        except KeyError:
            raise argparse.ArgumentTypeError(f"there is no {name!r}") from None

    return find


if __name__ == "__main__":
    sys.exit(main())
