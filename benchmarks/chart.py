"""The results as a chart: a dot for each loop on each workload, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import matplotlib

from benchmarks.rivals import Contender, Kind
from benchmarks.rounds import Results
from benchmarks.workloads import Workload

# Okabe and Ito's colours, which people with any colour vision can tell apart; shapes as well, since
# there are more loops than colours.
COLOURS = {
    "vtloop": "#D55E00",
    "simulate": "#E69F00",
    "asyncio": "#000000",
    "uvloop": "#999999",
    "seedloop": "#0072B2",
    "looptime": "#56B4E9",
    "solipsism": "#009E73",
    "aiotools": "#CC79A7",
    "simloop": "#0072B2",
    "detangle": "#56B4E9",
    "simloom": "#009E73",
    "simpy": "#999999",
    "usim": "#999999",
    "trio": "#999999",
}
SHAPES = {
    "vtloop": "D",
    "simulate": "d",
    "asyncio": "|",
    "uvloop": "|",
    "seedloop": "o",
    "looptime": "o",
    "solipsism": "o",
    "aiotools": "o",
    "simloop": "^",
    "detangle": "^",
    "simloom": "^",
    "simpy": "1",
    "usim": "2",
    "trio": "3",
}


def draw(
    path: str,
    results: Results,
    workloads: Sequence[Workload],
    contenders: Sequence[Contender],
    title: str,
) -> None:
    """Write a chart of the least µs per operation to an SVG file; equal results, equal bytes."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    settings: Any = {"svg.hashsalt": "vtloop", "svg.fonttype": "path", "font.size": 9}
    with matplotlib.rc_context(settings):
        figure, axes = pyplot.subplots(figsize=(10, 1.4 + 0.42 * len(workloads)))
        for contender in contenders:
            _dots(axes, results, workloads, contender)
        axes.set_xscale("log")
        axes.set_xlabel("µs per operation (logarithmic; to the left is faster)")
        axes.set_yticks(range(len(workloads)), [workload.title for workload in workloads])
        axes.set_ylim(len(workloads) - 0.5, -0.5)
        axes.grid(axis="x", which="major", color="#DDDDDD", linewidth=0.6)
        axes.grid(axis="y", color="#EEEEEE", linewidth=5)
        axes.set_axisbelow(True)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        axes.set_title(title, loc="left")
        figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
        pyplot.close(figure)


def _dots(axes: Any, results: Results, workloads: Sequence[Workload], contender: Contender) -> None:
    costs = [results.get(workload.name, contender.name).best for workload in workloads]
    points = [(cost, row) for row, cost in enumerate(costs) if not isnan(cost)]
    if not points:
        return
    ours = contender.kind is Kind.OURS
    axes.plot(
        *zip(*points, strict=True),
        linestyle="none",
        label=contender.name,
        color=COLOURS[contender.name],
        marker=SHAPES[contender.name],
        markersize=8 if ours else 9 if SHAPES[contender.name] in "|123" else 6,
        markeredgewidth=1.8 if SHAPES[contender.name] in "|123" else 0.6,
        markeredgecolor=COLOURS[contender.name] if SHAPES[contender.name] in "|123" else "white",
        zorder=4 if ours else 3,
    )
