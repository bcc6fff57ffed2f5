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
    """Measure what is asked for, all of it by default, and print each part once it is there.

    The status is 1 if a measure fails. What is measured is written to the file of `--json` as it
    comes, and is printed also if Ctrl-C, or an error, ends it early.
    """
    options = _parser().parse_args(arguments)
    kept: dict[str, Any] = rounds.circumstances(options.loops, options.rounds)
    title = "Python {python} on {machine}, least of {rounds} rounds".format(**kept)
    print(title + "\n", flush=True)
    results = rounds.Results()
    try:
        for progress in rounds.run(
            results, options.workloads, options.loops, options.rounds, options.patience
        ):
            _tell(progress)
            kept["results"] = results.to_json()
            _keep(kept, options.json)
    finally:
        _print_tables(results, options)
    if options.chart:
        from benchmarks import chart  # matplotlib is heavy, and optional

        chart.draw(options.chart, results, options.workloads, options.loops, title)
    kept["measures"] = {}
    failed = False
    for name in options.measures:
        _tell(f"measure: {name}")
        try:
            lines = MEASURES[name](options.rounds)
        except Exception as error:  # whatever it is, the others are measured
            failed = True
            lines = [(name, f"failed: {type(error).__name__}: {error}")]
        print(table.render(lines), flush=True)
        kept["measures"] |= dict(lines)
        _keep(kept, options.json)
    return int(failed)


def _print_tables(results: rounds.Results, options: argparse.Namespace) -> None:
    if not results.series:
        return
    print(table.costs(results, options.workloads, options.loops))
    for ours in (contender for contender in options.loops if contender.kind is rivals.Kind.OURS):
        print(table.ratios(results, options.workloads, options.loops, options.baseline, ours.name))
    print(table.notes(results, options.loops), flush=True)


def _keep(kept: dict[str, Any], path: str | None) -> None:
    """Write what has been measured so far, so that nothing of it can be lost."""
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


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
    parser.add_argument(
        "--json", metavar="FILE", help="write what is measured to a file, as it comes"
    )
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
