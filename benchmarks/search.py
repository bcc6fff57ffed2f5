"""How soon each search of schedules finds the races of the gallery: python -m benchmarks.search

The races are those of `scenarios.races`, in both variants. What counts is the number of the run
that failed first. The explorers take turns within a round, each in a fresh process, with another
seed in each round. What an explorer has found in none of the first rounds, it is not asked for any
more. With `--fixed` the programs are those without a bug, and what is found is a false alarm.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf, prod
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.explorers import EXPLORERS, Explorer, named
from benchmarks.processes import python
from benchmarks.search_sample import Answer, Asked
from benchmarks.table import render
from scenarios.races import table as races
from scenarios.races.table import Kind, Race

VARIANTS = {"step": False, "io": True}  # whether awaits take time


@dataclass(slots=True)
class Series:
    """What one explorer has found of one program, in each round."""

    first: list[int | None] = field(default_factory=list)

    @property
    def found(self) -> int:
        """In how many rounds something was found."""
        return len(self.first) - self.first.count(None)

    @property
    def always(self) -> bool:
        """Whether something was found in every round."""
        return self.found == len(self.first) > 0

    @property
    def median(self) -> float:
        """The median of the runs to the first failure; infinite if half of the rounds have none."""
        return median(inf if one is None else one for one in self.first) if self.first else inf

    def __str__(self) -> str:
        if not self.found:
            return "-"
        runs = f"{self.median:,.0f}" if self.median < inf else f"> {max(filter(None, self.first))}"
        return runs if self.always else f"{runs} ({self.found}/{len(self.first)})"


@dataclass(slots=True)
class Results:
    """Everything measured, by race, variant and explorer."""

    series: dict[tuple[str, str, str], Series] = field(default_factory=dict)
    speeds: dict[str, list[float]] = field(default_factory=dict)

    def of(self, race: Race, variant: str, explorer: Explorer) -> Series:
        """Return a series, a new one if there is none."""
        return self.series.setdefault((race.name, variant, explorer.name), Series())

    def to_json(self) -> dict[str, Any]:
        """Return the results as plain values."""
        series = [
            {"race": race, "variant": variant, "explorer": explorer, "first": one.first}
            for (race, variant, explorer), one in self.series.items()
        ]
        return {"series": series, "speeds": self.speeds}


def add_round(results: Results, explorer: Explorer, seed: int, options: argparse.Namespace) -> None:
    """Let an explorer search once for whatever it has not been given up for."""
    wanted = [
        (race, variant)
        for race in options.races
        for variant in options.variants
        if (one := results.of(race, variant, explorer)).found or len(one.first) < options.give_up
    ]
    programs = [(race.name, VARIANTS[variant]) for race, variant in wanted]
    asked = Asked(explorer.name, seed, options.budget, options.speed, options.fixed, programs)
    answer = Answer(
        *json.loads(python("-m", "benchmarks.search_sample", json.dumps(asked._asdict())))
    )
    for (race, variant), first in zip(wanted, answer.first, strict=True):
        results.of(race, variant, explorer).first.append(first)
    if answer.speed is not None:
        results.speeds.setdefault(explorer.name, []).append(answer.speed)


def table(results: Results, chosen: argparse.Namespace, explorers: Sequence[Explorer]) -> str:
    """Return the table: a row for each program, and below what they come to."""
    rows = [["median runs to the first failure", *(one.name for one in explorers)]]
    for variant in chosen.variants:
        for race in chosen.races:
            cells = [str(results.of(race, variant, one)) for one in explorers]
            rows.append([f"{race.name}, {race.kind.value}, {variant}", *cells])
    for variant in chosen.variants:
        for kind in Kind:
            some = [race for race in chosen.races if race.kind is kind]
            if some:
                cells = [_found(results, some, variant, one) for one in explorers]
                rows.append([f"found in some round (always): {kind.value}, {variant}", *cells])
    compared = _found_by_all(results, chosen, explorers)
    if compared:
        for what, of in (("geometric mean", _mean), ("worst", max)):
            cells = [
                f"{of([results.of(race, 'step', one).median for race in compared]):,.1f}"
                for one in explorers
            ]
            rows.append([f"{what} of {len(compared)} of order that all find, step", *cells])
    speeds = [results.speeds.get(one.name) for one in explorers]
    if any(speeds):
        cells = [f"{median(some):,.0f}" if some else "-" for some in speeds]
        rows.append(["schedules a second", *cells])
    return render(rows)


def _found(results: Results, some: Iterable[Race], variant: str, explorer: Explorer) -> str:
    series = [results.of(race, variant, explorer) for race in some]
    at_all = sum(one.found > 0 for one in series)
    return f"{at_all} ({sum(one.always for one in series)}) of {len(series)}"


def _found_by_all(
    results: Results, chosen: argparse.Namespace, explorers: Sequence[Explorer]
) -> list[Race]:
    """Return the races of order that every explorer finds in most rounds, in the variant step."""
    return [
        race
        for race in chosen.races
        if race.kind is Kind.ORDER
        and all(results.of(race, "step", one).median < inf for one in explorers)
    ]


def _mean(values: Sequence[float]) -> float:
    """Return the geometric mean."""
    return prod(values) ** (1 / len(values))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; the status is 1 if nobody is there, and if there is a false alarm."""
    options = _parser().parse_args(arguments)
    options.races = [races.named(name) for name in options.races]
    asked = [named(name) for name in options.explorers]
    there = [one for one in asked if one.version() is not None]
    for explorer in asked:
        if explorer not in there:
            what = explorer.package or "vtloop.explore"
            print(f"{explorer.name} is left out: {what} is not here.")
    if not there:
        return 1
    results = Results()
    kept = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": {one.name: one.version() for one in there},
        **{name: getattr(options, name) for name in ("budget", "repeats", "give_up", "fixed")},
    }
    for seed in range(options.repeats):
        for explorer in there:
            print(f"round {seed + 1} of {options.repeats}: {explorer.name}", file=sys.stderr)
            add_round(results, explorer, seed, options)
            if options.json:
                options.json.write_text(json.dumps(kept | results.to_json()) + "\n", "utf-8")
    programs = "programs without a bug" if options.fixed else "programs"
    print(
        f"Python {kept['python']}; rounds: {options.repeats}, of at most {options.budget:,} runs "
        f"of {programs}; '-' is never, in the first {options.give_up}\n"
    )
    print(table(results, options, there), end="")
    return int(options.fixed and any(one.found for one in results.series.values()))


def _parser() -> argparse.ArgumentParser:
    names = [explorer.name for explorer in EXPLORERS]
    all_races = [race.name for race in races.RACES]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search",
        description="Measure how soon searches of schedules find the races of the gallery.",
    )
    parser.add_argument(
        "--explorers",
        metavar="NAME",
        nargs="*",
        choices=names,
        default=names,
        help=", ".join(names),
    )
    parser.add_argument("--races", metavar="NAME", nargs="*", choices=all_races, default=all_races)
    parser.add_argument("--variants", nargs="*", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument("--repeats", metavar="COUNT", type=int, default=20, help="default: 20")
    parser.add_argument(
        "--budget", metavar="RUNS", type=int, default=2_000, help="of a search (default: 2000)"
    )
    parser.add_argument(
        "--give-up",
        metavar="COUNT",
        type=int,
        default=3,
        help="rounds without a failure after which a program is left out (default: 3)",
    )
    parser.add_argument(
        "--speed",
        metavar="RUNS",
        type=int,
        default=100,
        help="for the schedules a second, of each of three programs (default: 100; 0: not at all)",
    )
    parser.add_argument("--fixed", action="store_true", help="look for false alarms")
    parser.add_argument("--json", metavar="FILE", type=Path, help="keep all figures, as they come")
    return parser


if __name__ == "__main__":
    sys.exit(main())
