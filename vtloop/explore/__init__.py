"""Schedule search: a program is run in many orders and with many durations, until it fails.

    >>> import asyncio
    >>> from vtloop.explore import explore
    >>> async def main():
    ...     stock, sold = 1, []
    ...     async def buy(name):
    ...         nonlocal stock
    ...         if stock > 0:
    ...             await asyncio.sleep(0.01)  # the payment
    ...             stock -= 1
    ...             sold.append(name)
    ...     async def later():
    ...         await asyncio.sleep(0.02)
    ...         await buy("Bob")
    ...     await asyncio.gather(buy("Ann"), later())
    ...     assert stock == 0, f"sold to {sold}"
    >>> report = explore(main)
    >>> report.ok, report.failures[0].realisable
    (False, True)

A *schedule* is a run's order of steps, and how long things take. asyncio's own is the first that is
run; what deviates from it are choices of the run: a task that is *held* while others go ahead, a
timer that is *late*. A schedule without holds is *realisable*: stock asyncio does it, if things
take as long as they may. One with holds is *adversarial*: any task that is ready may be next.

May import: `errors`, `private`, `values`, `net`, `core`, `recording`, `views`, `simulation`,
`search`.

A map of the package, from the bottom up:

- `schedule`: what deviates in a schedule, as choices of the run
- `known`: what earlier runs have taught of a program
- `members`: the rules by which schedules are drawn
- `steering`: the policy of one run
- `loop`: the loop of one run
- `runs`: running a program many times, as fast as can be
- `portfolio`: which member draws which run
- `shrinking`: from a schedule that fails to the simplest one
- `database`: schedules that failed in earlier searches
- `narrating`: what a schedule does, in words
- `options`: what the options can be
- `report`: what was found
- `exploration`: one search
- `again`: the schedule of a token, judged, told and recorded
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from vtloop.core.patches.wall_clock import WallClock
from vtloop.explore.database import Database
from vtloop.explore.exploration import Exploration, record
from vtloop.explore.options import OF_EXPLORATIONS
from vtloop.explore.portfolio import Member
from vtloop.explore.report import FailingSchedule, Report
from vtloop.explore.schedule import Schedule
from vtloop.net.network import EVERYWHERE, Network
from vtloop.search.bench import Check, Program
from vtloop.search.invariants import Always
from vtloop.search.setting import Setting
from vtloop.simulation.run import Run
from vtloop.values.clock import START
from vtloop.values.files import check_directory
from vtloop.values.options import check as check_options
from vtloop.values.programs import called

__all__ = ["FailingSchedule", "Report", "explore", "replay"]


def explore(
    main: Program | str,
    *,
    budget: int = 2_000,
    max_seconds: float | None = None,
    seed: int | str = 0,
    mode: str = "any",
    members: Sequence[Member] | None = None,
    shrink: bool = True,
    database: str | os.PathLike[str] | None = None,
    check: Check | str | None = None,
    always: Always | str | None = None,
    wall_clock: WallClock = START,
    network: Network | str | None = EVERYWHERE,
) -> Report:
    """Run a program by one schedule after the other, until one fails; shrink and tell that.

    A run fails if the program raises, if it comes to a deadlock or livelock, if a task ends with an
    error that nobody looks at, or if `always` or `check` do not hold.

    - `main` is a function that returns a coroutine, or the name of one, such as 'module:main' or
      'file.py:main'; what it prints goes nowhere
    - `budget` is how many schedules are run at most, `max_seconds` how long that takes at most, in
      real seconds; shrinking comes on top
    - `seed` is that of the search, and of all chance of the program
    - `mode` is 'any', or 'realisable': then tasks keep asyncio's order, and only what takes time
      may take longer
    - `members` are the rules that draw the schedules, in turns, instead of all of them: objects of
      the classes in `vtloop.explore.members`
    - `shrink` says whether the simplest schedule is sought that fails likewise
    - `database` is the path of a directory in which schedules that fail are kept: next time they
      are run first, and dropped when they pass
    - `check` is called with what `main` has returned, `always` before each handle; both raise what
      is wrong, or return False
    - `wall_clock` is the date and time of day, `network` what there is to talk to, for each run
      anew; see `vtloop.VirtualLoop`

    A task is passed over 200 times at most, as one that polls would hold up the others for ever.

    The report is the same in every process. SimulationError if the program does not end; TypeError
    or ValueError, before anything runs, for an option that is none of this.
    """
    check_options(OF_EXPLORATIONS, **_given(locals()))
    kept = None
    if database is not None:
        check_directory(database)
        kept = Database(database, called(main))
    setting = Setting(main, check, always, seed, wall_clock, network)
    return Exploration(setting, mode, members, shrink, kept).search(budget, max_seconds)


def replay(
    main: Program | str,
    token: str,
    *,
    seed: int | str = 0,
    wall_clock: WallClock = START,
    network: Network | str | None = EVERYWHERE,
) -> Run[Any]:
    """Run the schedule of a token again, and return the run, recorded; options as for `explore`.

    ValueError if it is no token; LookupError if the run leaves the schedule, as the program has
    changed.
    """
    check_options(OF_EXPLORATIONS, **_given(locals()))
    return record(Setting(main, None, None, seed, wall_clock, network), Schedule.parse(token))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {("program" if name == "main" else name): value for name, value in options.items()}
