"""What a test leaves behind: pending tasks, exceptions never retrieved, coroutines never awaited.

What is open in the network is told of as well.

While a test that must leave nothing behind is on, note is taken of the coroutines that were made in
tests and never awaited (see `unawaited`).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from vtloop.core import waits
from vtloop.core.patches.unawaited import told_to
from vtloop.core.tasks import coroutine_name, in_order, number_of
from vtloop.patching.replaced import During, replaces
from vtloop.recording.recording import Recording
from vtloop.values.source import is_library, place, place_at

if TYPE_CHECKING:
    from vtloop.net.unclosed import Unclosed


class NeverAwaited:
    """While entered, notes the coroutines that are thrown away without having been awaited."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._told = told_to(self._note)

    def __enter__(self) -> NeverAwaited:
        self._told.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._told.__exit__(None, None, None)

    def take(self) -> list[str]:
        """Return descriptions of those found since this was asked last."""
        found, self._found = self._found, []
        return found

    def _note(self, coroutine: CoroutineType[Any, Any, Any]) -> bool:
        if not coroutine.cr_origin:  # it was not made in a test
            return False
        file, line, function = coroutine.cr_origin[0]
        where = place_at(file, line, function)
        self._found.append(
            f"{coroutine_name(coroutine)}() was never awaited\n      made at {where}"
        )
        return True


class OriginsNoted:
    """While entered, coroutines know where they were made."""

    def __enter__(self) -> None:
        self._depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(max(1, self._depth))

    def __exit__(self, *exc_info: object) -> None:
        sys.set_coroutine_origin_tracking_depth(self._depth)


replaces(
    __name__,
    During.TEST,
    "what a coroutine is told by that nobody has awaited: where it was made",
    "the depth to which coroutines keep their origin",
)


def unfinished(tasks: Iterable[asyncio.Task[Any]], recording: Recording) -> Iterator[str]:
    """Yield a description of each task that is still pending."""
    names = waits.Names(recording.primitives())
    for task in in_order(tasks):
        wait = waits.describe(task, names)
        at = f"\n      at {wait.place}" if wait.place else ""
        started = "".join(
            f"\n      started at {place}" for place in recording.origin(number_of(task))
        )
        yield f"{wait.task} is unfinished: it waits for {wait.waits_for}{at}{started}"


def unclosed(left: Iterable[Unclosed]) -> Iterator[str]:
    """Yield a description of each connection, server or socket that was left open."""
    for one in left:
        at = "" if one.opened is None else f"\n      {one.how_opened} at {one.opened}"
        yield f"{one.what} was left open{at}"


def unretrieved(
    tasks: Iterable[asyncio.Task[Any]],
    reports: Iterable[tuple[str, BaseException]],
    recording: Recording,
) -> Iterator[str]:
    """Yield a description of each exception of a task that nobody asked for, and of each report.

    A report is who raised it, and what. From then on these exceptions count as retrieved.
    """
    told: set[int] = set()
    for task in tasks:
        if task._log_traceback and (error := task.exception()) is not None:
            told.add(id(error))
            yield _raised(recording.label(number_of(task)), error)
    for who, error in reports:
        if id(error) not in told:
            told.add(id(error))
            yield _raised(who, error)


def _raised(who: str, error: BaseException) -> str:
    """Return who raised an exception, and where in the users' code."""
    found, traceback = None, error.__traceback__
    while traceback is not None:
        if not is_library(traceback.tb_frame):
            found = traceback.tb_frame
        traceback = traceback.tb_next
    at = "" if found is None else f"\n      at {place(found)}"
    return f"{who} raised {error!r}, which nobody retrieved{at}"


def message(who: str, found: list[str]) -> str:
    """Return what a test that leaves something behind fails with."""
    count = "something" if len(found) == 1 else f"{len(found)} things"
    return (
        f"{who} ended while it left {count} behind:\n"
        + "\n".join(f"  - {words}" for words in found)
        + "\nAwait or cancel what a test starts, and close what it opens, in the test or in its "
        "fixtures; or allow it with @pytest.mark.vtloop(leaks='allow')."
    )
