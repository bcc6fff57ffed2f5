"""Records move to another table in three steps each, and a change is left behind.

A record is copied, copied again in case that it was changed meanwhile, and deleted from the old
table. A change is made in the old table if the record is still there, else in the new one. One that
comes between the second step and the third is made in a table of which nobody reads the record
again. As a rule a change is made long before.

The fix: a record is deleted in the same step in which both copies are found to be equal.
"""

import asyncio

from scenarios.races.pauses import Pause

NAMES = ("Ada", "Bob", "Cleo", "Eve")

Table = dict[str, int]


async def move(old: Table, new: Table, pause: Pause) -> None:
    for name in NAMES:
        new[name] = old[name]
        await pause()
        new[name] = old[name]
        await pause()
        del old[name]


async def move_carefully(old: Table, new: Table, pause: Pause) -> None:
    for name in NAMES:
        while new.get(name) != old[name]:
            new[name] = old[name]
            await pause()
        del old[name]


async def give_a_raise(old: Table, new: Table, name: str, pause: Pause) -> None:
    await pause()  # the change is on its way
    (old if name in old else new)[name] = 200


async def broken(pause: Pause) -> None:
    old, new = dict.fromkeys(NAMES, 100), Table()
    await asyncio.gather(give_a_raise(old, new, "Eve", pause), move(old, new, pause))
    assert new["Eve"] == 200, f"a raise to 200 was made, and Eve has {new['Eve']}"


async def fixed(pause: Pause) -> None:
    old, new = dict.fromkeys(NAMES, 100), Table()
    await asyncio.gather(give_a_raise(old, new, "Eve", pause), move_carefully(old, new, pause))
    assert new["Eve"] == 200, f"a raise to 200 was made, and Eve has {new['Eve']}"
