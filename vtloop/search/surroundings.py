"""What surrounds the runs of a search: entered once for all of them, as entering takes longer."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from vtloop.core.nested import no_loop_running
from vtloop.core.patches import environment, unawaited
from vtloop.core.patches.gc_schedule import trigger
from vtloop.core.patches.wall_clock import WallClock
from vtloop.patching.replaced import During, replaces
from vtloop.patching.swapped import STDOUT
from vtloop.values.clock import Clock

replaces(
    __name__,
    During.SEARCH,
    "what a case leaves behind is collected before the next, and nothing that was there before",
    "whether the garbage collector is on",
    "the garbage collector's frozen objects",
)
replaces(
    __name__,
    During.SEARCH,
    "what a case leaves open is a finding, and no ResourceWarning besides",
    "warnings.filters",
)
replaces(__name__, During.SEARCH, "cases are silent, or recorded", "sys.stdout")


@contextmanager
def surroundings(wall_clock: WallClock, heard_of: unawaited.Listener) -> Iterator[None]:
    """Return a context in which programs can be run often, silently, without each other's garbage.

    `heard_of` is told of coroutines that nobody has awaited. The collector runs when it is called.
    """
    with ExitStack() as entered:
        entered.enter_context(no_loop_running())
        entered.enter_context(environment.always)
        entered.enter_context(environment.one_time(Clock(), wall_clock))
        entered.enter_context(trigger)
        entered.enter_context(unawaited.told_to(heard_of))
        if gc.isenabled():
            entered.callback(gc.enable)
            gc.disable()
        silence = entered.enter_context(open(os.devnull, "w", encoding="utf-8"))
        entered.enter_context(STDOUT.by(silence))
        entered.callback(gc.unfreeze)
        gc.freeze()  # what others have left is not to be collected in a case
        entered.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", ResourceWarning)
        entered.callback(gc.collect, 1)
        yield
