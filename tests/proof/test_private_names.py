"""Private names of the standard library: where the package reads them, and that they are filled.

Each Python may drop such a name, or keep it and leave it empty. `PROBES` has for each of them a
program in which it must have the value that the package counts on. The names are found in the
source of the package, so that none is read without a probe, nor outside of the modules that are
there for it: `vtloop.private` and `vtloop.core.borrowed`. Only fields of instances, which are
looked at in passing, may be read elsewhere.
"""

import _thread
import ast
import asyncio
import concurrent.futures
import contextvars
import gc
import importlib
import inspect
import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.pool
import multiprocessing.synchronize
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import weakref
from asyncio import events, sslproto
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import vtloop
from vtloop.core.await_stacks import await_stack
from vtloop.core.connections import INNER
from vtloop.private import events as of_events
from vtloop.private import interpreter as of_interpreter
from vtloop.private import pythons
from vtloop.private import sockets as of_sockets
from vtloop.private import threads as of_threads
from vtloop.private.threads import ExecutorInside

HOUSE = Path(vtloop.__file__).parent
SOURCES = {str(path.relative_to(HOUSE)) for path in HOUSE.rglob("*.py")}
PLACES = {
    "stock.py",
    "private/events.py",
    "private/interpreter.py",
    "private/pythons.py",
    "private/sockets.py",
    "private/threads.py",
}

# Documented, in spite of their names.
DOCUMENTED = {"_thread", "_replace", "_make", "_fields", "_asdict", "_missing_"}

LIBRARIES = (
    "asyncio",
    "concurrent.futures",
    "contextvars",
    "importlib",
    "importlib._bootstrap",
    "logging",
    "multiprocessing.connection",
    "multiprocessing.pool",
    "multiprocessing.popen_fork",
    "multiprocessing.synchronize",
    "queue",
    "random",
    "signal",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "types",
    "warnings",
    "weakref",
)


def is_private(name):
    return bool(re.fullmatch(r"_(?!_)\w*", name)) and name != "_" and name not in DOCUMENTED


# --- What there is ------------------------------------------------------------------------------


@cache
def tree_of(source):
    return ast.parse((HOUSE / source).read_text())


def are_slots(node):
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return isinstance(target, ast.Name) and target.id == "__slots__"


def defined_in(tree):
    """Yield the private names that a module, its classes and functions define."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
                yield node.attr
        elif are_slots(node):
            yield from ast.literal_eval(node.value)


@cache
def names_of_libraries():
    """Return the private names in the standard library's modules that the package is about."""
    found = set()
    for library in LIBRARIES:
        module = importlib.import_module(library)
        modules = [module]
        if hasattr(module, "__path__"):
            parts = [path.stem for path in Path(module.__path__[0]).glob("[!_w]*.py")]
            modules += [importlib.import_module(f"{library}.{part}") for part in parts]
        for part in modules:
            found |= set(dir(part))
            for value in vars(part).values():
                if isinstance(value, type):
                    found |= set(dir(value))
            if getattr(part, "__file__", None):
                found |= set(defined_in(ast.parse(Path(part.__file__).read_text())))
    return set(filter(is_private, found))


@cache
def names_of_the_package():
    """Return the private names that the package defines itself."""
    return {name for source in SOURCES for name in defined_in(tree_of(source))}


# --- What the package reads ---------------------------------------------------------------------


def imported_from_the_library(tree):
    """Return the names that a module has from the standard library."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {(alias.asname or alias.name).split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name: node.module or "" for alias in node.names}
        else:
            continue
        modules = sys.stdlib_module_names
        found |= {name for name, module in names.items() if module.split(".")[0] in modules}
    return found


def mentioned_in(tree):
    """Yield the private names that a module has to do with, each with what it is read of.

    That is 'import' for what is imported, and '' for a name in a string.
    """
    slots = {
        id(constant)
        for node in ast.walk(tree)
        if are_slots(node)
        for constant in ast.walk(node.value)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (("import", part) for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("vtloop"):
            yield from (("import", alias.name) for alias in node.names)
            yield from (("import", part) for part in (node.module or "").split("."))
        elif isinstance(node, ast.Attribute) and is_private(node.attr):
            yield ast.unparse(node.value), node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield "", "" if id(node) in slots else node.value.rpartition(".")[2]


@cache
def theirs(tree):
    """Return those of a module that are the standard library's, each with what it is read of.

    The package has some names that are spelled so as well: in its own objects and loops.
    """

    def is_ours(of, name):
        in_ours = of in ("self", "cls", "loop") or of.startswith("super(")
        return in_ours and name in names_of_the_package()

    return {
        (of, name)
        for of, name in mentioned_in(tree)
        if is_private(name)
        and (of == "import" or (name in names_of_libraries() and not is_ours(of, name)))
    }


def inherited():
    """Yield the private names of classes of the standard library that heirs of theirs use."""
    for source in SOURCES:
        name = f"vtloop.{source.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")
        for value in list(vars(importlib.import_module(name)).values()):
            if not isinstance(value, type) or value.__module__ != name:
                continue
            used = set(re.findall(r"self\.(_\w+)", source_of(value))) | vars(value).keys()
            for base in value.__bases__:
                if base.__module__.split(".")[0] in ("asyncio", "_asyncio", "concurrent"):
                    fields = set(dir(base)) | set(re.findall(r"self\.(_\w+)", source_of(base)))
                    yield from filter(is_private, used & fields)


def source_of(kind):
    try:
        return inspect.getsource(kind)
    except (TypeError, OSError):  # it is compiled
        return ""


# --- What is expected of each -------------------------------------------------------------------

PROBES: dict[str, Any] = {}


def probe(*names, when=True):
    """Make a function the probe of names, on the Pythons where they are read.

    A coroutine function is run on a virtual loop and on the stock loop.
    """

    def add(function):
        PROBES.update(dict.fromkeys(names, function if when else None))
        return function

    return add


async def turns(count=3):
    for _ in range(count):
        await asyncio.sleep(0)


async def for_ever():
    await asyncio.Event().wait()


async def ended(*tasks):
    """Cancel tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@probe("_get_running_loop", "_enter_task", "_leave_task")
@probe("_current_tasks", when=sys.version_info < (3, 12))
async def the_current_task_is_known():
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert of_events.get_running_loop() is loop
    assert of_events.current_task(loop) is task
    of_events.leave_task(loop, task)
    assert asyncio.current_task() is of_events.current_task(loop) is None
    of_events.enter_task(loop, task)
    assert asyncio.current_task() is task


@probe("_unregister_task")
async def a_task_that_is_forgotten_is_none_of_all_tasks():
    task = asyncio.create_task(for_ever())
    await turns()
    of_events.forget_task(task)
    assert task not in asyncio.all_tasks()
    await ended(task)


@probe("_wait_for_data", "_drain_helper", "_transport")
async def who_waits_for_a_stream_is_suspended_where_its_transport_is_known():
    transport = asyncio.Transport()
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    reader.set_transport(transport)
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader(), loop=loop)
    protocol.connection_made(transport)
    protocol.pause_writing()
    reading = asyncio.create_task(reader.read())
    draining = asyncio.create_task(protocol._drain_helper())
    await turns()
    for task, name in ((reading, "_wait_for_data"), (draining, "_drain_helper")):
        frame = await_stack(task.get_coro())[0][-1]
        assert frame.f_code.co_name == name
        assert frame.f_locals["self"]._transport is transport
    await ended(reading, draining)


@probe("_app_transport", "_closed")
async def a_connection_of_tls_knows_whether_the_program_has_closed_it():
    loop, context = asyncio.get_running_loop(), ssl.create_default_context()
    context.check_hostname = False
    protocol = sslproto.SSLProtocol(loop, asyncio.Protocol(), context, None)
    transport = protocol._app_transport
    assert not transport._closed
    transport.close()
    assert transport._closed


@probe("_scheduled_tasks", "_eager_tasks", when=(3, 12) <= sys.version_info < (3, 14))
@probe("_all_tasks", when=sys.version_info < (3, 12))
def where_there_may_be_no_task_there_is_none():
    async def main():
        assert of_events.may_be_tasks()
        loop = asyncio.get_running_loop()
        task = asyncio.Task(for_ever(), loop=loop)
        assert {task, asyncio.current_task()} == asyncio.all_tasks(loop)
        if sys.version_info >= (3, 12):
            eager = asyncio.Task(for_ever(), loop=loop, eager_start=True)
            assert eager in asyncio.all_tasks(loop)
            await ended(eager)
        await ended(task)

    program = (
        "import asyncio\n"
        "from vtloop.private.events import may_be_tasks\n"
        "async def main(): assert may_be_tasks()\n"
        "asyncio.run(main())\n"
        "assert not may_be_tasks()\n"
    )
    asyncio.run(main())
    if sys.version_info < (3, 14):
        subprocess.run([sys.executable, "-c", program], check=True)


@probe("_startTime")
def logging_counts_from_its_start():
    record = logging.makeLogRecord({})
    start = of_interpreter.start_of_logging
    scale = 1e9 if sys.version_info >= (3, 13) else 1.0
    assert 0 <= record.created - start / scale < 86_400
    assert abs((record.created - start / scale) * 1000 - record.relativeCreated) < 1


@probe("_inst")
def the_functions_of_random_are_methods_of_the_generator():
    assert random.random.__self__ is of_interpreter.random_generator


@probe("_bootstrap", "_find_and_load")
def what_is_imported_is_found_by_a_name_that_can_be_replaced(monkeypatch, tmp_path):
    def noting(name, *args):
        asked.append(name)
        return of_interpreter.find_and_load(name, *args)

    asked = []
    (tmp_path / "imported_now.py").write_text("import sys\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(of_interpreter.import_system, of_interpreter.FIND_AND_LOAD, noting)
    importlib.import_module("imported_now")
    assert asked == ["imported_now"]
    del sys.modules["imported_now"]
    exec("import imported_now")
    assert asked == ["imported_now"] * 2


@probe("_get_candidate_names", "_RandomNameSequence")
def names_of_temporary_files_come_from_a_sequence(monkeypatch):
    names = vars(tempfile)[of_interpreter.RANDOM_NAMES]()
    assert type(vars(tempfile)[of_interpreter.CANDIDATE_NAMES]()) is type(names)
    monkeypatch.setattr(tempfile, of_interpreter.CANDIDATE_NAMES, lambda: iter(["chosen"]))
    with tempfile.TemporaryDirectory() as made:
        assert made.endswith("chosen")


@probe("_handle_results", "_handle_workers")
def a_pool_of_processes_has_a_thread_that_knows_its_jobs_and_one_that_looks_after_them():
    for module, name in (of_threads.RESULTS_OF_POOL, *of_threads.KEEPERS):
        assert getattr(multiprocessing.pool.Pool, name).__module__ == module
    results = getattr(multiprocessing.pool.Pool, of_threads.RESULTS_OF_POOL[1])
    assert of_threads.JOBS_OF_POOL in inspect.signature(results).parameters


@probe("_make_methods", "_send_bytes", "_recv", "_poll")
def multiprocessing_waits_by_methods_that_can_be_replaced(monkeypatch):
    made = []
    kind = multiprocessing.synchronize.SemLock
    monkeypatch.setattr(kind, of_threads.MAKE_METHODS, lambda lock: made.append(lock))
    lock = multiprocessing.get_context("spawn").Lock()
    assert made == [lock]

    asked = []
    kind = multiprocessing.connection.Connection
    for name in (of_threads.SEND, of_threads.RECEIVE, of_threads.POLL):
        really = vars(kind)[name]
        monkeypatch.setattr(kind, name, lambda *a, really=really: asked.append(a[1]) or really(*a))
    ours, theirs = multiprocessing.Pipe()
    theirs.send_bytes(b"hello")
    assert ours.poll(1)
    assert ours.recv_bytes() == b"hello"
    assert asked[:2] == [b"hello", 1], "the message, the seconds; then come numbers of bytes"
    assert asked[-1] == 5


@probe("_get_default_tempdir")
def the_directory_for_temporary_files_is_found_once(monkeypatch):
    found = vars(tempfile)[of_interpreter.DEFAULT_DIRECTORY]()
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert tempfile.gettempdir() == found
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, of_interpreter.DEFAULT_DIRECTORY, lambda: "chosen")
    assert [tempfile.gettempdir() for _ in range(2)] == ["chosen"] * 2


@probe("_set_running_loop")
def the_running_loop_can_be_set():
    loop = vtloop.VirtualLoop()
    of_events.set_running_loop(loop)
    try:
        assert asyncio.get_running_loop() is loop
    finally:
        of_events.set_running_loop(None)
        loop.close()
    assert asyncio._set_running_loop is vars(events)[of_events.SET_RUNNING_LOOP]


@probe("_event_loop_policy", when=hasattr(events, of_events.POLICY))
def the_policy_is_kept():
    asyncio.new_event_loop().close()  # asks it, so that it is made
    assert hasattr(vars(events)[of_events.POLICY], "new_event_loop")


@probe("_run_forever_cleanup", when=sys.version_info >= (3, 13))
def a_loop_that_is_refused_as_it_begins_can_be_closed(monkeypatch):
    def refuse(loop):
        if loop is not None:
            of_events.take_back_beginning(loop)
            raise KeyError

    monkeypatch.setattr(events, "_set_running_loop", refuse)
    loop = asyncio.SelectorEventLoop()
    hooks = sys.get_asyncgen_hooks()
    with pytest.raises(KeyError):
        loop.run_forever()
    assert not loop.is_running()
    assert sys.get_asyncgen_hooks() == hooks
    loop.close()


@probe("_run_until_complete_cb")
def the_end_of_main_is_a_callback_of_its_task():
    class Task(asyncio.Task):
        def add_done_callback(self, callback, **options):
            seen.append(callback)
            super().add_done_callback(callback, **options)

    seen = []
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_task_factory(lambda loop, coro, **options: Task(coro, loop=loop, **options))
        runner.run(turns())
    assert seen[0] is of_events.END_OF_MAIN
    assert of_events.NAME_OF_END_OF_MAIN == "_run_until_complete_cb"


async def timers_of(main):
    """Return the callbacks of the timers that a coroutine sets."""
    loop = asyncio.get_running_loop()
    called = []

    class Noting(type(loop)):
        def call_at(self, when, callback, *args, **options):
            called.append(callback)
            return super().call_at(when, callback, *args, **options)

        def call_later(self, delay, callback, *args, **options):
            called.append(callback)
            return super().call_later(delay, callback, *args, **options)

    kind, loop.__class__ = type(loop), Noting
    try:
        await main
    finally:
        loop.__class__ = kind
    return called


@probe("_set_result_unless_cancelled")
async def a_sleep_ends_with_a_callback_that_is_known():
    assert of_events.END_OF_SLEEP in await timers_of(asyncio.sleep(0.001))


@probe("_on_timeout", "_release_waiter")
async def timeouts_have_callbacks_that_are_known():
    async def both():
        async with asyncio.timeout(60):
            await turns()
        task = asyncio.create_task(turns())
        await asyncio.wait([task], timeout=60)

    called = await timers_of(both())
    assert {getattr(callback, "__func__", callback) for callback in called} >= of_events.TIMEOUTS
    assert of_events.NAMES_OF_TIMEOUTS == ("_on_timeout", "_release_waiter")


async def codes_of(waiting, *others):
    """Return the code of the frames in which a coroutine waits, after two turns beside others."""
    tasks = [asyncio.create_task(coro) for coro in (*others, waiting)]
    await turns(2)
    codes = [frame.f_code for frame in await_stack(tasks[-1].get_coro())[0]]
    await ended(*tasks)
    return codes


@probe("_wait")
async def frames_that_wait_for_a_barrier_or_in_wait_are_known():
    assert of_events.IN_BARRIER[0] in await codes_of(asyncio.Barrier(2).wait())
    task = asyncio.create_task(for_ever())
    assert of_events.IN_WAIT in await codes_of(asyncio.wait([task]))
    await ended(task)


@probe("_block")
async def frames_that_wait_for_a_barrier_to_be_drained_are_known():
    barrier = asyncio.Barrier(2)
    seen = []

    async def look():
        seen.extend(frame.f_code for frame in await_stack(third.get_coro())[0])

    first, second = (asyncio.create_task(barrier.wait()) for _ in range(2))
    third = asyncio.create_task(barrier.wait())
    looking = asyncio.create_task(look())
    await looking
    assert of_events.IN_BARRIER[1] in seen
    await ended(first, second, third)


@probe("_cancel_and_wait")
async def frames_of_a_timeout_that_is_over_before_it_begins_are_known():
    async def stubborn():
        try:
            await for_ever()
        finally:
            await turns(9)

    task = asyncio.create_task(stubborn())
    await turns(1)
    assert of_events.IN_CANCEL_AND_WAIT in await codes_of(asyncio.wait_for(task, 0))
    await ended(task)


@probe("_release", "_exit", "_cond", "_BarrierState", "_state")
async def a_barrier_counts_its_parties_by_methods_of_its_class():
    def tells(name):
        def method(barrier):
            told.append((name, barrier.n_waiting, barrier._state is of_events.FILLING))
            return vars(asyncio.Barrier)[name](barrier)

        return method

    told = []
    arrive, arrive_last, go = of_events.ARRIVE, of_events.ARRIVE_LAST, of_events.GO
    methods = {name: tells(name) for name in (arrive, arrive_last, go)}
    barrier = type("Telling", (asyncio.Barrier,), methods)(2)
    assert isinstance(barrier._cond, asyncio.Condition)
    gives_up = asyncio.create_task(barrier.wait())
    await turns()
    await ended(gives_up)
    assert told == [(arrive, 1, True), (go, 0, True)]
    told.clear()
    await asyncio.gather(barrier.wait(), barrier.wait())
    assert told == [(arrive, 1, True), (arrive_last, 2, True), *[(go, 0, False)] * 2]


@probe("_lock")
async def the_lock_of_a_condition_is_known():
    lock = asyncio.Lock()
    assert asyncio.Condition(lock)._lock is lock
    assert isinstance(asyncio.Condition()._lock, asyncio.Lock)


@probe("_timeout_handler")
async def the_timer_of_a_timeout_is_known():
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60) as timeout:
        assert timeout._timeout_handler.when() == timeout.when()
        timeout.reschedule(None)
        assert timeout._timeout_handler is None
        timeout.reschedule(loop.time())
        assert not hasattr(timeout._timeout_handler, "when")
        timeout.reschedule(None)


@probe("_abort", "_on_task_done")
async def the_functions_with_which_a_group_cancels_are_known():
    class Task(asyncio.Task):
        def cancel(self, *args):
            codes.append(sys._getframe(1).f_code)
            return super().cancel(*args)

    async def fails():
        raise KeyError

    codes = []
    asyncio.get_running_loop().set_task_factory(lambda loop, coro, **o: Task(coro, loop=loop, **o))

    async def opens():
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            group.create_task(for_ever())
            await for_ever()

    with pytest.raises(ExceptionGroup):
        await asyncio.create_task(opens())
    assert tuple(codes) == of_events.OF_GROUPS


@probe("_wait_for_one")
@probe("_AsCompletedIterator", when=sys.version_info >= (3, 13))
async def frames_that_wait_for_the_next_of_several_are_known():
    async def first_of(task):
        for first in asyncio.as_completed([task]):
            await first

    task = asyncio.create_task(for_ever())
    assert of_events.IN_AS_COMPLETED in await codes_of(first_of(task))
    await ended(task)


@probe("_inner_done_callback", "_outer_done_callback")
async def what_shield_shields_is_known():
    task = asyncio.create_task(for_ever())
    outer = asyncio.shield(task)
    assert of_events.shielded_by(outer) is task
    callbacks = [callback for callback, _ in task._callbacks]
    assert of_events.END_OF_SHIELDED in [callback.__code__ for callback in callbacks]
    await ended(task, outer)


@probe("_call_check_cancel", "_callbacks")
async def a_future_of_a_thread_is_known():
    loop = asyncio.get_running_loop()
    go_on = _thread.allocate_lock()
    go_on.acquire()
    future = loop.run_in_executor(None, go_on.acquire)
    assert of_events.is_of_thread(future)
    assert not of_events.is_of_thread(loop.create_future())
    go_on.release()
    await future


@probe("_format_handle", "_format_callback_source")
async def handles_and_callbacks_have_words():
    handle = asyncio.get_running_loop().call_soon(source_of, int)
    assert "source_of" in of_events.format_handle(handle)
    assert "source_of" in of_events.format_callback(source_of, (1,))


@probe("_is_debug_mode")
def debug_mode_is_asked_of_the_environment():
    code = "from vtloop.private.events import is_debug_mode; print(is_debug_mode())"
    said = [
        subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True)
        for options in ([], ["-X", "dev"])
    ]
    assert [done.stdout for done in said] == ["False\n", "True\n"]


@probe("_is_coroutine")
def a_function_that_is_not_async_can_count_as_one():
    def function():
        pass

    asked = asyncio if sys.version_info < (3, 12) else inspect
    assert not asked.iscoroutinefunction(function)
    of_events.count_as_coroutine_function(function)
    assert asked.iscoroutinefunction(function)


@probe("_getframe", "_current_frames")
def frames_are_those_that_run():
    frame = of_interpreter.getframe()
    assert frame.f_code.co_name == "frames_are_those_that_run"
    assert of_interpreter.current_frames()[threading.get_ident()] is frame


@probe("_is_gil_enabled", when=sys.version_info >= (3, 13))
def the_global_lock_is_there():
    assert pythons.gil_is_enabled() is True
    assert pythons.gil_is_enabled is vars(sys)["_is_gil_enabled"]


@probe("_signal")
def signals_are_those_of_the_module_signal():
    signals = of_interpreter.signals
    assert signals.getsignal(signals.SIGINT) == signal.getsignal(signal.SIGINT)
    assert signals.default_int_handler is signal.default_int_handler


@probe("_weakrefset")
def weak_references_are_tidied_up_in_files_that_are_known():
    for kind in (weakref.WeakSet, weakref.WeakKeyDictionary, weakref.WeakValueDictionary):
        assert kind.__init__.__code__.co_filename in of_interpreter.WEAKREF_FILES


@probe("_warn_unawaited_coroutine")
def python_tells_of_coroutines_that_were_never_awaited(monkeypatch):
    lost = []
    assert vars(warnings)[of_interpreter.WARN_UNAWAITED] is of_interpreter.warn_unawaited
    monkeypatch.setattr(warnings, of_interpreter.WARN_UNAWAITED, lambda it: lost.append(it.cr_code))
    for_ever()
    assert lost == [for_ever.__code__]


@probe("_count")
def threads_are_counted():
    count, go_on = of_threads.thread_count(), threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()
    assert of_threads.thread_count() == count + 1
    go_on.set()
    thread.join()


@probe("_worker")
def the_threads_of_an_executor_wait_in_a_function_that_is_known():
    with ThreadPoolExecutor(1) as pool:
        frame = pool.submit(of_interpreter.getframe).result()
        codes = []
        while frame is not None:
            codes.append(frame.f_code)
            frame = frame.f_back
    assert of_threads.WORKER_LOOP in codes


@probe("_PySimpleQueue")
def there_is_a_simple_queue_written_in_python():
    items = of_threads.SIMPLE_QUEUE()
    items.put(1)
    assert items.get() == 1
    assert inspect.isfunction(items.put.__func__)


@probe("_base")
def executors_and_their_futures_look_at_a_clock_that_can_be_replaced(monkeypatch):
    class Clock:
        def monotonic(self):
            looks.append("look")
            return time.monotonic()

    looks = []
    monkeypatch.setattr(of_threads.futures_base, "time", Clock())
    future = concurrent.futures.Future()
    with pytest.raises(concurrent.futures.TimeoutError):
        next(concurrent.futures.as_completed([future], timeout=0.001))
    assert len(looks) > 1


@probe("_allocate_lock", "_CRLock", "_time")
def threads_take_their_locks_and_their_time_by_these_names(monkeypatch):
    made, looks = [], []

    def lock():
        made.append("lock")
        return _thread.allocate_lock()

    def look():
        looks.append("look")
        return time.monotonic()

    monkeypatch.setattr(threading, "_allocate_lock", lock)
    monkeypatch.setattr(threading, "_CRLock", None)
    monkeypatch.setattr(threading, "_time", look)
    reentrant = threading.RLock()
    assert made == ["lock"]
    condition = threading.Condition(reentrant)
    with condition:
        condition.wait_for(lambda: False, timeout=0.001)
    assert made == ["lock"] * 2
    assert len(looks) > 1


@probe("_counter")
def what_nobody_has_named_is_numbered_by_this_name(monkeypatch):
    number = of_threads.number_of_pool()
    assert of_threads.number_of_pool() == number + 1
    assert threading.Thread().name == f"Thread-{of_threads.number_of_thread() - 1}"
    monkeypatch.setattr(threading, of_threads.NEXT_NUMBER, lambda: 4321)
    assert threading.Thread().name == "Thread-4321"
    assert threading.Timer(1, print).name == "Thread-4321"
    monkeypatch.setattr(ThreadPoolExecutor, of_threads.NEXT_NUMBER, lambda pool: 1234)
    assert ExecutorInside(ThreadPoolExecutor(1)).name == "ThreadPoolExecutor-1234"


@probe("_is_owned")
def a_condition_tries_its_lock_to_see_whether_somebody_holds_it():
    class Spy:
        def __init__(self):
            self.lock = _thread.allocate_lock()
            self.release, self.locked = self.lock.release, self.lock.locked

        def acquire(self, blocking=True, timeout=-1):
            taken = self.lock.acquire(blocking, timeout)
            if not taken:
                callers.append(sys._getframe(1).f_code)
            return taken

        def __enter__(self):
            self.acquire()

        def __exit__(self, *exc_info):
            self.release()

    callers = []
    with (condition := threading.Condition(Spy())):
        condition.notify()
    assert callers == [of_threads.IS_OWNED]


@probe("_waiters")
async def those_who_wait_for_a_condition_a_lock_or_a_semaphore_are_known():
    for primitive in (asyncio.Lock(), asyncio.Semaphore(1)):
        assert not primitive._waiters
        await primitive.acquire()
        task = asyncio.create_task(primitive.acquire())
        await turns()
        assert [waiter.done() for waiter in primitive._waiters] == [False]
        await ended(task)
    event = asyncio.Event()
    task = asyncio.create_task(event.wait())
    await turns()
    assert len(event._waiters) == 1
    await ended(task)
    condition = threading.Condition(_thread.RLock())
    thread = threading.Thread(target=wait_for_notification, args=(condition,))
    thread.start()
    while not condition._waiters:
        thread.join(0.001)
    with condition:
        condition.notify()
    assert not condition._waiters
    thread.join()


def wait_for_notification(condition):
    with condition:
        condition.wait()


@probe("_shutdown", "_max_workers", "_thread_name_prefix", "_broken")
def an_executor_is_known_from_within():
    pool = ThreadPoolExecutor(3, thread_name_prefix="pool")
    inside = ExecutorInside(pool)
    assert (inside.is_shut_down, inside.most_workers, inside.name) == (False, 3, "pool")
    assert not inside.is_broken
    inside.break_down()
    assert inside.is_broken
    with pytest.raises(BrokenThreadPool) as raised:
        pool.submit(int)
    assert str(inside.failure()) == str(raised.value) != ""
    pool.shutdown()
    assert inside.is_shut_down


@probe("_initializer", "_initargs", when=sys.version_info < (3, 14))
@probe("_create_worker_context", "_resolve_work_item_task", when=sys.version_info >= (3, 14))
def an_executors_context_is_known():
    seen = []
    with ThreadPoolExecutor(1, initializer=seen.append, initargs=("begun",)) as pool:
        inside = ExecutorInside(pool)
        context = inside.new_context()
        context.initialize()
        assert seen == ["begun"]
        assert context.run(inside.task(sorted, ([1, 2],), {"reverse": True})) == [2, 1]
        context.finalize()


@probe("_adjust_thread_count")
def an_executor_starts_threads_in_a_way_that_heirs_change():
    class Heir(ThreadPoolExecutor):
        def _adjust_thread_count(self):
            started.append(self)

    started = []
    for kind in (Heir, ThreadPoolExecutor):
        with kind(1) as pool:
            pool.submit(int)
            assert ExecutorInside(pool).starts_threads_itself == (kind is Heir)
    assert len(started) == 1


@probe("_condition")
def a_future_of_a_thread_is_guarded_by_a_condition_that_can_be_replaced():
    future = concurrent.futures.Future()
    assert isinstance(future._condition, threading.Condition)
    future._condition = condition = threading.Condition(_thread.RLock())
    thread = threading.Thread(target=future.result)
    thread.start()
    while not condition._waiters:
        thread.join(0.001)
    future.set_result(None)
    thread.join()


@probe("_at_fork_reinit")
def a_lock_can_be_made_anew_after_a_fork():
    lock = _thread.allocate_lock()
    lock.acquire()
    lock._at_fork_reinit()
    assert not lock.locked()


@probe(
    "_check_closed",
    "_check_thread",
    "_check_callback",
    "_check_default_executor",
    "_check_running",
    "_set_coroutine_origin_tracking",
    "_asyncgen_firstiter_hook",
    "_asyncgen_finalizer_hook",
)
def the_stock_loop_calls_what_the_virtual_one_has_from_it():
    called = set()

    def noting(name):
        def method(self, *args):
            called.add(name)
            return getattr(asyncio.SelectorEventLoop, name)(self, *args)

        return method

    names = [name for name, run in PROBES.items() if run is PROBES["_check_closed"]]
    kind = type("Noting", (asyncio.SelectorEventLoop,), {name: noting(name) for name in names})

    async def numbers():
        yield 1

    async def main():
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, int)
        loop.call_soon(int)
        async for _ in numbers():
            break
        gc.collect()
        await turns()

    with asyncio.Runner(loop_factory=kind, debug=True) as runner:
        runner.run(main())
    assert called == set(names)


CONNECTS = (*INNER, "_check_signal", "_handle_signal", "_make_self_pipe")


@probe(*CONNECTS)
def the_stock_loop_has_what_connections_are_made_with():
    """That it does the same on simulated sockets is what the table of tests/net/features is for."""
    for name in CONNECTS:
        assert inspect.isfunction(getattr(asyncio.SelectorEventLoop, name))


@probe("_selector", "_transports", "_signal_handlers")
async def a_loop_knows_its_sockets_and_signals():
    loop = asyncio.get_running_loop()

    gone = asyncio.Event()

    async def hang_up(reader, writer):
        await reader.read()
        writer.close()
        await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    (listener,) = server.sockets
    assert loop._selector.get_key(listener.fileno()).data[1] is None
    _, writer = await asyncio.open_connection(*listener.getsockname())
    assert loop._transports[writer.get_extra_info("socket").fileno()] is writer.transport
    loop.add_signal_handler(signal.SIGUSR1, print)
    assert signal.SIGUSR1 in loop._signal_handlers
    assert loop.remove_signal_handler(signal.SIGUSR1)
    writer.close()
    await writer.wait_closed()
    await gone.wait()
    server.close()


@probe("_unix_server_sockets", when=sys.version_info >= (3, 13))
async def a_loop_knows_the_paths_that_it_is_to_remove():
    loop, path = asyncio.get_running_loop(), tempfile.mktemp()
    server = await asyncio.start_unix_server(print, path)
    assert [*loop._unix_server_sockets.values()] == [Path(path).stat().st_ino]
    server.close()
    assert not Path(path).exists()


@probe("_server")
async def a_transport_knows_the_server_that_has_accepted_it():
    accepted = asyncio.Queue()
    server = await asyncio.start_server(lambda _, end: accepted.put_nowait(end), "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    end = await accepted.get()
    assert end.transport._server is server
    for one in (writer, end):
        one.close()
        await one.wait_closed()
    server.close()


@probe("_socket")
def the_class_of_sockets_has_one_in_c_below():
    assert of_sockets.RealSocket in socket.socket.__mro__


@probe("_ssl")
def the_module_ssl_takes_its_chance_from_one_in_c():
    assert ssl.RAND_bytes is importlib.import_module("_ssl").RAND_bytes


@probe("_wrap_socket")
def tls_over_a_socket_is_made_by_a_method_of_its_context():
    calls = []

    class Context(ssl.SSLContext):
        def _wrap_socket(self, *args, **kwargs):
            calls.append((args, sorted(kwargs)))
            return super()._wrap_socket(*args, **kwargs)

    one, two = socket.socketpair()
    with one, two:
        Context(ssl.PROTOCOL_TLS_SERVER).wrap_socket(
            one, server_side=True, do_handshake_on_connect=False
        ).close()
    assert calls == [((mock.ANY, True, None), ["owner", "session"])]


@probe("_wrap_bio")
def tls_in_memory_is_made_with_the_same_arguments():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made = context._wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), True, None, owner=None, session=None)
    assert made.server_side
    assert made.context is context


@probe("_source_traceback")
async def in_debug_mode_tasks_and_handles_know_where_they_were_made():
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    handle = loop.call_later(0.001, int)
    task = asyncio.create_task(turns())
    for made in (handle, task, events.Handle(int, (), loop)):
        names = [frame.name for frame in made._source_traceback]
        assert names.count("in_debug_mode_tasks_and_handles_know_where_they_were_made") == 1
    await task
    loop.set_debug(False)
    assert not loop.call_soon(int)._source_traceback


@probe("_callback", "_args", "_context", "_loop", "_repr", "_cancelled", "_when", "_scheduled")
async def handles_know_what_they_call_and_when():
    loop = asyncio.get_running_loop()
    context = contextvars.copy_context()
    soon = loop.call_soon(int, "5", context=context)
    later = loop.call_later(60, int, "5", context=context)
    for handle in (soon, later, events.Handle(int, ("5",), loop, context)):
        assert (handle._callback, handle._args, handle._context) == (int, ("5",), context)
        assert not handle._cancelled
        assert handle._repr is None
        assert handle._loop.get_debug() is False
    assert later._when == later.when() > loop.time()
    assert later._scheduled
    later.cancel()
    assert later._cancelled
    assert (later._callback, later._args) == (None, None)


@probe("_fut_waiter", "_must_cancel", "_cancel_message", "_exception", "_log_traceback")
async def a_task_knows_what_it_waits_for_and_how_it_ends():
    task = asyncio.create_task(for_ever())
    assert task._fut_waiter is None
    await turns()
    assert isinstance(task._fut_waiter, asyncio.Future)
    assert not task._must_cancel
    await ended(task)

    async def fail():
        raise KeyError

    cancelled, failed = asyncio.create_task(turns()), asyncio.create_task(fail())
    cancelled.cancel("message")
    assert cancelled._must_cancel
    assert cancelled._cancel_message == "message"
    await turns()
    assert cancelled.cancelled()
    assert isinstance(failed._exception, KeyError)
    assert failed._log_traceback
    failed.exception()
    assert not failed._log_traceback


@probe("_asyncio", "_PyTask", "_PyFuture")
def tasks_and_futures_are_of_a_class_in_c_or_of_its_twin():
    async def main():
        loop = asyncio.get_running_loop()
        for task, future in zip(of_events.TASKS, of_events.FUTURES, strict=True):
            assert issubclass(task, future)
            await task(turns(), loop=loop)
            waiting = future(loop=loop)
            loop.call_soon(waiting.set_result, None)
            await waiting

    with asyncio.Runner() as runner:
        runner.run(main())
    assert of_events.TASKS[0] is asyncio.Task
    assert of_events.FUTURES[0] is asyncio.Future
    assert type(of_events.TASKS[0].__init__) is not type(of_events.TASKS[1].__init__)


@probe("_get_loop")
def what_tasks_written_in_python_are_made_of_is_known():
    names = {code.co_name for code in of_events.TWINS}
    assert {"_get_loop", "__step", "__wakeup", "set_result", "__await__", "cancel"} <= names


@probe("_coro", "_loop", "_cancelled_exc")
async def a_task_of_either_kind_knows_its_coroutine_and_its_loop():
    loop = asyncio.get_running_loop()
    for kind in of_events.TASKS:
        coroutine = turns()
        task = kind(coroutine, loop=loop)
        assert task._coro is coroutine
        assert task._loop is loop
        step = loop._ready[-1]
        assert step._callback.__self__ is task
        assert not step._args
        task.cancel("message")
        await turns()
        assert task.cancelled()
        error = getattr(task, "_cancelled_exc", None)
        assert isinstance(error, asyncio.CancelledError) == (kind is of_events.TASKS[1])


@probe("_children")
async def what_gather_gathers_is_known():
    tasks = [asyncio.create_task(turns()) for _ in range(2)]
    future = asyncio.gather(*tasks)
    assert list(future._children) == tasks
    await future


@probe("_value")
async def a_semaphore_knows_how_many_permits_are_left():
    semaphore = asyncio.Semaphore(2)
    await semaphore.acquire()
    assert semaphore._value == 1


@probe("_getters", "_putters", "_unfinished_tasks", "_queue")
async def a_queue_knows_its_items_and_who_waits():
    queue = asyncio.Queue(1)
    getting = asyncio.create_task(queue.get())
    await turns()
    assert len(queue._getters) == 1
    await ended(getting)
    queue.put_nowait("item")
    assert list(queue._queue) == ["item"]
    assert queue._unfinished_tasks == 1
    putting = asyncio.create_task(queue.put("another"))
    await turns()
    assert len(queue._putters) == 1
    await ended(putting)


@probe("_entered", "_exiting", "_aborting", "_tasks", "_parent_task")
async def a_task_group_knows_its_tasks_and_where_it_is():
    async def look():
        await turns()
        seen.append((group._exiting, group._aborting))

    async def fail():
        seen.append((group._exiting, group._aborting))
        raise KeyError

    seen, group = [], asyncio.TaskGroup()
    assert not group._entered
    with pytest.raises(ExceptionGroup):
        async with group:
            assert group._entered
            assert group._parent_task is asyncio.current_task()
            seen.append((group._exiting, group._aborting))
            tasks = {group.create_task(look())}
            assert set(group._tasks) == tasks
            await turns(9)
            assert not group._tasks
            group.create_task(for_ever())
            group.create_task(fail())
            group.create_task(for_ever()).add_done_callback(
                lambda task: seen.append((group._exiting, group._aborting))
            )
    assert seen == [(False, False), (False, False), (True, False), (True, True)]


@probe("_locked", "_maxsize")
async def a_lock_and_a_queue_know_whether_there_is_room():
    lock = asyncio.Lock()
    assert not lock._locked
    await lock.acquire()
    assert lock._locked
    assert asyncio.Queue(3)._maxsize == 3


@probe("_state")
async def a_timeout_knows_where_it_is():
    seen = []
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0) as timeout:
            seen.append(timeout._state.name)
            try:
                await asyncio.sleep(1)
            finally:
                seen.append(timeout._state.name)
    assert [*seen, timeout._state.name] == ["ENTERED", "EXPIRING", "EXPIRED"]


@probe("_cancel_requested")
async def gather_knows_whether_it_was_cancelled():
    gathered = asyncio.gather(for_ever())
    assert not gathered._cancel_requested
    gathered.cancel()
    assert gathered._cancel_requested
    with pytest.raises(asyncio.CancelledError):
        await gathered


@probe("_notify", when=hasattr(asyncio.Condition, "_notify"))
async def notify_calls_another_method():
    asked = []
    condition = asyncio.Condition()
    condition._notify = asked.append
    async with condition:
        condition.notify(2)
    assert asked == [2]


# --- The tests ----------------------------------------------------------------------------------


@pytest.mark.parametrize("source", sorted(SOURCES - PLACES))
def test_private_names_of_modules_and_classes_are_read_only_where_they_belong(source):
    imported = imported_from_the_library(tree_of(source))
    read = {
        f"{of}.{name}"
        for of, name in theirs(tree_of(source))
        if of == "import" or of.split(".")[0] in imported
    }
    assert read == set()


def test_each_private_name_that_is_read_has_a_probe():
    read = {name for source in SOURCES for _, name in theirs(tree_of(source))} | set(inherited())
    assert read == {name for name, run in PROBES.items() if run or name in read}


@pytest.mark.parametrize("name", sorted(name for name, run in PROBES.items() if run))
def test_a_private_name_has_what_is_expected_of_it(name, request):
    run = PROBES[name]
    if inspect.iscoroutinefunction(run):
        vtloop.run(run)
        with asyncio.Runner() as runner:
            runner.run(run())
    else:
        run(*map(request.getfixturevalue, inspect.signature(run).parameters))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import asyncio\nasyncio.tasks._current_tasks", {("asyncio.tasks", "_current_tasks")}),
        ("from asyncio.tasks import _register_task", {("import", "_register_task")}),
        ("import _asyncio", {("import", "_asyncio")}),
        ("from _queue import Empty", {("import", "_queue")}),
        ("task._num_cancels_requested", {("task", "_num_cancels_requested")}),
        ("handle._callback", {("handle", "_callback")}),
        ("getattr(thread, '_target', None)", {("", "_target")}),
        ("vars(threading)['_active']", {("", "_active")}),
        ("'shield.<locals>._done_callback'", {("", "_done_callback")}),
        ("self._callback, loop._ready, point._replace(x=1), task.__class__, _thread.x", set()),
    ],
)
def test_a_private_name_that_is_new_would_be_found(code, found):
    assert theirs(ast.parse(code)) == found
