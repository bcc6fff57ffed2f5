"""The table of the museum: which bug is found where, on this Python.

    python -m scenarios.cancellation

The status is 1 if a bug is not found where it occurs, or a program without one is not clean.
"""

from __future__ import annotations

import sys

from scenarios.cancellation.controls import CONTROLS
from scenarios.cancellation.exhibits import EXHIBITS, Exhibit
from vtloop.sweep import Report, sweep


def found(exhibit: Exhibit) -> str:
    """Return in which cases a bug is found; '' if it is not."""
    report = sweep(exhibit.main)
    for problem in report.problems:
        if problem.finding.oracle == exhibit.oracle:
            tries = sum(tally.tried for tally in report.tallies.values())
            cases = sum(problem.counts.values())
            return f"{problem.token}, in {cases} of {tries} cases ({_classes(exhibit)})"
    return ""


def _classes(exhibit: Exhibit) -> str:
    return f"class {exhibit.classes}" if len(exhibit.classes) == 1 else f"classes {exhibit.classes}"


def is_clean(report: Report) -> bool:
    """Tell whether nothing at all was found, by design or not."""
    return report.ok and not report.problems and not report.before


def main() -> int:
    """Print the table; return 0 if it is as it should be."""
    right = True
    print(f"Python {sys.version.split()[0]}")
    for exhibit in EXHIBITS:
        where = found(exhibit)
        clean = is_clean(sweep(exhibit.fixed))
        right = right and clean and bool(where) == exhibit.occurs()
        expected = "" if bool(where) == exhibit.occurs() else ", which is WRONG"
        fixed = "" if clean else "; the fixed program is NOT CLEAN"
        print(f"{exhibit.name:28} {exhibit.oracle:18} {where or 'not found'}{expected}{fixed}")
    for control in CONTROLS:
        report = sweep(control)
        right = right and is_clean(report)
        tries = sum(tally.tried for tally in report.tallies.values())
        outcome = "clean" if is_clean(report) else "NOT CLEAN"
        print(f"{control.__name__:28} {'control':18} {outcome} in {tries} cases")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
