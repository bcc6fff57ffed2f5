"""A page for each scenario: its code, what it prints and when, its charts, and what is claimed.

The pages are plain files that link to one another, in light or dark as the reader's system has it.
A scenario with several loops has a chart for each.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from scenarios.catalogue import Scenario
from scenarios.claims import Statement, Verdict
from vtloop.timeline.timeline import Timeline
from vtloop.values.files import check_directory
from vtloop.values.progress import progress
from vtloop.values.trace import load
from vtloop.views import formats

THEMES = ("light", "dark")

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #8889; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; }
pre { overflow-x: auto; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .4rem;
      font: .85rem/1.45 ui-monospace, monospace; }
img { width: 100%; height: auto; margin: .5rem 0; }
nav { display: flex; justify-content: space-between; gap: 1rem; }
dt { margin-top: .8rem; }
dt b { display: inline-block; min-width: 5.5rem; }
dd { margin: 0 0 0 5.5rem; opacity: .75; }
.refuted b, .half b { color: light-dark(#a33c00, #f0a05c); }
.holds b { color: light-dark(#00694d, #5ccfa6); }
figure { margin: 0; }
.index { display: grid; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); gap: 1.5rem; }
.index img { max-height: 12rem; object-fit: contain; object-position: left top; }
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A scenario that was run: what it printed, and how its claims were judged."""

    scenario: Scenario
    output: str
    verdicts: tuple[tuple[Statement, Verdict], ...]


def check_target(directory: Path) -> None:
    """Raise SimulationError unless the pages can be written, and their charts drawn."""
    check_directory(directory)
    formats.check_drawable()


def write(directory: Path, gallery: Sequence[Shown]) -> None:
    """Write the pages and their charts into a directory, which is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    items = []
    with progress("drawing charts", len(gallery)) as page_done:
        for index, shown in enumerate(gallery):
            neighbours = [None, *gallery, None][index : index + 3 : 2]
            charts = _draw(directory, shown.scenario)
            page = _page(shown.scenario.title, _body(shown, charts, *neighbours))
            (directory / _file(shown)).write_text(page, "utf-8")
            items.append(_item(shown, charts))
            page_done()
    entries = f'<h1>Scenarios</h1>\n<ol class="index">\n{"".join(items)}</ol>\n'
    (directory / "index.html").write_text(_page("Scenarios", entries), "utf-8")


def _draw(directory: Path, scenario: Scenario) -> list[str]:
    """Draw what a scenario's loops did, and return the charts' names without theme and suffix."""
    trace = directory / f"{scenario.name}.jsonl"
    start = [] if scenario.wall_clock is None else ["--wall-clock", scenario.wall_clock]
    command = [sys.executable, "-m", "vtloop", "trace", *start, str(scenario.script)]
    subprocess.run([*command, "-o", str(trace)], check=True, capture_output=True)
    names = []
    for path in (trace, *sorted(directory.glob(f"{scenario.name}-*.jsonl"), key=_number)):
        timeline = Timeline(load(path))
        path.unlink()
        if timeline.lanes:
            names.append(path.stem)
            for theme in THEMES:
                formats.write(timeline, directory / f"{path.stem}.{theme}.svg", theme=theme)
    return names


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _file(shown: Shown) -> str:
    return f"{shown.scenario.name}.html"


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
{body}</html>
"""


def _item(shown: Shown, charts: Sequence[str]) -> str:
    """Return what the index has of a scenario: its title, and its first chart in small."""
    return (
        f'<li value="{shown.scenario.number}"><a href="{_file(shown)}">'
        f"{escape(shown.scenario.title)}\n{''.join(map(_picture, charts[:1]))}</a></li>\n"
    )


def _body(shown: Shown, charts: Sequence[str], before: Shown | None, after: Shown | None) -> str:
    scenario = shown.scenario
    links = "".join(_links(before, after))
    return (
        f"<nav>{links}</nav>\n<h1>{scenario.number}. {escape(scenario.title)}</h1>\n"
        f"<pre>{escape(scenario.script.read_text('utf-8').strip())}</pre>\n"
        f"<h2>What it prints, and when</h2>\n<pre>{escape(shown.output.rstrip())}</pre>\n"
        f"<h2>What its tasks do</h2>\n{''.join(map(_picture, charts))}"
        f"<h2>What is claimed</h2>\n<dl>\n{''.join(_claims(shown))}</dl>\n<nav>{links}</nav>\n"
    )


def _links(before: Shown | None, after: Shown | None) -> Iterator[str]:
    for shown, words in ((before, "← {}"), (None, ""), (after, "{} →")):
        if shown is not None:
            yield f'<a href="{_file(shown)}">{escape(words.format(shown.scenario.title))}</a>'
        elif not words:
            yield '<a href="index.html">all scenarios</a>'
        else:
            yield "<span></span>"


def _picture(name: str) -> str:
    return (
        f'<figure><picture><source srcset="{name}.dark.svg" media="(prefers-color-scheme: dark)">'
        f'<img src="{name}.light.svg" alt="The schedule of its tasks"></picture></figure>\n'
    )


def _claims(shown: Shown) -> Iterator[str]:
    for said, verdict in shown.verdicts:
        outcome = verdict.outcome.value
        yield (
            f'<dt class="{outcome.split()[0]}"><b>{outcome}</b> “{escape(said.words)}”</dt>\n'
            f"<dd>{escape(verdict.actual)}</dd>\n"
        )
