"""The event loop: asyncio's own behaviour, handle for handle, and its errors for misuse."""

import asyncio
import contextvars
import dis
import gc
import logging
import random
import sys
import threading
import time
from typing import Any
from unittest import mock

import pytest

import vtloop
from tests.support.clocks import wake_twelve_equal_sleepers

PyTask: Any = vars(asyncio.tasks)["_PyTask"]


class StockLoop(asyncio.SelectorEventLoop):
    """The stock loop with a clock that jumps: the least that a virtual loop does."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.really_select, self._selector.select = self._selector.select, self.select

    def time(self):
        return self.now

    def select(self, timeout=None):
        ready = self.really_select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


@pytest.fixture
def loop():
    loop = vtloop.VirtualLoop()
    yield loop
    loop.close()


def run_on(loop_factory, main):
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(main())


# Parity with the stock loop


async def mixture_of_primitives(log):
    loop = asyncio.get_running_loop()
    random.seed(5)

    def note(*what):
        log.append((round(loop.time(), 6), *what))

    lock, semaphore, event = asyncio.Lock(), asyncio.Semaphore(2), asyncio.Event()
    condition, queue, barrier = asyncio.Condition(), asyncio.Queue(2), asyncio.Barrier(3)

    async def worker(number):
        try:
            async with semaphore:
                note("in", number)
                await asyncio.sleep(random.random())
                async with lock:
                    note("locked", number)
                    await asyncio.sleep(random.random() / 8)
            await barrier.wait()
            note("past the barrier", number)
            async with condition:
                await condition.wait_for(event.is_set)
            note("notified", number)
            await queue.put(number)
            async with asyncio.timeout(random.random()):
                await asyncio.sleep(0.5)
            note("in time", number)
        except TimeoutError:
            note("too late", number)
        finally:
            note("left", number)
        return number

    async def consumer():
        while True:
            note("got", await queue.get())
            await asyncio.sleep(0.001)
            queue.task_done()

    consuming = asyncio.create_task(consumer())
    loop.call_later(3, event.set)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(worker(number)) for number in range(9)]
        loop.call_later(0.75, tasks[4].cancel)
        await event.wait()
        async with condition:
            condition.notify_all()
        for _ in range(3):  # tasks[4] is gone: make up a party
            group.create_task(barrier.wait())
            await asyncio.sleep(0.01)
            break
    await queue.join()
    consuming.cancel()
    note(await asyncio.gather(*tasks, consuming, return_exceptions=True))
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.sleep(9)), 1)
    except TimeoutError:
        note("wait_for")
    for done in asyncio.as_completed([asyncio.sleep(delay, delay) for delay in (3, 1, 2)]):
        note(await done)


def test_a_mixture_of_all_primitives_leaves_the_stock_loops_log():
    logs = []
    for loop_factory in (StockLoop, vtloop.VirtualLoop):
        log = []
        run_on(loop_factory, lambda log=log: mixture_of_primitives(log))
        logs.append([str(entry) for entry in log])
    assert logs[0] == logs[1]
    assert len(logs[0]) > 40


def test_handles_run_in_the_order_of_asyncios_iteration():
    def program(loop):
        order = []

        def soon(name, again=()):
            order.append(name)
            for other in again:
                loop.call_soon(soon, other)

        loop.call_soon(soon, "a", ["c", "d"])
        loop.call_later(0, soon, "timer of the past")
        loop.call_soon(soon, "b", ["e"])
        loop.call_later(1, soon, "later")
        loop.call_later(1.5, loop.stop)
        loop.run_forever()
        loop.close()
        return order

    assert program(vtloop.VirtualLoop()) == program(StockLoop())


def test_equal_deadlines_fire_in_order_of_creation():
    assert vtloop.run(wake_twelve_equal_sleepers()) == list(range(12))


def test_the_clock_is_exact_where_floats_are_not():
    async def main():
        await asyncio.gather(asyncio.sleep(0.3), three_sleeps())
        return asyncio.get_running_loop().time()

    async def three_sleeps():
        for _ in range(3):
            await asyncio.sleep(0.1)

    assert vtloop.run(main()) == 0.3


# Running, stopping, closing


def test_stop_lets_the_iteration_finish(loop):
    ran = []
    loop.call_soon(loop.stop)
    loop.call_soon(ran.append, "same iteration")
    loop.call_soon(loop.call_soon, ran.append, "next iteration")
    loop.run_forever()
    assert ran == ["same iteration"]
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert ran == ["same iteration", "next iteration"]


def test_stop_before_running_runs_one_iteration_and_leaves_the_clock(loop):
    loop.call_later(1, pytest.fail)
    loop.stop()
    loop.run_forever()
    assert loop.time() == 0


def test_running_twice_at_once_is_refused(loop):
    async def main():
        with pytest.raises(RuntimeError, match="This event loop is already running"):
            loop.run_forever()
        other = vtloop.VirtualLoop()
        with pytest.raises(RuntimeError, match="while another loop is running"):
            other.run_forever()
        other.close()
        with pytest.raises(RuntimeError, match="Cannot close a running event loop"):
            loop.close()

    loop.run_until_complete(main())


def test_a_closed_loop_refuses_everything():
    loop = vtloop.VirtualLoop()
    loop.close()
    loop.close()
    assert loop.is_closed()
    for call in (
        loop.run_forever,
        lambda: loop.call_soon(print),
        lambda: loop.call_later(1, print),
        lambda: loop.call_at(1, print),
        lambda: loop.call_soon_threadsafe(print),
        lambda: loop.run_in_executor(None, print),
    ):
        with pytest.raises(RuntimeError, match="Event loop is closed"):
            call()
    coroutine = asyncio.sleep(1)
    with pytest.raises(RuntimeError, match="Event loop is closed"):
        loop.create_task(coroutine)
    coroutine.close()


def test_an_unclosed_loop_is_warned_of():
    loop = vtloop.VirtualLoop()
    with pytest.warns(ResourceWarning, match="unclosed event loop <VirtualLoop running=False"):
        del loop
        gc.collect()


def test_a_future_that_the_loop_stops_before_is_an_error(loop):
    loop.call_later(1, loop.stop)
    with pytest.raises(RuntimeError, match="Event loop stopped before Future completed"):
        loop.run_until_complete(loop.create_future())


def test_a_repr_works_before_during_and_after(loop):
    assert repr(loop) == "<VirtualLoop running=False closed=False debug=False>"

    async def main():
        return repr(loop)

    assert loop.run_until_complete(main()) == "<VirtualLoop running=True closed=False debug=False>"
    loop.close()
    assert repr(loop) == "<VirtualLoop running=False closed=True debug=False>"


# Arguments


@pytest.mark.parametrize("method", ["call_later", "call_at"])
def test_a_missing_delay_is_a_type_error(loop, method):
    with pytest.raises(TypeError, match=r"(delay must not|when cannot) be None"):
        getattr(loop, method)(None, print)


async def a_coroutine():
    pass


@pytest.mark.parametrize(
    "schedule",
    [
        lambda loop, callback: loop.call_soon(callback),
        lambda loop, callback: loop.call_later(1, callback),
        lambda loop, callback: loop.call_at(1, callback),
        lambda loop, callback: loop.call_soon_threadsafe(callback),
        lambda loop, callback: loop.run_in_executor(None, callback),
    ],
)
def test_debug_mode_refuses_callbacks_that_cannot_be_called(loop, schedule):
    loop.set_debug(True)
    with pytest.raises(TypeError, match="coroutines cannot be used with"):
        schedule(loop, a_coroutine)
    with pytest.raises(TypeError, match="a callable object was expected"):
        schedule(loop, 5)


def test_contexts_are_copied_or_taken_as_given(loop):
    variable = contextvars.ContextVar("variable", default="none")
    given = contextvars.copy_context()
    given.run(variable.set, "given")
    seen = []
    variable.set("at call")
    loop.call_soon(lambda: seen.append(variable.get()))
    loop.call_later(1, lambda: seen.append(variable.get()), context=given)
    loop.call_at(2, lambda: seen.append(variable.get()))
    variable.set("later")
    loop.call_later(3, loop.stop)
    loop.run_forever()
    assert seen == ["at call", "given", "at call"]


# Tasks


@pytest.mark.parametrize("debug", [False, True])
def test_the_error_of_a_forgotten_task_is_reported_as_soon_as_it_is_over(loop, debug):
    async def fails():
        raise ValueError

    async def main():
        asyncio.Task(fails())
        await asyncio.sleep(0)
        return len(reported)

    reported = []
    loop.set_debug(debug)
    loop.set_exception_handler(lambda loop, context: reported.append(context))
    gc.disable()
    try:
        assert loop.run_until_complete(main()) == 1
    finally:
        gc.enable()


def test_tasks_are_numbered_by_their_loop(loop):
    async def main():
        tasks = [asyncio.create_task(a_coroutine()) for _ in range(2)]
        named = asyncio.create_task(a_coroutine(), name=7)
        return [task.get_name() for task in (asyncio.current_task(), *tasks, named)]

    assert loop.run_until_complete(main()) == ["Task-1", "Task-2", "Task-3", "7"]
    assert vtloop.run(main()) == ["Task-1", "Task-2", "Task-3", "7"]


@pytest.mark.skipif(sys.version_info < (3, 14), reason="names are not read before 3.14")
def test_a_name_can_be_read_from_outside_the_process(loop):
    async def main():
        return asyncio.Task.get_name(asyncio.current_task())  # what is stored, not what is told

    assert loop.run_until_complete(main()) == "Task-1"


def test_tasks_of_a_factory_of_the_programs_own_are_numbered_as_well(loop):
    class TheirTask(asyncio.Task):
        pass

    loop.set_task_factory(lambda loop, coro, **options: TheirTask(coro, loop=loop, **options))

    async def main():
        own = asyncio.create_task(a_coroutine(), name="named")
        await own
        return type(own), own.get_name(), asyncio.create_task(a_coroutine()).get_name()

    assert loop.run_until_complete(main()) == (TheirTask, "named", "Task-3")
    assert loop.get_task_factory() is not None


def test_a_task_factory_may_make_tasks_that_are_written_in_python(loop):
    loop.set_task_factory(lambda loop, coro, **options: PyTask(coro, loop=loop, **options))

    async def main():
        return [asyncio.create_task(a_coroutine(), name=name).get_name() for name in (None, "me")]

    assert loop.run_until_complete(main()) == ["Task-2", "me"]


FACTORIES: dict[str, Any] = {
    "none": None,
    "of nothing more": lambda loop, coro: asyncio.Task(coro, loop=loop),
    "of a context": lambda loop, coro, context=None: asyncio.Task(coro, loop=loop, context=context),
    "of anything": lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options),
    "eager": getattr(asyncio, "eager_task_factory", None),
}


def create_by_the_loop(coro, **options):
    return asyncio.get_running_loop().create_task(coro, **options)


OPTIONS = [
    {},
    {"name": None},
    {"name": "me"},
    {"context": None},
    {"name": "me", "context": contextvars.Context()},
    {"eager_start": True},
    {"eager_start": False},
    {"eager_start": None},
    {"eager_start": True, "name": "me"},
    {"loop": None},
    {"nonsense": 1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=range(len(OPTIONS)))
@pytest.mark.parametrize("create", [create_by_the_loop, asyncio.create_task])
@pytest.mark.parametrize("factory", FACTORIES)
def test_a_task_factory_gets_what_it_gets_from_the_stock_loop(factory, create, options):
    async def main():
        given, steps = [], []

        def noting(loop, coro, **options):
            given.append(dict(options))
            return FACTORIES[factory](loop, coro, **options)

        async def child():
            steps.append("child")

        if FACTORIES[factory] is not None:
            own = FACTORIES[factory] if factory == "eager" else noting
            asyncio.get_running_loop().set_task_factory(own)
        coro = child()
        try:
            task = create(coro, **options)
        except TypeError as error:
            coro.close()
            return given, str(error)
        steps.append("created")
        await task
        return given, steps, task.get_name() == "me"

    virtual, stock = (run_on(loop, main) for loop in (vtloop.VirtualLoop, StockLoop))
    assert virtual == stock


@pytest.mark.skipif(not hasattr(asyncio, "format_call_graph"), reason="since Python 3.14")
def test_a_call_graph_names_the_tasks_and_who_waits_for_them(loop):
    async def main():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(a_coroutine(), name=name) for name in (None, "named")]
            return [asyncio.format_call_graph(task) for task in tasks]

    first, second = loop.run_until_complete(main())
    assert "* Task(name='Task-2'" in first
    assert "* Task(name='named'" in second
    assert "* Task(name='Task-1'" in first
    assert ".main()" in first


@pytest.mark.skipif(not hasattr(asyncio, "eager_task_factory"), reason="since Python 3.12")
def test_eager_tasks_start_at_once_and_are_numbered(loop):
    loop.set_task_factory(asyncio.eager_task_factory)
    assert loop.get_task_factory() is asyncio.eager_task_factory

    async def main():
        seen = []

        async def eager():
            seen.append(asyncio.current_task().get_name())

        task = asyncio.create_task(eager())
        return seen, task.done(), hash(task)

    assert loop.run_until_complete(main()) == (["Task-2"], True, 2)


def test_a_task_that_is_still_pending_at_its_end_is_reported(loop):
    reported = []
    loop.set_exception_handler(lambda loop, context: reported.append(context["message"]))

    async def forgetful():
        async def wait_on_nothing():
            await asyncio.get_running_loop().create_future()

        asyncio.create_task(wait_on_nothing())
        await asyncio.sleep(1)
        gc.collect()
        await asyncio.sleep(1)

    loop.run_until_complete(forgetful())
    assert reported == ["Task was destroyed but it is pending!"]


# Errors that nobody awaits


def test_an_exception_in_a_callback_reaches_the_handler_and_the_loop_goes_on(loop):
    contexts = []
    loop.set_exception_handler(lambda loop, context: contexts.append(context))
    handle = loop.call_soon(lambda: 1 / 0)
    loop.call_later(1, loop.stop)
    loop.run_forever()
    (context,) = contexts
    assert isinstance(context["exception"], ZeroDivisionError)
    assert context["handle"] is handle
    assert context["message"].startswith("Exception in callback test_an_exception_in_a_callback")
    assert loop.time() == 1


def test_without_a_handler_it_is_logged(loop, caplog):
    loop.call_soon(lambda: 1 / 0)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert "Exception in callback" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt])
def test_exits_and_interrupts_leave_the_loop_usable(loop, stop):
    def leave():
        raise stop

    loop.call_soon(leave)
    with pytest.raises(stop):
        loop.run_forever()
    assert not loop.is_running()
    assert loop.run_until_complete(asyncio.sleep(1, "goes on")) == "goes on"


# Debug mode


def test_slow_callbacks_are_judged_in_virtual_time(loop, caplog):
    loop.set_debug(True)
    loop.slow_callback_duration = 2

    async def main():
        time.sleep(1.5)
        await asyncio.sleep(0)
        vtloop.busy(2.5)

    with caplog.at_level(logging.WARNING, logger="asyncio"):
        loop.run_until_complete(main())
    (record,) = caplog.records
    assert "took 2.500 seconds" in record.getMessage()
    assert "main()" in record.getMessage()


def test_debug_mode_refuses_calls_from_other_threads(loop):
    errors = []

    def call_from_outside():
        try:
            loop.call_soon(print)
        except RuntimeError as error:
            errors.append(str(error))

    async def main():
        thread = threading.Thread(target=call_from_outside)
        thread.start()
        thread.join()

    loop.set_debug(True)
    loop.run_until_complete(main())
    assert errors == [
        "Non-thread-safe operation invoked on an event loop other than the current one"
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda loop: loop.call_soon(print),
        lambda loop: loop.call_later(1, print),
        lambda loop: loop.call_at(1, print),
        lambda loop: loop.call_soon_threadsafe(print),
        lambda loop: loop.create_task(asyncio.sleep(0)),
    ],
)
def test_debug_mode_remembers_where_handles_and_tasks_were_made(loop, make):
    loop.set_debug(True)
    made = make(loop)
    assert made._source_traceback[-1].filename == __file__
    assert made._source_traceback[-1].name == "<lambda>"
    made.cancel()
    loop.stop()
    loop.run_forever()


def test_handles_show_their_callback_and_their_deadline(loop):
    soon, later = loop.call_soon(print, "x"), loop.call_later(1.5, print)
    assert repr(soon).startswith("<Handle print(")
    assert repr(later) == "<TimerHandle when=1.5 print()>"
    soon.cancel()
    later.cancel()
    assert repr(soon) == "<Handle cancelled>"
    assert repr(later) == "<TimerHandle cancelled when=1.5>"
    assert soon.cancelled()
    assert later.cancelled()


# Asynchronous generators


def test_generators_left_over_are_closed_in_the_order_of_their_first_iteration():
    closed = []

    async def numbers(name):
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            closed.append(name)

    async def main():
        generators = [numbers(name) for name in range(20)]
        random.Random(1).shuffle(generators)
        for generator in generators:
            await anext(generator)
        kept.extend(generators)
        return [generator.ag_frame.f_locals["name"] for generator in generators]

    kept = []
    assert vtloop.run(main()) == closed


def test_a_generator_that_is_dropped_is_finalised_by_the_loop():
    async def main():
        closed = []

        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(1)
                closed.append(asyncio.get_running_loop().time())

        async for _ in numbers():
            break
        await asyncio.sleep(2)
        return closed

    assert vtloop.run(main()) == [1.0]


def test_a_generator_begun_after_the_shutdown_is_warned_of(loop):
    async def numbers():
        yield 1

    async def main():
        async for _ in numbers():
            pass

    loop.run_until_complete(loop.shutdown_asyncgens())
    with pytest.warns(ResourceWarning, match=r"was scheduled after loop\.shutdown_asyncgens"):
        loop.run_until_complete(main())


OWN = {
    "_clock": "what time it is",
    "_timers": "what is to happen at a later instant",
    "_policy": "who decides",
    "_recorder": "who is told",
    "_io": "which of its sockets may be ready",
    "_home": "in which thread it runs, and with which others",
    "_limits": "how far it may go",
    "_register": "which tasks there are",
    "_strict": "whether it checks what asyncio checks in debug mode",
    "environment": "what it replaces in the process",
}


async def use_all_of_a_loop():
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, coro, **options: asyncio.Task(coro, loop=loop, **options))
    loop.call_at(loop.time() + 1, loop.stop)
    await asyncio.gather(asyncio.sleep(0.1), asyncio.to_thread(time.sleep, 0.2))
    with mock.patch.object(loop, "time", return_value=0.5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("main", [None, use_all_of_a_loop], ids=["fresh", "after a run"])
def test_a_loop_knows_ten_things_beyond_what_asyncios_own_loop_knows(main):
    stock, loop = asyncio.base_events.BaseEventLoop(), vtloop.VirtualLoop()
    try:
        if main is not None:
            loop.run_until_complete(main())
        assert vars(loop).keys() - vars(stock).keys() == OWN.keys()
        assert len(OWN) <= 10
    finally:
        stock.close()
        loop.close()


def test_a_loop_finds_its_attributes_fast(loop):
    def strict(loop):
        return loop._strict

    assert "time" not in vars(loop)  # which the loop asks in each iteration
    for _ in range(1000):
        strict(loop)
    steps = dis.get_instructions(strict, adaptive=True)
    names = [step.opname for step in steps if step.argval == "_strict"]
    assert names
    assert "LOAD_ATTR" not in names  # but what the interpreter has put in its place
    assert not hasattr(loop, "__getattr__")  # asyncio's C code would make a method of each function
