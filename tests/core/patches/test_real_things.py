"""A run that is not reproducible tells why, with the line: whatever from outside had a say."""

import asyncio
import inspect
import os
import pty
import random
import select
import selectors
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import anyio
import pytest

import vtloop
from tests.support.in_threads import call_in_from_outside
from vtloop import simulate
from vtloop.core.options import Options
from vtloop.core.threads.actor import real_sleep
from vtloop.core.threads.program_threads import start_outside
from vtloop.integrations.notebook.session import Notebook

# Python warns of forks in a process that has threads, be they pytest's.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

BEFORE = threading.Lock()
BEGUN: list[int] = []  # processes, before the run
TRUE = shutil.which("true")


def in_thread(function, *args):
    """Return a main coroutine function that calls a function in a thread of the run."""

    async def main():
        return await asyncio.to_thread(lambda: function(*args))

    return main


def ready_pair():
    ours, theirs = socket.socketpair()
    theirs.send(b"x")
    return ours, theirs


async def a_process():
    subprocess.run([sys.executable, "-c", ""], check=True)


async def a_shell():
    os.system("true")


async def a_process_of_multiprocessing():
    process = get_context("spawn").Process(target=int)
    process.start()
    process.join()


def in_a_copy(fork):
    """Return a process that ends at once."""
    pid = fork()
    if pid == 0:
        os._exit(0)
    return pid


async def a_copy():
    os.waitpid(in_a_copy(os.fork), 0)


async def a_copy_with_a_terminal():
    pid, terminal = pty.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(terminal)


async def a_spawned_process():
    pid = os.posix_spawn(TRUE, [TRUE], os.environ)
    while os.waitpid(pid, os.WNOHANG)[0] == 0:
        await asyncio.sleep(1)


async def a_spawned_process_by_name():
    os.waitpid(os.posix_spawnp("true", ["true"], os.environ), 0)


async def a_process_of_the_old_days():
    os.spawnlp(os.P_WAIT, "true", "true")


async def a_pipe_from_a_process():
    os.popen("true").close()


async def a_forked_process_of_multiprocessing():
    process = get_context("fork").Process(target=int)
    process.start()
    process.join()


async def a_process_from_before():
    while os.waitpid(BEGUN.pop(), 0)[1]:
        pass


async def a_process_from_before_that_is_polled_for():
    while not os.waitid(os.P_PID, BEGUN[-1], os.WEXITED | os.WNOHANG):
        await asyncio.sleep(1)


async def a_pool_of_processes():
    with ProcessPoolExecutor(1, get_context("fork")) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, os.getpid)


async def a_selector():
    ours, theirs = ready_pair()
    with ours, theirs, selectors.DefaultSelector() as selector:
        selector.register(ours, selectors.EVENT_READ)
        assert selector.select()


async def a_select():
    ours, theirs = ready_pair()
    with ours, theirs:
        assert select.select([ours], [], [], 1)[0]


async def a_server():
    socket.create_server(("127.0.0.1", 0)).close()


async def a_connection():
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", 1))


async def a_read_of_a_pipe():
    def feed():
        real_sleep(0.3)
        os.write(end, b"x")

    def read():
        return os.read(start, 1)

    start, end = os.pipe()
    start_outside(threading.Thread(target=feed))
    assert await asyncio.to_thread(read) == b"x"
    os.close(start)
    os.close(end)


async def a_lock_that_an_outsider_holds():
    def hold():
        real_sleep(0.3)
        BEFORE.release()

    def wait():
        with BEFORE:
            pass

    BEFORE.acquire()
    start_outside(threading.Thread(target=hold))
    await asyncio.to_thread(wait)


async def a_clock():
    time.monotonic()


async def chance():
    uuid.uuid4()


CAUSES = {
    a_process: ("starts a real process", "subprocess.run([sys.executable"),
    a_shell: ("starts a real process", 'os.system("true")'),
    a_process_of_multiprocessing: ("starts a real process", "process.start()"),
    a_copy: ("starts a real process", "pid = fork()"),
    a_copy_with_a_terminal: ("starts a real process", "pty.fork()"),
    a_spawned_process: ("starts a real process", "os.posix_spawn(TRUE"),
    a_spawned_process_by_name: ("starts a real process", "os.posix_spawnp("),
    a_process_of_the_old_days: ("starts a real process", "os.spawnlp("),
    a_pipe_from_a_process: ("starts a real process", "os.popen("),
    a_forked_process_of_multiprocessing: ("starts a real process", "process.start()"),
    a_process_from_before: ("asks for the end of a real process", "os.waitpid(BEGUN"),
    a_process_from_before_that_is_polled_for: (
        "asks for the end of a real process",
        "os.waitid(os.P_PID",
    ),
    a_selector: ("waits for real files or sockets", "assert selector.select()"),
    a_select: ("waits for real files or sockets", "assert select.select("),
    a_server: ("has to do with a real socket", "socket.create_server("),
    a_connection: ("has to do with a real socket", "socket.create_connection("),
    a_read_of_a_pipe: ("Something real kept the thread 'asyncio_0'", "return os.read(start, 1)"),
    call_in_from_outside: (
        "The thread 'outside', which the run does not control, called in",
        "loop.call_soon_threadsafe(event.set)",
    ),
    a_lock_that_an_outsider_holds: ("Something real kept the thread 'asyncio_0'", "with BEFORE:"),
    a_clock: ("reads a real clock", "time.monotonic()"),
    chance: ("draws from the operating system's chance", "uuid.uuid4()"),
}
OPTIONS = {
    a_clock: {"wall_clock": None},
    chance: {"seed": None},
    **{cause: {"network": None} for cause in (a_selector, a_select, a_server, a_connection)},
}


FROM_BEFORE = (a_process_from_before, a_process_from_before_that_is_polled_for)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_a_run_that_is_not_reproducible_tells_why_and_where(cause):
    if cause in FROM_BEFORE:
        BEGUN.append(in_a_copy(os.fork))
    run = simulate(cause, **OPTIONS.get(cause, {}))
    run.result()
    what, line = CAUSES[cause]
    assert not run.reproducible
    assert any(what in notice and line in notice for notice in run.notices), run.notices
    file = os.path.basename(inspect.getfile(cause))
    assert all(f"{file}:" in notice for notice in run.notices if what in notice)


PROCESSES = [cause for cause, (what, _) in CAUSES.items() if what == "starts a real process"]


@pytest.mark.parametrize("cause", PROCESSES, ids=lambda cause: cause.__name__)
def test_a_process_is_told_of_once_also_if_the_run_waits_for_it(cause):
    assert len(simulate(cause).notices) == 1


def test_a_pool_of_processes_is_told_of_once():
    run = simulate(a_pool_of_processes)
    assert not run.reproducible
    (notice,) = run.notices
    assert "ProcessPoolExecutor is not simulated" in notice


def test_processes_of_threads_outside_are_no_matter_of_the_run():
    def spawn():
        os.waitpid(os.posix_spawn(TRUE, [TRUE], os.environ), 0)

    async def main():
        start_outside(thread := threading.Thread(target=spawn))
        with vtloop.core.threads.actor.outside():
            thread.join()

    run = simulate(main)
    assert (run.reproducible, run.notices) == (True, ())


@pytest.mark.parametrize(
    ("function", "args", "options"),
    [
        (os.system, ("true",), {}),
        (time.monotonic, (), {"wall_clock": None}),
        (os.urandom, (1,), {"seed": None}),
    ],
    ids=["a process", "a clock", "chance"],
)
def test_a_function_that_is_given_to_a_thread_as_it_is_counts_too(function, args, options):
    async def main():
        await asyncio.to_thread(function, *args)

    run = simulate(main, **options)
    assert not run.reproducible
    assert run.notices[0].startswith("the thread 'asyncio_0' ")


def test_what_has_to_do_with_nothing_real_stays_reproducible(tmp_path):
    async def main():
        await asyncio.to_thread((tmp_path / "file").write_text, "text")
        ours, theirs = ready_pair()
        with ours, theirs:
            return ours.recv(1), time.monotonic(), uuid.uuid4(), random.random()

    run = simulate(main)
    run.result()
    assert (run.reproducible, run.notices) == (True, ())


def test_threads_outside_of_a_run_may_do_what_they_like():
    async def main():
        start_outside(thread := threading.Thread(target=os.system, args=("true",)))
        with vtloop.core.threads.actor.outside():
            thread.join()

    run = simulate(main)
    assert (run.reproducible, run.notices) == (True, ())


def test_each_part_of_a_loop_has_the_reasons_that_still_count():
    async def read():
        time.time()

    async def sleep():
        await asyncio.sleep(1)

    cells = Notebook()
    first, second = cells.run(read, Options(wall_clock=None)), cells.run(sleep)
    cells.close()
    assert not first.reproducible
    assert not second.reproducible
    assert second.notices == first.notices


# --- What libraries do for loops that cannot watch files ------------------------------------------


@pytest.mark.parametrize("wait", [anyio.wait_readable, anyio.wait_writable])
def test_anyio_does_not_wait_for_a_real_socket_in_a_thread(wait):
    async def main():
        ours, theirs = socket.socketpair()
        with ours, theirs, anyio.move_on_after(5):
            await wait(ours)

    threads = threading.active_count()
    with pytest.raises(vtloop.NotSimulated, match="has no real file descriptors; read in a thread"):
        vtloop.run(main(), network=None)
    assert threading.active_count() == threads


def test_a_library_that_polls_where_a_loop_offers_no_readers_meets_the_refusal():
    """As gRPC does, in real time."""

    async def main():
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            try:
                loop.add_reader(ours, print)
            except NotImplementedError:
                return "polls"

    with pytest.raises(vtloop.NotSimulated, match=r"loop\.add_reader\(\) was called"):
        vtloop.run(main(), network=None)
