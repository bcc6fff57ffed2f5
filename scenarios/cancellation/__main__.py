"""The table of the museum: which bug is found where, on this Python.

    python -m scenarios.cancellation
    python -m scenarios.cancellation --gallery DIR    draws also what happened there

The status is 1 if a bug is not found where it occurs, or a program without one is not clean.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from scenarios.cancellation.controls import CONTROLS
from scenarios.cancellation.exhibits import EXHIBITS, Exhibit
from vtloop.sweep import Problem, Report, replay, sweep
from vtloop.timeline.timeline import Timeline
from vtloop.views import formats


def problem_of(exhibit: Exhibit, report: Report) -> Problem | None:
    """Return what a sweep of an exhibit was to find, if it has."""
    found = (one for one in report.problems if one.finding.oracle == exhibit.oracle)
    return next(found, None)


def find(exhibit: Exhibit) -> tuple[Problem | None, str]:
    """Return a bug, and in words where it is found first; '' if it is not."""
    tokens: list[str] = []
    report = sweep(exhibit.main, check=lambda outcome: tokens.append(str(outcome.case)))
    problem = problem_of(exhibit, report)
    if problem is None:
        return None, ""
    tried = tokens[2:]  # without the undisturbed runs
    classes = "".join(sorted(problem.counts))
    moment = f"case {tried.index(problem.token) + 1} of {len(tried)}"
    count = sum(problem.counts.values())
    return problem, f"{problem.token}, {moment}; {count} in all, of {classes}"


def draw(exhibit: Exhibit, problem: Problem, directory: Path) -> Path:
    """Draw the first case that shows a bug, and return the chart's path."""
    path = directory / f"{exhibit.name}.svg"
    formats.write(Timeline(replay(exhibit.main, problem.token).trace), path)
    return path


def is_clean(report: Report) -> bool:
    """Tell whether nothing at all was found, by design or not."""
    return report.ok and not report.problems and not report.before


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; return 0 if it is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.cancellation")
    parser.add_argument("--gallery", metavar="DIR", type=Path, help="draw each bug's first case")
    gallery: Path | None = parser.parse_args(arguments).gallery
    if gallery is not None:
        gallery.mkdir(parents=True, exist_ok=True)
    right = True
    print(f"Python {sys.version.split()[0]}")
    for exhibit in EXHIBITS:
        problem, where = find(exhibit)
        if gallery is not None and problem is not None:
            draw(exhibit, problem, gallery)
        clean = is_clean(sweep(exhibit.fixed))
        right = right and clean and bool(where) == exhibit.occurs()
        expected = "" if bool(where) == exhibit.occurs() else ", which is WRONG"
        fixed = "" if clean else "; the fixed program is NOT CLEAN"
        print(f"{exhibit.name:28} {exhibit.oracle:23} {where or 'not found'}{expected}{fixed}")
    for control in CONTROLS:
        report = sweep(control)
        right = right and is_clean(report)
        tries = sum(tally.tried for tally in report.tallies.values())
        outcome = "clean" if is_clean(report) else "NOT CLEAN"
        print(f"{control.__name__:28} {'control':23} {outcome} in {tries} cases")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
