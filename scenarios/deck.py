"""The lecture as pictures for slides, one of its examples step by step, and all on contact sheets.

    python -m scenarios.deck DIR                 # twenty pictures and a series of five, in Russian
    python -m scenarios.deck DIR --words en --theme dark --format svg

Contact sheets are PNG files, whatever the format of the pictures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import StringIO
from math import ceil, sqrt
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.image import imread

import vtloop
from scenarios import (
    as_completed_order,
    awaits_in_a_row,
    condition_notify,
    event_wakes_waiter,
    gather_as_future,
    gather_one_raises,
    gather_return_exceptions,
    hello,
    lock_in_turn,
    never_awaited,
    semaphore_of_two,
    shield_and_cancellation,
    threads_and_the_loop,
    two_tasks,
    two_tasks_quiz,
    wait_done_and_pending,
    wait_for_timeout,
    waiting_is_free,
)
from scenarios.catalogue import SCENARIOS
from vtloop import chart
from vtloop.timeline.timeline import Timeline
from vtloop.values.progress import progress


@dataclass(frozen=True, slots=True)
class Slide:
    """One picture: which program it shows, and its title."""

    program: Callable[[], Coroutine[Any, Any, object]]
    english: str
    russian: str

    @property
    def name(self) -> str:
        """The name of the scenario that the program is from."""
        inner = self.program.func if isinstance(self.program, partial) else self.program
        return inner.__module__.rpartition(".")[2]

    @property
    def timeline(self) -> Timeline:
        """What it does, on the clock of its scenario."""
        (scenario,) = (one for one in SCENARIOS if one.name == self.name)
        with redirect_stdout(StringIO()):
            return vtloop.simulate(self.program, wall_clock=scenario.wall_clock).timeline


SLIDES = (
    Slide(hello.main, "Hello", "Привет"),
    Slide(never_awaited.main, "Nobody awaits the first call", "Первого вызова никто не ждёт"),
    Slide(awaits_in_a_row.main, "Awaits in a row", "await за await"),
    Slide(two_tasks.await_both, "Two tasks, both awaited", "Две задачи, ждём обе"),
    Slide(two_tasks.await_one, "Two tasks, one awaited", "Две задачи, ждём одну"),
    Slide(two_tasks_quiz.await_none, "Two tasks, none awaited", "Две задачи, не ждём ни одной"),
    Slide(gather_as_future.gathered, "gather() is a future", "gather() — это future"),
    Slide(
        partial(gather_one_raises.main, stay=2),
        "gather(): one raises, the others go on",
        "gather(): одна упала, остальные работают",
    ),
    Slide(
        gather_return_exceptions.main,
        "gather(): an error is a result",
        "gather(): ошибка — тоже результат",
    ),
    Slide(
        shield_and_cancellation.unprotected,
        "Who is cancelled cancels what it awaits",
        "Отмена доходит до того, кого ждут",
    ),
    Slide(
        shield_and_cancellation.shielded, "shield() keeps it out", "shield() отмену не пропускает"
    ),
    Slide(
        wait_for_timeout.main,
        "wait_for(): a timeout waits for the clean-up",
        "wait_for(): тайм-аут ждёт уборки",
    ),
    Slide(
        wait_done_and_pending.main,
        "wait(): some are done, some pending",
        "wait(): одни готовы, другие ещё нет",
    ),
    Slide(
        as_completed_order.one_by_one,
        "as_completed(): who is first comes first",
        "as_completed(): кто первый готов, тот первый и есть",
    ),
    Slide(
        partial(lock_in_turn.in_order, (1, 3, 2)), "A lock lets in one by one", "Lock: по одному"
    ),
    Slide(semaphore_of_two.main, "A semaphore of two", "Semaphore(2): не больше двух"),
    Slide(event_wakes_waiter.main, "An event wakes its waiter", "Event будит того, кто ждёт"),
    Slide(
        condition_notify.main,
        "A condition: a lock and an event",
        "Condition: замок и событие вместе",
    ),
    Slide(threads_and_the_loop.ask_loop, "A thread asks the loop", "Поток просит цикл событий"),
    Slide(
        waiting_is_free.ten_blocking_calls,
        "Blocking calls stop every lane",
        "Блокирующие вызовы останавливают всех",
    ),
)
STEP_BY_STEP = 15
"""The number of the slide that is shown step by step as well."""
STEPS = (0, 1, 2.5, 4, 6)
"""When, in seconds."""

_COLUMNS = 4  # of a contact sheet
_WIDE, _GAP = 5.0, 0.08  # inches, of one picture there, and between two


def write(directory: Path, words: str = "ru", theme: str = "light", format: str = "png") -> None:
    """Write the pictures, the series and the contact sheets into a directory, made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, progress("drawing", len(SLIDES)) as slide_done:
        shown = directory if format == "png" else Path(scratch)  # on the contact sheets
        for number, slide in enumerate(SLIDES, 1):
            title = slide.russian if words == "ru" else slide.english
            looks: dict[str, Any] = {"words": words, "theme": theme, "size": "slide"}
            looks["title"] = f"{number}. {title}"
            stem, timeline = f"{number:02}-{slide.name}", slide.timeline
            for folder, suffix in {directory: format, shown: "png"}.items():
                chart.save(timeline, folder / f"{stem}.{suffix}", **looks)
                if number == STEP_BY_STEP:
                    steps = folder / f"{stem}-step-{{}}.{suffix}"
                    chart.series(timeline, steps, at=STEPS, **looks)
            slide_done()
        series = sorted(shown.glob("*-step-*.png"))
        pictures = [path for path in sorted(shown.glob("[0-9]*.png")) if path not in series]
        _contact_sheet(directory / "contact-sheet.png", pictures, theme)
        _contact_sheet(directory / "contact-sheet-of-steps.png", series, theme)


def _contact_sheet(path: Path, pictures: Sequence[Path], theme: str) -> None:
    """Write a sheet with pictures side by side, each row as high as its highest."""
    paper = "#dfe3e8" if theme == "light" else "#30363d"
    images = [imread(picture) for picture in pictures]
    columns = min(_COLUMNS, ceil(sqrt(len(images))))
    rows = [images[first : first + columns] for first in range(0, len(images), columns)]
    heights = [max(_WIDE * len(image) / len(image[0]) for image in row) for row in rows]
    wide, tall = columns * (_WIDE + _GAP) + _GAP, sum(heights) + _GAP * (len(rows) + 1)
    figure = Figure(figsize=(wide, tall), dpi=144, facecolor=paper)
    top = tall
    for row, height in zip(rows, heights, strict=True):
        top -= height + _GAP
        for column, image in enumerate(row):
            left = _GAP + column * (_WIDE + _GAP)
            box = (left / wide, top / tall, _WIDE / wide, height / tall)
            ax = figure.add_axes(box, anchor="N")
            ax.imshow(image)
            ax.set_axis_off()
    figure.savefig(path, facecolor=paper, metadata={"Software": "vtloop"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0."""
    parser = argparse.ArgumentParser(
        prog="python -m scenarios.deck",
        description="Draw the lecture's examples for slides, one of them step by step.",
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="where the pictures go")
    parser.add_argument("--words", choices=("ru", "en"), default="ru")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--format", choices=("png", "svg", "pdf"), default="png")
    options = parser.parse_args(arguments)
    write(options.directory, options.words, options.theme, options.format)
    print(f"{len(SLIDES)} pictures and a series of {len(STEPS)} are in {options.directory}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
