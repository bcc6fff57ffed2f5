"""Threads that nobody has named are numbered by their run: the next run has the same names."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import pytest

import vtloop
from vtloop import simulate
from vtloop.core.threads.program_threads import start_outside
from vtloop.integrations.notebook.session import Notebook


def say():
    print("from", threading.current_thread().name)


async def a_thread():
    threading.Thread(target=say).start()
    await asyncio.sleep(1)


async def a_timer():
    threading.Timer(1, say).start()
    await asyncio.sleep(2)


async def a_thread_of_a_thread():
    await asyncio.to_thread(lambda: threading.Thread(target=say).start())
    await asyncio.sleep(1)


async def a_pool():
    with ThreadPoolExecutor(1) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, say)


async def a_pool_of_multiprocessing():
    with ThreadPool(1) as pool:
        pool.apply(say)


async def the_loops_own():
    await asyncio.to_thread(say)


FIRST = {
    a_thread: "Thread-1 (say)",
    a_timer: "Thread-1",
    a_thread_of_a_thread: "Thread-1 (say)",
    a_pool: "ThreadPoolExecutor-0_0",
    a_pool_of_multiprocessing: "Thread-1 (worker)",
    the_loops_own: "asyncio_0",
}


@pytest.mark.parametrize("main", FIRST, ids=lambda main: main.__name__)
def test_each_run_in_a_process_has_the_same_names_of_threads(main):
    runs = [simulate(main) for _ in range(2)]
    for run in runs:
        run.result()
        assert [(line.who, line.text) for line in run.printed] == [
            (FIRST[main], f"from {FIRST[main]}")
        ]
    assert runs[0].digest() == runs[1].digest()


def test_the_parts_of_a_loop_go_on_with_the_count():
    cells = Notebook()
    said = [cells.run(main).printed[0].who for main in (a_thread, a_pool, a_thread, a_pool)]
    cells.close()
    assert said == [
        "Thread-1 (say)",
        "ThreadPoolExecutor-0_0",
        "Thread-2 (say)",
        "ThreadPoolExecutor-1_0",
    ]


def test_threads_outside_of_a_run_go_on_with_the_count_of_the_process():
    def make():
        made.append((threading.Thread().name, ThreadPoolExecutor(1)._thread_name_prefix))

    async def main():
        threading.Thread()
        start_outside(thread := threading.Thread(target=make))
        with vtloop.core.threads.actor.outside():
            thread.join()

    made = []
    make()
    vtloop.run(main)
    make()
    threads, pools = (
        [int(name.rpartition("-")[2]) for name in kind] for kind in zip(*made, strict=True)
    )
    assert threads == [threads[0] + number for number in range(3)]
    assert pools == [pools[0] + number for number in range(3)]
