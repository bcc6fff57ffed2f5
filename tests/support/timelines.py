"""Runs in which much happens, for the tests of what shows a timeline."""

import asyncio
import contextlib

import vtloop
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording
from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NANOSECONDS, Clock

HOSTILE = [
    "end",
    "a;b:c,d",
    "</script><script>alert(1)</script>",
    "\"quoted\" & 'too'",
    "#1 %% --> ->> {x} [y] `z` $&",
    "\u2028line\nbreak\ttab\x00\x1b",
    "größe ☃ 🐢",
    "",
    "section task",
]

# Every mark, every keyword of Mermaid's two grammars, and what else has a meaning somewhere.
_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\n\r\t\0\u2028\u202e"
_KEYWORDS = (
    "accDescr accTitle activate actor alt and as autonumber axisFormat box break call click create "
    "critical dateFormat deactivate destroy details else end excludes gantt href includes "
    "inclusiveEndDates left link links loop note opt option over par participant properties rect "
    "right section sequenceDiagram tickInterval title todayMarker topAxis vert weekday weekend"
)
AWKWARD = [
    *(form.format(mark) for mark in _MARKS for form in ("{0}", "a{0}b", "{0}{0} end")),
    *(form.format(word) for word in _KEYWORDS.split() for form in ("{0}", "{0} x", "The {0}: x")),
    "%%{init: {'theme': 'dark'}}%%",
    "---\ntitle: x\n---",
    "#35; &lt; &amp;",
    "<br/><b>bold</b><img src=x onerror=alert(1)>",
    "$$x^2$$ `code` **bold** \\n",
    "t1->>t2: hello",
    "done, 0, 5ms",
    "x" * 5000,
    "🐢" * 100,
    "größe, مرحبا, 你好",
]


def of_everything():
    """Return the timeline of a run with every kind of span, mark and arrow."""

    async def holds(lock, seconds):
        async with lock, vtloop.section("inside"):
            print("holds for", seconds)
            await asyncio.sleep(seconds)

    async def fails():
        await asyncio.sleep(0)
        raise ValueError("no")

    async def cleans_up():
        try:
            await asyncio.sleep(100)
        finally:
            await asyncio.sleep(0.25)

    async def consumes(queue):
        print(await queue.get())
        await asyncio.to_thread(int)
        vtloop.busy(0.3)

    async def main():
        semaphore, queue = asyncio.Semaphore(2), asyncio.Queue()
        sleeper = asyncio.create_task(cleans_up(), name="sleeper")
        consumer = asyncio.create_task(consumes(queue))
        failing = asyncio.create_task(fails())
        async with asyncio.TaskGroup() as group:
            for tenth in (1, 2, 3, 4):
                group.create_task(holds(semaphore, tenth / 10 + 1e-9))
        queue.put_nowait("item")
        await asyncio.wait([failing])
        failing.exception()
        sleeper.cancel("enough")
        with contextlib.suppress(asyncio.CancelledError):
            await sleeper
        await asyncio.wait_for(consumer, 3)
        asyncio.create_task(holds(semaphore, 3))
        asyncio.get_running_loop().call_soon(print, "from a callback")
        await asyncio.sleep(1)

    return vtloop.simulate(main).timeline


def of_hostile_names(names=HOSTILE):
    """Return the timeline of tasks whose names, errors and prints are meant to break a format."""

    async def speaks(name):
        print(name)
        await asyncio.sleep(1)
        raise ValueError(name)

    async def main():
        tasks = [asyncio.create_task(speaks(name), name=name) for name in names]
        await asyncio.gather(*tasks, return_exceptions=True)

    return vtloop.simulate(main).timeline


def of_many(tasks, sleeps):
    """Return the timeline of so many tasks that each sleep so often."""

    async def ticks(number):
        for _ in range(sleeps):
            await asyncio.sleep(number / 1000)

    async def main():
        await asyncio.gather(*(ticks(number) for number in range(1, tasks + 1)))

    return vtloop.simulate(main).timeline


def of_a_second_loop(main, start=5):
    """Return the timeline of a loop whose clock stands at `start` seconds, after an earlier loop.

    That is what the second and later calls of asyncio.run in a script get.
    """
    recording, clock = Recording(), Clock(start * NANOSECONDS)
    loop = vtloop.VirtualLoop(clock=clock, recorder=recording)
    with Runner(loop, debug=None) as runner:
        runner.run(main())
    return Timeline(recording.trace())
