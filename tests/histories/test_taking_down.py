"""A history takes down who did what, in which order and when, and what came of it."""

import asyncio
import threading

import pytest

import vtloop
from vtloop import linearizable
from vtloop.histories import Counter, Dictionary, History, Lock, Queue, Raised, Register

SECOND = 1_000_000_000  # nanoseconds


class Store:
    """A dictionary of which each operation takes a second."""

    def __init__(self):
        self.values = {}

    async def put(self, key, value):
        await asyncio.sleep(1)
        self.values[key] = value

    async def get(self, key):
        await asyncio.sleep(1)
        return self.values[key]

    def peek(self, key):
        return self.values.get(key)


async def put_and_get():
    history = History()
    store = Store()
    async with history.operation("put", "x", 1):
        await store.put("x", 1)
    async with history.operation("get", "x", client="Ann") as call:
        call.result = await store.get("x")
    return history


def test_an_operation_is_the_body_of_a_with():
    put, get = vtloop.run(put_and_get)
    assert (put.client, put.call, put.answer) == ("put_and_get#1", "put('x', 1)", "None")
    assert (put.began, put.ended) == (0, SECOND)
    assert (get.client, get.call, get.answer) == ("Ann", "get('x')", "1")
    assert (put.first, put.last, get.first, get.last) == (1, 2, 3, 4)


def test_a_call_of_an_async_method_is_an_operation():
    async def main():
        history, store = History(), Store()
        await history.call(store.put, "x", value=1)
        assert await history.call(store.get, "x") == 1
        return history

    history = vtloop.run(main)
    assert [str(one) for one in history] == ["put('x', value=1) -> None", "get('x') -> 1"]
    assert linearizable(history, Dictionary)


def test_an_object_that_is_told_of_does_what_it_did():
    async def main():
        history = History()
        store = history.of(Store(), client="Ann")
        await store.put("x", 1)
        assert await store.get("x") == 1
        assert store.peek("x") == 1
        assert store.values == {"x": 1}
        assert repr(store).endswith("told to <History of 3 operations>>")
        return history

    history = vtloop.run(main)
    assert [one.name for one in history] == ["put", "get", "peek"]
    assert {one.client for one in history} == {"Ann"}


class Client:
    """As some drivers are: its methods are not async, but return what is awaited."""

    def get(self, key):
        return asyncio.sleep(1, f"value of {key}")

    def fail(self):
        async def failing():
            raise OSError

        return failing()

    def fail_at_once(self):
        raise OSError


def test_a_method_that_returns_what_is_awaited_is_told_until_its_end():
    async def main():
        history = History()
        client = history.of(Client())
        assert await client.get("x") == "value of x"
        with pytest.raises(OSError, match=r"^$"):
            await client.fail()
        with pytest.raises(OSError, match=r"^$"):
            client.fail_at_once()
        return history

    got, failed, failed_at_once = vtloop.run(main)
    assert (got.began, got.ended, got.result) == (0, SECOND, "value of x")
    assert failed.outcome == failed_at_once.outcome == "OSError"


def test_within_an_instant_the_order_is_that_of_the_steps():
    async def main():
        history = History()

        async def write(value):
            async with history.operation("write", value):
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            group.create_task(write(1), name="Ann")
            group.create_task(write(2), name="Bob")
        return history

    ann, bob = vtloop.run(main)
    assert (ann.first, bob.first, ann.last, bob.last) == (1, 2, 3, 4)
    assert {ann.began, ann.ended, bob.began, bob.ended} == {0}


@pytest.mark.parametrize(
    ("error", "outcome"), [(asyncio.CancelledError, "cancelled"), (OSError, "OSError")]
)
def test_an_operation_that_ends_with_an_error_may_have_taken_effect_or_not(error, outcome):
    history = History()
    with pytest.raises(error), history.operation("write", 1):
        raise error
    (one,) = history
    assert (one.outcome, one.last) == (outcome, None)
    for seen in (None, 1):
        with history.operation("read") as call:
            call.result = seen
    assert linearizable(history, Register)


def test_an_operation_that_has_not_ended_is_pending():
    history = History()
    call = history.operation("write", 1, client="Ann")
    assert repr(call) == "<Call of write(1) -> pending>"
    with call:
        (one,) = history
        assert (one.outcome, one.last, one.ended) == ("pending", None, None)
        assert str(one) == "write(1) -> pending"
        assert one.period == "0 s to the end"
    assert repr(call) == "<Call of write(1) -> None>"


def test_an_error_may_be_an_answer():
    history = History(answers=(KeyError,))
    store = history.of({"x": 1})
    assert store.get("x") == 1
    with pytest.raises(LookupError), history.operation("get", "y"):
        raise KeyError("y")
    assert [one.result for one in history] == [1, Raised(KeyError)]
    assert linearizable([*history][1:], Dictionary(missing=Raised(KeyError)))
    assert not linearizable([*history][1:], Dictionary({"y": 2}))


def test_what_was_refused_has_had_no_effect():
    history = History(refusals=(ConnectionRefusedError,))
    with pytest.raises(ConnectionRefusedError), history.operation("write", 1):
        raise ConnectionRefusedError
    assert len(history) == 0


def test_asyncios_own_queue_and_lock_are_linearizable():
    async def main():
        queues = History(answers=(asyncio.QueueEmpty,))
        locks = History()
        queue, lock = queues.of(asyncio.Queue()), locks.of(asyncio.Lock())

        async def work(number):
            for item in range(3):
                await queue.put((number, item))
                await lock.acquire()
                await asyncio.sleep(number)
                lock.release()
                await queue.get()

        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(work(number))
        with pytest.raises(asyncio.QueueEmpty):
            queue.get_nowait()
        return queues, locks

    queues, locks = vtloop.run(main)
    linearizable(queues, Queue).assert_ok()
    linearizable(locks, Lock).assert_ok()
    assert len(queues) == 25


def test_on_a_stock_loop_time_is_since_the_first_operation():
    one, two, three = asyncio.run(three_reads())
    assert one.began == 0
    assert one.client.startswith("three_reads#"), "numbers are those of the process"
    assert one.ended <= two.began <= three.began


async def three_reads():
    history = History()
    for _ in range(3):
        async with history.operation("read"):
            await asyncio.sleep(0)
    return history


def test_without_a_loop_the_client_is_the_thread():
    history = History()
    box = history.of(Box())
    for name in ("Ann", "Bob"):
        thread = threading.Thread(target=box.add, name=name)
        thread.start()
        thread.join()
    assert [(one.client, one.call) for one in history] == [("Ann", "add()"), ("Bob", "add()")]
    assert linearizable(history, Counter)


class Box:
    number = 0

    def add(self):
        self.number += 1
        return self.number


def test_threads_of_a_run_are_in_its_time():
    async def main():
        history = History()

        def write():
            with history.operation("write", 1, client="thread"):
                vtloop.busy(2)

        await asyncio.to_thread(write)
        return history

    (one,) = vtloop.run(main)
    assert (one.began, one.ended) == (0, 2 * SECOND)


def test_what_has_no_name_is_no_operation():
    async def main():
        await History().call(Nameless())

    with pytest.raises(TypeError, match="was to be called as an operation, while it has no name"):
        vtloop.run(main)


class Nameless:
    async def __call__(self):
        pass
