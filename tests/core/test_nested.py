"""Runs in virtual time while another loop runs in the same thread, as in a notebook's cell."""

import asyncio
import gc
import io
import logging
import queue
import sys
import threading
import weakref
from contextlib import closing

import pytest

import vtloop
from vtloop.core import nested
from vtloop.core.nested import no_loop_running
from vtloop.integrations.notebook.session import Notebook


def simulated(main):
    return vtloop.simulate(main).result()


def in_a_cell(main):
    with closing(Notebook()) as book:
        return book.run(main).result()


HOWS = (vtloop.run, simulated, in_a_cell)


@pytest.mark.parametrize("start", HOWS)
def test_a_run_in_a_running_loop_is_as_any_call_that_computes(start):
    async def main():
        await asyncio.sleep(3600)
        return asyncio.get_running_loop(), asyncio.current_task()

    async def kernel():
        mine = asyncio.get_running_loop(), asyncio.current_task()
        asyncio.get_running_loop().call_soon(order.append, "the kernel goes on")
        loop, task = start(main)
        order.append("the run is over")
        assert isinstance(loop, vtloop.VirtualLoop)
        assert task.get_loop() is loop
        assert (asyncio.get_running_loop(), asyncio.current_task()) == mine
        async with asyncio.timeout(60):  # which needs both
            await asyncio.sleep(0)

    order = []
    asyncio.run(kernel())
    assert order == ["the run is over", "the kernel goes on"]


@pytest.mark.parametrize("start", [vtloop.run, in_a_cell])
def test_what_a_run_raises_leaves_the_running_loop_in_its_place(start):
    async def fail():
        raise KeyError("lost")

    async def kernel():
        mine = asyncio.get_running_loop(), asyncio.current_task()
        with pytest.raises(KeyError, match="lost"):
            start(fail)
        assert (asyncio.get_running_loop(), asyncio.current_task()) == mine

    asyncio.run(kernel())


def test_a_callback_of_a_running_loop_may_start_a_run_as_well():
    async def kernel():
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        loop.call_soon(lambda: done.set_result(simulated(lambda: asyncio.sleep(9, "a result"))))
        return await done

    assert asyncio.run(kernel()) == "a result"


def test_a_run_within_a_run_is_refused_in_words():
    async def main():
        for start in (vtloop.run, vtloop.simulate, book.run):
            with pytest.raises(
                RuntimeError, match=r"thread runs one already.* await the coroutine"
            ):
                start(lambda: asyncio.sleep(1))

    async def kernel():
        vtloop.run(main())

    with closing(Notebook()) as book:
        vtloop.run(main())
        asyncio.run(kernel())


def test_where_no_loop_runs_nothing_is_put_aside():
    assert no_loop_running() is no_loop_running()


class ServedStream(io.StringIO):
    """A stream that is flushed by a thread of its own, as ipykernel's are."""

    def __init__(self):
        super().__init__()
        self.jobs = queue.SimpleQueue()
        self.thread = threading.Thread(target=lambda: [job() for job in iter(self.jobs.get, None)])
        self.thread.start()

    def flush(self):
        flushed = threading.Event()
        self.jobs.put(flushed.set)
        assert flushed.wait(60)


@pytest.mark.parametrize("start", HOWS)
def test_what_a_kernels_threads_do_with_the_output_takes_no_virtual_time(monkeypatch, start):
    stream = ServedStream()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    handler = logging.StreamHandler(stream)

    async def main():
        print("a line", flush=True)
        print("a warning", file=sys.stderr, flush=True)
        handler.emit(logging.makeLogRecord({"msg": "a record"}))
        return asyncio.get_running_loop().time()

    async def kernel():
        return start(main)

    try:
        assert asyncio.run(kernel()) == 0.0
    finally:
        stream.jobs.put(None)
        stream.thread.join()
    assert stream.getvalue().endswith("a line\na warning\na record\n")
    assert "flush" not in vars(stream)


def test_a_run_that_raises_leaves_nothing_of_the_streams_behind(monkeypatch):
    async def fail():
        raise KeyError("lost")

    async def kernel():
        with pytest.raises(KeyError, match="lost"):
            vtloop.run(fail)

    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        asyncio.run(kernel())
    gone = weakref.ref(stream)
    del stream
    gc.collect()
    assert gone() is None


class Dawdling(dict):
    """Lets others go ahead when one of two threads has found what it looks for."""

    def __init__(self):
        super().__init__()
        self.dawdles, self.found, self.go_on = False, threading.Event(), threading.Event()

    def setdefault(self, key, value):
        value = super().setdefault(key, value)
        if self.dawdles:
            self.found.set()
            self.go_on.wait(0.5)  # the other may be kept from going ahead
        return value


def test_kernels_that_share_a_stream_may_begin_while_another_ends(monkeypatch):
    def second():
        async def kernel():
            with no_loop_running():
                begun.set()
                assert end.wait(60)

        asyncio.run(kernel())

    async def first():
        with no_loop_running():
            flushes.dawdles = True
            thread.start()
            assert flushes.found.wait(60)
        flushes.go_on.set()
        assert begun.wait(60)
        flushes.dawdles = False
        with no_loop_running():
            end.set()
            thread.join()

    flushes, stream = Dawdling(), io.StringIO()
    monkeypatch.setattr(nested, "_flushes", flushes)
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", None)
    begun, end, thread = threading.Event(), threading.Event(), threading.Thread(target=second)
    asyncio.run(first())
    assert "flush" not in vars(stream)
    assert flushes == {}


def test_a_kernel_without_streams_is_none_the_worse(monkeypatch):
    async def kernel():
        return vtloop.run(asyncio.sleep(1, "a result"))

    monkeypatch.setattr(sys, "stdout", None)
    assert asyncio.run(kernel()) == "a result"
