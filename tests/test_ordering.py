"""Sets that asyncio makes of awaitables: in order of insertion, or of creation."""

import asyncio
import gc
import random
import weakref

from hypothesis import given
from hypothesis import strategies as st

import vtloop
from vtloop.ordering import OrderedSet, OrderedWeakSet, in_creation_order


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
