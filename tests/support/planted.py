"""Programs with a fault that shows once a task is cancelled, and their twins that have none.

A program is drawn by a number. One of its tasks is named "victim"; the fault is in another one, or
in a callback, and comes of what the victim was to do, to leave or to signal. The twin differs in
the lines of the fault only, and copes. Around them are bystanders, who have nothing to do with it.
"""

import random
import textwrap
from dataclasses import dataclass

from vtloop.strategies.programs import Program


@dataclass(frozen=True)
class Fault:
    """What goes wrong: an error, as its repr begins, and the lines of those who are involved."""

    error: str
    victim: str
    other: str  # with the fault
    careful: str  # without
    things: str = "box, done, sign, items = {}, [], asyncio.Event(), asyncio.Queue()"
    others: int = 1


FAULTS = (
    Fault(
        "InvalidStateError",
        "await future",
        "await sleep({late})\nfuture.set_result(1)",
        "await sleep({late})\nif not future.done():\n    future.set_result(1)",
        "future = asyncio.get_running_loop().create_future()",
    ),
    Fault(
        "InvalidStateError",
        "await future",
        "call_later({late}, future.set_result, 1)\nawait sleep({later})",
        "call_later({late}, set_if_pending, future)\nawait sleep({later})",
        "future = asyncio.get_running_loop().create_future()",
    ),
    Fault(
        "InvalidStateError",
        "with suppress(OSError):\n    await future",
        "await sleep({late})\nfuture.set_exception(OSError())",
        "await sleep({late})\nif not future.cancelled():\n    future.set_exception(OSError())",
        "future = asyncio.get_running_loop().create_future()\nfuture.add_done_callback(look_at)",
    ),
    Fault(
        "KeyError",
        "await sleep({early})\nbox['it'] = 1",
        "await sleep({late})\nbox['it'] += 1",
        "await sleep({late})\nbox['it'] = box.get('it', 0) + 1",
    ),
    Fault(
        "KeyError",
        "await sleep({early})\nbox['it'] = 1",
        "call_later({late}, box.pop, 'it')\nawait sleep({later})",
        "call_later({late}, box.pop, 'it', None)\nawait sleep({later})",
    ),
    Fault(
        "TimeoutError",
        "await sleep({early})\nsign.set()",
        "async with asyncio.timeout({later}):\n    await sign.wait()",
        "try:\n    async with asyncio.timeout({later}):\n        await sign.wait()\n"
        "except TimeoutError:\n    pass",
    ),
    Fault(
        "TimeoutError",
        "await sleep({early})\nitems.put_nowait(1)",
        "await asyncio.wait_for(items.get(), {later})",
        "with suppress(TimeoutError):\n    await asyncio.wait_for(items.get(), {later})",
    ),
    Fault(
        "AssertionError",
        "await sleep({early})\ndone.append(1)",
        "await sleep({late})\nassert done",
        "await sleep({late})\nassert done in ([], [1])",
    ),
    Fault(
        "ValueError",
        "await sleep({early})\ndone.append(1)",
        "await sleep({late})\ndone.remove(1)",
        "await sleep({late})\nif done:\n    done.remove(1)",
    ),
    Fault(
        "QueueEmpty",
        "await sleep({early})\nitems.put_nowait(1)",
        "await sleep({late})\nitems.get_nowait()",
        "await sleep({late})\nif not items.empty():\n    items.get_nowait()",
    ),
    Fault(
        "IndexError",
        "await sleep({early})\ndone.append(1)",
        "async with asyncio.TaskGroup() as inner:\n    inner.create_task(take())\n"
        "    inner.create_task(sleep({later}))",
        "async with asyncio.TaskGroup() as inner:\n    inner.create_task(take_if_any())\n"
        "    inner.create_task(sleep({later}))",
        "done = []",
    ),
    Fault(
        "LookupError",
        "await sleep({early})\nbox['it'] = 1",
        "await sleep({late})\ntry:\n    found = box['it']\nexcept KeyError:\n"
        "    found = None\nif found is None:\n    raise LookupError('it')",
        "await sleep({late})\ntry:\n    found = box['it']\nexcept KeyError:\n    found = None",
    ),
    Fault(
        "SystemExit",
        "await sleep({early})\ndone.append(1)",
        "await sleep({late})\nif not done:\n    sys.exit('nothing was done')",
        "await sleep({late})\nif not done:\n    return",
    ),
)

TOPOLOGIES = (
    """\
async with asyncio.TaskGroup() as group:
    for name, work in tasks:
        group.create_task(work, name=name)
""",
    """\
made = [asyncio.create_task(work, name=name) for name, work in tasks]
await asyncio.gather(*made, return_exceptions=True)
""",
    """\
made = [asyncio.create_task(work, name=name) for name, work in tasks]
done_ones, _ = await asyncio.wait(made)
for one in done_ones:
    if not one.cancelled():
        one.result()
""",
    """\
made = [asyncio.create_task(work, name=name) for name, work in tasks]
for one in made:
    try:
        await one
    except asyncio.CancelledError:
        if asyncio.current_task().cancelling():
            raise
""",
    """\
async def crew():
    async with asyncio.TaskGroup() as group:
        for name, work in tasks:
            group.create_task(work, name=name)

await asyncio.create_task(crew())
""",
    """\
made = [asyncio.create_task(work, name=name) for name, work in tasks]
for first in asyncio.as_completed(made):
    with suppress(asyncio.CancelledError):
        await first
""",
    """\
made = [asyncio.create_task(work, name=name) for name, work in tasks]
await asyncio.gather(*map(asyncio.shield, made), return_exceptions=True)
""",
)

BYSTANDERS = (
    "await sleep({early})",
    "async with lock:\n    await sleep({early})",
    "async with asyncio.timeout({later}):\n    await sleep({early})",
    "for _ in range(2):\n    await sleep({early})",
    "await asyncio.gather(sleep({early}), sleep({late}))",
    "async with asyncio.TaskGroup() as mine:\n    mine.create_task(sleep({early}))",
)

HEAD = """\
import asyncio, sys
from asyncio import sleep
from contextlib import suppress


def set_if_pending(future):
    if not future.done():
        future.set_result(1)


def look_at(future):
    future.cancelled() or future.exception()


def call_later(delay, *call):
    asyncio.get_running_loop().call_later(delay, *call)
"""

TAKERS = """\
async def take():
    await sleep({late})
    return done[0]

async def take_if_any():
    await sleep({late})
    return done[:1]
"""


def planted(number: int, *, faulty: bool) -> tuple[Fault, Program]:
    """Return a fault and a program with it, or its twin without: the same for the same number."""
    chance = random.Random(number)
    fault = chance.choice(FAULTS)
    early, late, later = sorted(chance.sample(range(1, 9), 3))
    times = {"early": early, "late": late, "later": later}
    functions = {"victim": fault.victim, "other": fault.other if faulty else fault.careful}
    for name in ("bystander", "passer_by")[: chance.randrange(3)]:
        functions[name] = chance.choice(BYSTANDERS)
    order = list(functions)
    chance.shuffle(order)
    tasks = ", ".join(f"({name!r}, {name}())" for name in order)
    wrapped = chance.random() < 0.3  # the other's fault is a function deeper
    parts = [fault.things, "lock = asyncio.Lock()"]
    if "take" in fault.other:
        parts.append(TAKERS.format(**times))
    for name, body in functions.items():
        inner = f"{name}_inner" if wrapped and name == "other" else name
        parts.append(f"async def {inner}():\n{textwrap.indent(body.format(**times), '    ')}\n")
        if inner != name:
            parts.append(f"async def {name}():\n    await {inner}()\n")
    parts += [f"tasks = [{tasks}]", chance.choice(TOPOLOGIES)]
    main = textwrap.indent("\n".join(parts), "    ")
    return fault, Program(f"{HEAD}\n\nasync def main():\n{main}")
