"""Sets that asyncio makes of awaitables: in order of insertion, or of creation."""

import asyncio
import concurrent.futures
import copy
import gc
import pickle
import random
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtloop
from vtloop.core.sets import OrderedSet, OrderedWeakSet, in_creation_order
from vtloop.values.text import without_addresses


@given(
    st.lists(st.integers(0, 20)),
    st.lists(
        st.tuples(
            st.sampled_from(["add", "discard", "update", "pop", "iterate"]), st.integers(0, 20)
        )
    ),
)
def test_an_ordered_set_is_a_set_with_the_order_of_a_dict(start, changes):
    ordered, model = OrderedSet(start), dict.fromkeys(start)
    for change, item in changes:
        if change == "add":
            ordered.add(item)
            model[item] = None
        elif change == "discard":
            ordered.discard(item)
            model.pop(item, None)
        elif change == "update":
            ordered.update([item, item + 1], {item})
            model.update(dict.fromkeys([item, item + 1]))
        elif change == "pop" and model:
            first = next(iter(model))
            del model[first]
            assert ordered.pop() == first
        elif change == "iterate":
            assert list(ordered) == list(model)
    assert ordered == set(model)
    assert isinstance(ordered, set)
    if not any(change == "discard" for change, _ in changes):
        assert list(ordered) == list(model)


def test_an_item_that_was_removed_and_added_again_goes_to_the_end():
    ordered = OrderedSet("abc")
    ordered.remove("a")
    ordered.add("a")
    assert list(ordered) == ["b", "c", "a"]


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_what_is_made_of_ordered_sets_is_in_their_order(some, others):
    first, second = OrderedSet(some), OrderedSet(others)
    for made, expected in (
        (first.copy(), [*first]),
        (copy.copy(first), [*first]),
        (first | second, [*first, *second]),
        (first.union(others, [3]), [*first, *others, 3]),
        (first - second, [item for item in first if item not in second]),
        (first.difference(others), [item for item in first if item not in second]),
        (first & second, [item for item in first if item in second]),
        (
            first ^ second,
            [item for item in [*first, *second] if (item in first) != (item in second)],
        ),
    ):
        assert list(made) == list(dict.fromkeys(expected))
        made.add("more")
        assert list(made)[-1] == "more"
    first |= set(others)
    assert first == {*some, *others}
    first -= second
    assert list(first) == [item for item in dict.fromkeys(some) if item not in second]


def test_an_ordered_set_passes_for_one_that_is_not():
    ordered = OrderedSet([3, 1, 2])
    assert repr(ordered) == "{3, 1, 2}"
    assert repr(OrderedSet()) == "set()"
    assert type(pickle.loads(pickle.dumps(ordered))) is set
    assert isinstance({1}, OrderedSet)
    assert issubclass(set, OrderedSet)
    assert ordered | {4} == {4} | ordered == {1, 2, 3, 4}
    with pytest.raises(TypeError):
        ordered | [4]
    with pytest.raises(TypeError):
        ordered |= [4]
    with pytest.raises(KeyError):
        ordered.remove(5)


def test_an_ordered_set_keeps_nothing_alive_that_was_removed():
    class Thing:
        pass

    things = [Thing() for _ in range(3)]
    gone = list(map(weakref.ref, things))
    ordered = OrderedSet(things)
    ordered.discard(things[0])
    ordered.remove(things[1])
    del things[:2]
    assert [reference() is None for reference in gone] == [True, True, False]
    ordered.clear()
    things.clear()
    assert gone[2]() is None


async def work(name, *others):
    return name


def test_bare_coroutines_are_taken_in_their_order_of_creation():
    async def main():
        coroutines = [work(number) for number in range(50)]
        shuffled = random.sample(coroutines, 50)
        assert in_creation_order(set(shuffled)) == coroutines
        return [await coroutine for coroutine in coroutines]

    assert vtloop.run(main()) == list(range(50))


def test_coroutines_that_the_collector_has_seen_are_told_apart_by_their_arguments():
    coroutines = [work(name) for name in "cab"]
    gc.collect()
    ordered = in_creation_order(set(coroutines))
    assert [coroutine.cr_frame.f_locals["name"] for coroutine in ordered] == ["a", "b", "c"]
    for coroutine in coroutines:
        coroutine.close()


def test_as_completed_takes_a_set_in_order_of_creation():
    async def main():
        entered = []

        async def enter(name):
            entered.append(name)

        for done in asyncio.as_completed({enter("c"), enter("a"), enter("b")}):
            await done
        return entered

    assert vtloop.run(main()) == ["c", "a", "b"]


def test_wait_returns_sets_in_the_order_of_its_argument():
    async def main():
        tasks = [asyncio.create_task(work(number)) for number in range(30)]
        random.shuffle(tasks)
        done, pending = await asyncio.wait(tasks)
        assert isinstance(done, set)
        assert pending == set()
        return [task.get_name() for task in done], [task.get_name() for task in tasks]

    done, given = vtloop.run(main())
    assert done == given


def test_a_set_of_tasks_and_futures_keeps_its_order_of_creation_in_wait():
    async def main():
        loop = asyncio.get_running_loop()
        futures = [loop.create_future() for _ in range(10)]
        for number, future in enumerate(futures):
            future.set_result(number)
        done, _ = await asyncio.wait(set(random.sample(futures, 10)))
        return [future.result() for future in done]

    assert vtloop.run(main()) == list(range(10))


def test_the_name_set_is_given_back_to_asyncio():
    vtloop.run(work(1))
    assert "set" not in vars(asyncio.tasks)
    assert "set" not in vars(asyncio.taskgroups)


def test_a_weak_set_keeps_order_and_no_items():
    class Thing:
        pass

    things = [Thing() for _ in range(5)]
    ordered = OrderedWeakSet()
    for thing in reversed(things):
        ordered.add(thing)
    ordered.discard(things[2])
    assert [things.index(thing) for thing in ordered] == [4, 3, 1, 0]
    assert things[4] in ordered
    gone = weakref.ref(things.pop())
    assert gone() is None
    assert len(ordered) == 3
    ordered.clear()
    assert list(ordered) == []


@given(
    st.lists(st.integers(0, 9)),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["__ior__", "__iand__", "__isub__", "__ixor__", "update", "difference_update"]
            ),
            st.sets(st.integers(0, 9)),
        )
    ),
)
def test_no_way_to_change_a_set_loses_or_invents_an_item(start, changes):
    ordered, model = OrderedSet(start), set(start)
    for method, items in changes:
        getattr(ordered, method)(items)
        getattr(model, method)(items)
        assert sorted(ordered) == sorted(model)
        assert ordered == model


def test_tasks_added_to_what_wait_returned_are_waited_for():
    async def main():
        first = [asyncio.create_task(asyncio.sleep(n, n)) for n in (1, 2)]
        _, pending = await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        pending |= {asyncio.create_task(asyncio.sleep(3, 3))}
        done, pending = await asyncio.wait(pending)
        return [task.result() for task in done], pending

    assert vtloop.run(main()) == ([2, 3], set())


def test_futures_of_threads_that_are_done_are_taken_in_order():
    async def main():
        def ask():
            jobs = [pool.submit(abs, number) for number in range(50)]
            done = [job.result() for job in concurrent.futures.wait(jobs).done]
            return done, [job.result() for job in concurrent.futures.as_completed(jobs)]

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return await asyncio.to_thread(ask)

    done, completed = vtloop.run(main())
    assert done == [*range(50)]
    assert completed[::-1] == [*range(50)]  # it begins with the last, on any loop


class Thing:
    pass


def test_addresses_are_left_out_of_a_text_however_they_are_written():
    thing, again = Thing(), Thing()

    def texts(thing):
        return [
            repr(thing),
            f"Cancelled via cancel scope {id(thing):x}; reason: deadline exceeded",
            f"scope-{id(thing)}",
            f"at {id(thing):X}",
            f"at {id(thing):#x}",
        ]

    found = list(map(without_addresses, texts(thing)))
    assert found == list(map(without_addresses, texts(again)))
    assert found[1] == "Cancelled via cancel scope …; reason: deadline exceeded"


@pytest.mark.parametrize(
    "text",
    [
        "order 12345678 of 2026-11-28",
        "deadbeef and 0123456789abcdef0123456789abcdef",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        "1700000000000 ms",
        "no number at all",
    ],
)
def test_other_numbers_stay_in_a_text(text):
    assert without_addresses(text) == text
