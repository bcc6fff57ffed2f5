"""The command line: run scenarios, show their transcripts, and judge what is claimed of them."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import indent, wrap

from scenarios.catalogue import SCENARIOS, Scenario
from scenarios.claims import HOLDS, Outcome, Statement, Verdict
from scenarios.gallery import Shown, check_target, write
from scenarios.transcript import ScriptFailed, Transcript, record
from vtloop.errors import SimulationError

WIDTH = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios named, or all; return 0 if everything is as expected."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.gallery:
        try:
            check_target(options.gallery)
        except SimulationError as error:
            parser.error(str(error))
    chosen: list[Scenario] = options.scenarios or list(SCENARIOS)
    report = _Report()
    for scenario in chosen:
        report.add(scenario, update=options.update)
    print(report.summary())
    if options.gallery:
        write(options.gallery, report.shown)
        print(f"the gallery is in {options.gallery / 'index.html'}")
    return 1 if report.surprises else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scenarios",
        description="Run scenarios in virtual time and judge what is claimed of them.",
        epilog="The exit code is 1 if a transcript differs from the golden one beside its script,"
        " or a verdict from what is expected.",
    )
    parser.add_argument(
        "scenarios",
        metavar="NAME",
        nargs="*",
        type=_named,
        help="a scenario by name or number, like two_tasks or 4 (default: all)",
    )
    parser.add_argument("--update", action="store_true", help="rewrite the golden transcripts")
    parser.add_argument(
        "--gallery",
        metavar="DIR",
        type=Path,
        help="write pages with the code, the transcripts, the charts and the verdicts",
    )
    return parser


def _named(name: str) -> Scenario:
    for scenario in SCENARIOS:
        if name in (scenario.name, str(scenario.number)):
            return scenario
    known = ", ".join(scenario.name for scenario in SCENARIOS)
    raise argparse.ArgumentTypeError(f"there is no scenario {name!r}; there are {known}")


class _Report:
    """Prints scenario after scenario, and counts."""

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.outcomes: Counter[Outcome] = Counter()
        self.skipped: list[str] = []
        self.surprises: list[str] = []

    def add(self, scenario: Scenario, *, update: bool) -> None:
        """Run one scenario and print its transcript and verdicts."""
        print(f"{scenario.number:2}  {scenario.title}")
        print(f"    {_origin(scenario)}\n")
        if sys.version_info < scenario.min_python:
            needs = "needs Python " + ".".join(map(str, scenario.min_python))
            self.skipped.append(f"{scenario.name} {needs}")
            print(f"    skipped: {needs}\n")
            return
        try:
            output = record(scenario.script, wall_clock=scenario.wall_clock)
        except ScriptFailed as failure:
            self.surprises.append(f"{scenario.name} failed")
            print(indent(str(failure), "    ") + "\n")
            return
        print(indent(output, "    "))
        self._compare(scenario, output, update=update)
        transcript = Transcript.parse(output)
        verdicts = [
            (said, said.judge(transcript, scenario.wall_clock)) for said in scenario.statements
        ]
        for said, verdict in verdicts:
            self._tell(scenario, said, verdict)
        self.shown.append(Shown(scenario, output, tuple(verdicts)))
        print()

    def summary(self) -> str:
        """One line: how many of what, and whether all was as expected."""
        scenarios, claims = len(self.shown), self.outcomes.total()
        counts = [_counted(self.outcomes[outcome], outcome) for outcome in Outcome]
        line = f"{scenarios} scenario{'s' * (scenarios != 1)}, {claims} claim{'s' * (claims != 1)}"
        line += f": {', '.join(filter(None, counts))}"
        line += f"; skipped: {', '.join(self.skipped)}" if self.skipped else ""
        if self.surprises:
            return f"{line}; not as expected: {', '.join(self.surprises)}"
        return f"{line}; all as expected"

    def _compare(self, scenario: Scenario, output: str, *, update: bool) -> None:
        golden = scenario.golden.read_text("utf-8") if scenario.golden.exists() else ""
        if output == golden:
            return
        if update:
            scenario.golden.write_text(output, "utf-8")
            print(f"    {scenario.golden.name} is rewritten\n")
        else:
            self.surprises.append(f"{scenario.name} prints something else")
            print(indent("".join(_differences(scenario, golden, output)), "    "))

    def _tell(self, scenario: Scenario, said: Statement, verdict: Verdict) -> None:
        self.outcomes[verdict.outcome] += 1
        if verdict.outcome is not said.expected:
            self.surprises.append(f"{scenario.name} claims '{said.words}'")
        print("\n".join(_verdict_lines(said, verdict)))


def _counted(count: int, outcome: Outcome) -> str:
    if count == 0:
        return ""
    return f"{count} hold" if outcome is HOLDS and count > 1 else f"{count} {outcome.value}"


def _origin(scenario: Scenario) -> str:
    where = "/".join(filter(None, ("scenarios", scenario.folder, scenario.script.name)))
    return where if scenario.wall_clock is None else f"{where}, from {scenario.wall_clock} on"


def _differences(scenario: Scenario, golden: str, output: str) -> Iterator[str]:
    return difflib.unified_diff(
        golden.splitlines(keepends=True),
        output.splitlines(keepends=True),
        f"{scenario.golden.name}, expected",
        "printed",
    )


def _verdict_lines(said: Statement, verdict: Verdict) -> Iterator[str]:
    """What is claimed, and below it the verdict, which stands out by its place."""
    claimed, *more = wrap(said.words, WIDTH - 17)
    yield f"    {verdict.outcome.value:9}  “{claimed}" + ("" if more else "”")
    if more:
        yield indent("\n".join(more) + "”", 16 * " ")
    yield indent("\n".join(wrap(verdict.actual, WIDTH - 15)), 15 * " ")
    if verdict.outcome is not said.expected:
        yield f"    EXPECTED   {said.expected.value}"


if __name__ == "__main__":
    sys.exit(main())
