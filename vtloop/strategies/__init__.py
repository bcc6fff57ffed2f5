"""All that is left to chance in a run, drawn by Hypothesis from one sequence of choices.

    >>> import asyncio
    >>> from hypothesis import given
    >>> from vtloop.strategies import delays, fates
    >>> @given(fates(cancellations=1))
    ... def test_a_lock_is_given_back(fate):
    ...     async def work(lock):
    ...         async with lock:
    ...             await asyncio.sleep(fate.draw(delays()))
    ...     async def main():
    ...         lock = asyncio.Lock()
    ...         await asyncio.gather(work(lock), work(lock))
    ...     fate.explore(main)
    >>> test_a_lock_is_given_back()

Which of several timers of one instant fires first, who is cancelled and when, how long something
takes and whether it fails, what the network does with a message: Hypothesis draws it while the run
goes on. So it shrinks together with all other inputs, its database replays it, and
`@reproduce_failure`, `note()` and `target()` work as ever. Needs the extra `hypothesis`.

May import: `values`, `net`, `core`, `timeline`, `recording`, `views`, `search`, `simulation`,
`sweep`.

A map of the package, from the bottom up:

- `values`: delays and faults
- `ties`: the order of timers of one instant
- `fate`: all that is left to chance in one run, cancellations included
- `networks`: networks, and what goes wrong with them
- `programs`: small asyncio programs
- `machine`: state machines whose rules are async
"""

from vtloop.strategies.fate import Fate, fates, tokens
from vtloop.strategies.machine import AsyncStateMachine
from vtloop.strategies.networks import network_faults, networks
from vtloop.strategies.programs import Program, programs
from vtloop.strategies.ties import schedules
from vtloop.strategies.values import delays, faults

__all__ = [
    "AsyncStateMachine",
    "Fate",
    "Program",
    "delays",
    "fates",
    "faults",
    "network_faults",
    "networks",
    "programs",
    "schedules",
    "tokens",
]
