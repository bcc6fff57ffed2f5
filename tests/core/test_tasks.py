"""Every task counts, whoever makes it: its number, its name, its lane and its place in a sweep."""

import asyncio
import subprocess
import sys
from typing import Any

import pytest

import vtloop
from vtloop.core.tasks import label, number_of
from vtloop.sweep import sweep

PyTask: Any = vars(asyncio.tasks)["_PyTask"]
PyFuture: Any = vars(asyncio.futures)["_PyFuture"]
EAGER = sys.version_info >= (3, 12)


class Heir(asyncio.Task):
    """A class of tasks that adds nothing."""


class Slotted(asyncio.Task):
    __slots__ = ("note",)


class Careful(asyncio.Task):
    """A class of tasks whose methods cannot be called before it is made."""

    def __init__(self, *args, **options):
        self.made = False
        super().__init__(*args, **options)
        self.made = True

    def get_name(self):
        assert self.made
        return super().get_name()

    def set_name(self, name):
        assert self.made
        super().set_name(name)


class AllAlike(asyncio.Task):
    def __eq__(self, other):
        return isinstance(other, AllAlike)

    def __hash__(self):
        return 7


KINDS = [asyncio.Task, Heir, Slotted, Careful, AllAlike, PyTask, type("PyHeir", (PyTask,), {})]


async def nap(seconds=1):
    await asyncio.sleep(seconds)


async def quick():
    pass


@pytest.mark.parametrize("kind", KINDS)
def test_tasks_that_a_program_makes_itself_are_counted_as_they_are_made(kind):
    told = []

    async def main():
        loop = asyncio.get_running_loop()
        made = [
            asyncio.create_task(nap()),
            kind(nap(), loop=loop),
            kind(nap(2), loop=loop, name="named"),
            asyncio.create_task(nap()),
        ]
        if EAGER:
            made += [
                kind(nap(), loop=loop, eager_start=True),
                kind(nap(3), loop=loop, name="eager", eager_start=True),
                kind(quick(), loop=loop, eager_start=True),
                asyncio.create_task(nap()),
            ]
        told.append([(number_of(task), label(task)) for task in made])
        for task in made:
            await task

    vtloop.run(main())
    one, other = vtloop.simulate(main), vtloop.simulate(main)
    assert one.error is None
    assert told[0] == told[1] == told[2]
    assert [number for number, _ in told[0]] == list(range(2, len(told[0]) + 2))
    assert told[0][:4] == [(2, "nap#2"), (3, "nap#3"), (4, "named"), (5, "nap#5")]
    assert one.digest() == other.digest()
    assert {lane.outcome for lane in one.timeline.lanes.values()} == {"returned"}
    assert len(one.timeline.lanes) == len(told[0]) + 1
    assert one.timeline["named"].ended == 2_000_000_000


def test_what_an_eager_task_makes_comes_after_it():
    if not EAGER:
        pytest.skip("since Python 3.12")

    async def parent():
        child = asyncio.Task(nap(), loop=asyncio.get_running_loop(), name="child")
        await child

    async def main():
        loop = asyncio.get_running_loop()
        await asyncio.Task(parent(), loop=loop, name="direct", eager_start=True)
        loop.set_task_factory(asyncio.create_eager_task_factory(Heir))
        await asyncio.create_task(parent(), name="by factory")

    run = vtloop.simulate(main)
    labels = {number: lane.label for number, lane in run.timeline.lanes.items()}
    assert labels == {1: "main#1", 2: "direct", 3: "child", 4: "by factory", 5: "child"}


async def in_a_coroutine_of_its_own(coroutine):
    return await coroutine


class Factory:
    """A task factory that is an object."""

    def __call__(self, loop, coro, **options):
        return Heir(coro, loop=loop, **options)


FACTORIES: dict[str, Any] = {
    "a function": lambda loop, coro, **options: Heir(coro, loop=loop, **options),
    "an object": Factory(),
    "of tasks that are careful": lambda loop, coro, **options: Careful(coro, loop=loop, **options),
    "of asyncio's own": lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options),
    "around the coroutine": lambda loop, coro, **options: asyncio.Task(
        in_a_coroutine_of_its_own(coro), loop=loop, **options
    ),
    "of tasks in Python": lambda loop, coro, **options: PyTask(coro, loop=loop, **options),
}
if sys.version_info >= (3, 12):  # in full, so that mypy knows it too
    FACTORIES |= {
        "around the eager one": lambda loop, coro, **options: asyncio.eager_task_factory(
            loop, coro, **options
        ),
        "an eager one of its own": asyncio.create_eager_task_factory(Heir),
        "an eager one in Python": asyncio.create_eager_task_factory(PyTask),
    }


def careful_and_careless(factory, *names):
    """Return a program with a task that gives its permit back, and one that may not."""

    async def main():
        asyncio.get_running_loop().set_task_factory(factory)
        gate, other = asyncio.Semaphore(1), asyncio.Semaphore(1)

        async def careful():
            async with gate:
                await asyncio.sleep(1)

        async def careless():
            await other.acquire()
            await asyncio.sleep(1)
            other.release()

        async with asyncio.TaskGroup() as group:
            group.create_task(careful(), name=names[0])
            group.create_task(careless(), name=names[1])

    return main


@pytest.mark.parametrize("factory", FACTORIES)
def test_a_sweep_tells_apart_the_tasks_of_a_factory_of_the_programs_own(factory):
    main = careful_and_careless(FACTORIES[factory], "one name", "one name")
    first, second = sweep(main, victim=2), sweep(main, victim=3)
    assert "permits" not in str(first)
    assert "permits lost" in str(second)
    for report in map(str, (first, second)):
        assert "did not come again" not in report
        assert "time was up" not in report


def test_a_victim_of_a_factory_of_the_programs_own_goes_by_its_name():
    main = careful_and_careless(FACTORIES["a function"], "first", "second")
    assert not sweep(main, victim="first").problems
    assert "permits lost" in str(sweep(main, victim="second"))


@pytest.mark.parametrize("eager", [False, True])
def test_a_sweep_has_the_same_moments_for_tasks_in_c_and_in_python(eager):
    """Their functions, such as `set_result`, are no calls of a step: those in C are not seen."""
    if eager and not EAGER:
        pytest.skip("since Python 3.12")
    pair = ("an eager one of its own", "an eager one in Python")
    in_c, in_python = (
        str(sweep(careful_and_careless(FACTORIES[factory], None, None), victim=3))
        for factory in (pair if eager else ("a function", "of tasks in Python"))
    )
    assert in_python == in_c


async def waits_of_all_kinds():
    lock, event = asyncio.Lock(), asyncio.Event()

    async def worker():
        async with lock:
            await asyncio.sleep(1)

    await asyncio.gather(worker(), worker())
    await asyncio.wait({asyncio.create_task(nap(), name="napper"), asyncio.create_task(nap())})
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(1, lambda: future.done() or future.set_result(None))
    await future
    await asyncio.shield(nap())
    try:
        async with asyncio.timeout(1):
            await event.wait()
    except TimeoutError:
        pass


def told_of_it():
    run = vtloop.simulate(waits_of_all_kinds)
    assert run.error is None
    return run.digest(), run.marbles(), str(sweep(waits_of_all_kinds, victim=1))


class NoTask:
    """What a test may put in the place of `asyncio.Task`."""


@pytest.mark.parametrize(("task", "future"), [(PyTask, PyFuture), (NoTask, NoTask)])
def test_runs_and_sweeps_do_not_depend_on_what_goes_by_the_name_of_task(monkeypatch, task, future):
    """nest_asyncio binds both names to the classes that are written in Python."""
    before = told_of_it()
    for module in (asyncio, asyncio.tasks):
        monkeypatch.setattr(module, "Task", task)
    monkeypatch.setattr(asyncio, "Future", future)
    if future is PyFuture:
        monkeypatch.setattr(asyncio.futures, "Future", future)
    assert told_of_it() == before


@pytest.mark.once
def test_the_name_of_task_may_be_another_class_before_the_package_is_imported():
    program = """
import asyncio
class NoTask: pass
kept = asyncio.Task
asyncio.Task = asyncio.tasks.Task = asyncio.Future = NoTask
import vtloop
from vtloop.sweep import sweep
async def main():
    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))
    return isinstance(asyncio.current_task(), kept)
print(vtloop.run(main()), len(vtloop.simulate(main).timeline.lanes), len(sweep(main).victims))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True 3 3\n"


def test_a_group_cancels_tasks_of_a_factory_in_order_of_their_creation():
    async def main():
        cancelled = []

        async def sleeper(number):
            try:
                await asyncio.sleep(9)
            except asyncio.CancelledError:
                cancelled.append(number)
                raise

        group = asyncio.TaskGroup()
        asyncio.get_running_loop().set_task_factory(FACTORIES["a function"])
        try:
            async with group:
                for number in range(20):
                    group.create_task(sleeper(number), name="one name")
                await asyncio.sleep(1)
                raise KeyError
        except* KeyError:
            pass
        return cancelled

    assert vtloop.run(main()) == list(range(20))


def test_tasks_in_python_that_are_left_are_told():
    async def main():
        asyncio.Task(nap(9), loop=asyncio.get_running_loop(), name="in C")
        PyTask(nap(9), loop=asyncio.get_running_loop(), name="in Python")
        await asyncio.sleep(1)

    assert vtloop.simulate(main).unfinished == ("in C", "in Python")
