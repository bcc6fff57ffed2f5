"""The results as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan
from textwrap import wrap

from benchmarks.rivals import OURS, Contender, Kind
from benchmarks.rounds import Results, Series
from benchmarks.workloads import LARGE_CROWD, SMALL_CROWD, Workload

WIDTH = 110


def render(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of cells: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def costs(results: Results, workloads: Iterable[Workload], contenders: Sequence[Contender]) -> str:
    """Return the least µs per operation, a row for each workload, a column for each loop."""
    present = [contender for contender in contenders if contender.version() is not None]
    rows = [["µs per operation", *(contender.name for contender in present)]]
    for workload in workloads:
        cells = [_cost(results.get(workload.name, contender.name)) for contender in present]
        rows.append([workload.name, *cells])
    rows.append(["growth", *(_number(growth(results, contender.name)) for contender in present)])
    return render(rows)


def growth(results: Results, contender: str) -> float:
    """Return what a sleeper costs in the large crowd, over what it costs in the small one."""
    large, small = (results.get(crowd, contender) for crowd in (LARGE_CROWD, SMALL_CROWD))
    return large.ratio(small)[0]


def ratios(
    results: Results,
    workloads: Iterable[Workload],
    contenders: Sequence[Contender],
    baseline: str,
    ours: str = OURS,
) -> str:
    """Return how one loop compares with the baseline and with the best rival of each workload.

    Two figures each: the ratio of the minima, and in brackets the median of the rounds' ratios.
    """
    heads = [f"{ours}, µs", "spread", f"/ {baseline}", "/ best rival", "which is"]
    rows = [["ratios", *heads]]
    for workload in workloads:
        series = results.get(workload.name, ours)
        rival = _best_rival(results, workload, contenders)
        rows.append(
            [
                workload.name,
                _number(series.best),
                "-" if isnan(series.spread) else f"{series.spread:.0%}",
                _ratio(series, results.get(workload.name, baseline)),
                _ratio(series, results.get(workload.name, rival)),
                rival or "-",
            ]
        )
    return render(rows)


def _best_rival(results: Results, workload: Workload, contenders: Iterable[Contender]) -> str:
    """Return the fastest other loop in virtual time, '' if none was measured."""
    best = {
        contender.name: results.get(workload.name, contender.name).best
        for contender in contenders
        if contender.kind is Kind.VIRTUAL
    }
    measured = [name for name, cost in best.items() if not isnan(cost)]
    return min(measured, key=best.__getitem__, default="")


def notes(results: Results, contenders: Iterable[Contender]) -> str:
    """Return what the cells without figures mean."""
    lines = ["'-' does not apply: a sleep on a real clock, or an interface that has no such thing."]
    for contender in contenders:
        if contender.version() is None:
            lines.append(f"{contender.name}: {contender.package} is not installed on this Python.")
    for (workload, contender_name), series in results.series.items():
        if series.problem:
            lines.append(f"{contender_name}, {workload}: {series.problem}")
    return "".join(
        f"{line}\n" for note in lines for line in wrap(note, WIDTH, subsequent_indent="    ")
    )


def _cost(series: Series) -> str:
    if series.problem and not series.samples:
        return "too slow" if series.problem.startswith("took") else "refused"
    return _number(series.best)


def _number(value: float) -> str:
    if isnan(value):
        return "-"
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _ratio(series: Series, baseline: Series) -> str:
    least, middle = series.ratio(baseline)
    return "-" if isnan(least) else f"{least:.2f} ({middle:.2f})"
