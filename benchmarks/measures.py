"""What is not a matter of programs on loops: imports, memory, a million tasks, a lecture's claims.

Each measure takes the rounds to do, and returns lines of (what, figure). All of them run in fresh
processes.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import TypeAlias

from benchmarks.plugins import microseconds
from benchmarks.processes import python

Lines: TypeAlias = list[tuple[str, str]]

MEMORY = """
import asyncio, gc, tracemalloc, vtloop

async def backlog(count):
    loop = asyncio.get_running_loop()
    for number in range(count):
        loop.call_later(3600, print).cancel()
    for number in range(count // 10):
        async with asyncio.timeout(3600):
            await asyncio.sleep(0)

async def main():
    await backlog(1_000)
    gc.collect()
    tracemalloc.start()
    await backlog(10_000)
    few = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    await backlog(1_000_000)
    print(few, tracemalloc.get_traced_memory()[1])

vtloop.run(main())
"""

MILLION = """
import asyncio, time, vtloop

COUNT = 1_000_000

async def main():
    async with asyncio.TaskGroup() as group:
        for number in range(COUNT):
            group.create_task(asyncio.sleep(1 + number * 7919 % COUNT))

try:
    import resource
except ImportError:
    resource = None
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if resource else 0
before, started = peak(), time.perf_counter()
vtloop.run(main())
print(time.perf_counter() - started, peak() - before)
"""

LECTURE = """
import contextlib, io, os, pytest, sys, vtloop, vtloop.simulation.growth

virtual = 0
real = 0
simulate = vtloop.simulate

def counted(*args, **options):
    global virtual
    run = simulate(*args, **options)
    virtual += run.ended
    return run

class Durations:
    def pytest_runtest_logreport(self, report):
        global real
        real += report.duration

vtloop.simulate = vtloop.simulation.growth.simulate = counted
with contextlib.redirect_stdout(io.StringIO()) as said:
    # Without the configuration of the tests, which names plugins that may not be here.
    options = ["-q", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider"]
    failed = pytest.main([*options, "tests/scenarios/test_lecture_claims.py"], [Durations()])
if failed:
    sys.exit(said.getvalue())
print(virtual, real)
"""


def imports(rounds: int) -> Lines:
    """What vtloop costs over `import asyncio`, in processor time of fresh processes.

    Most of it is imported when it is first used, so that is measured as well.
    """
    codes = ("import asyncio", "import asyncio, vtloop", "import asyncio, vtloop; vtloop.simulate")
    spent: dict[str, list[float]] = {code: [] for code in codes}
    for _ in range(4 * rounds):
        for code, milliseconds in spent.items():
            seconds = float(python("-c", f"{code}; import time; print(time.process_time())"))
            milliseconds.append(1000 * seconds)
    stock, *ours = spent.values()
    lines = [(f"{code}, ms, least", f"{min(samples):.1f}") for code, samples in spent.items()]
    for what, samples in zip(("import vtloop", "what a run needs"), ours, strict=True):
        differences = [our - their for our, their in zip(samples, stock, strict=True)]
        lines += [
            (f"{what} over asyncio, ms, of the least", f"{min(samples) - min(stock):.1f}"),
            (f"{what} over asyncio, ms, median of rounds", f"{median(differences):.1f}"),
        ]
    return lines


def memory(rounds: int) -> Lines:
    """The most memory that ten thousand, and a million, cancelled one-hour timers take."""
    few, many = (int(figure) / 1024 for figure in python("-c", MEMORY).split())
    return [
        ("10,000 cancelled timers of an hour, peak KiB", f"{few:.0f}"),
        ("1,000,000 cancelled timers of an hour, peak KiB", f"{many:.0f}"),
    ]


def million(rounds: int) -> Lines:
    """A sleep of each of a million tasks, their deadlines all different."""
    seconds, kibibytes = (float(figure) for figure in python("-c", MILLION).split())
    return [
        ("1,000,000 sleeping tasks, s", f"{seconds:.1f}"),
        ("1,000,000 sleeping tasks, bytes a task", f"{kibibytes * 1024 / 1e6:.0f}"),
    ]


def lecture(rounds: int) -> Lines:
    """The tests of the lecture's claims: the virtual time of their runs, and the real time."""
    samples = [tuple(map(float, python("-c", LECTURE).split())) for _ in range(rounds)]
    virtual, real = min(samples, key=lambda sample: sample[1])
    return [
        ("the lecture's claims, s of virtual time", f"{virtual:,.0f}"),
        ("the lecture's claims, s of real time, least", f"{real:.2f}"),
        ("virtual over real", f"{virtual / real:,.0f}"),
    ]


def plugin(rounds: int) -> Lines:
    """What an async test costs under our pytest plugin, and under pytest-asyncio."""
    samples = microseconds(rounds)
    ours, theirs = samples["our plugin"], samples["pytest-asyncio"]
    ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
    return [
        ("a trivial async test, our plugin, µs, least", f"{min(ours):.0f}"),
        ("a trivial async test, pytest-asyncio on the stock loop, µs, least", f"{min(theirs):.0f}"),
        ("our plugin over pytest-asyncio, of the least", f"{min(ours) / min(theirs):.2f}"),
        ("our plugin over pytest-asyncio, median of rounds", f"{median(ratios):.2f}"),
    ]


MEASURES: dict[str, Callable[[int], Lines]] = {
    "imports": imports,
    "memory": memory,
    "million": million,
    "lecture": lecture,
    "plugin": plugin,
}
