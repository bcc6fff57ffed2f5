"""The search finds an order exactly where trying all of them does, and says which."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.histories import has_an_order
from vtloop import linearizable
from vtloop.histories import Counter, Dictionary, Lock, Members, Model, Operation, Queue, Register
from vtloop.histories.contradiction import contradiction_in
from vtloop.histories.ordering import fits

MOST = 5  # operations, of which all orders are tried

small = st.integers(0, 2)
told = st.booleans()
CALLS = {
    Register: st.one_of(
        st.tuples(st.just("read"), st.just(()), small),
        st.tuples(st.just("write"), st.tuples(small), st.none()),
        st.tuples(st.just("compare_and_set"), st.tuples(small, small), told),
    ),
    Dictionary: st.one_of(
        st.tuples(st.just("get"), st.tuples(told), st.one_of(st.none(), small)),
        st.tuples(st.just("put"), st.tuples(told, small), st.none()),
        st.tuples(st.just("delete"), st.tuples(told), st.none()),
    ),
    Queue: st.one_of(
        st.tuples(st.just("get"), st.just(()), small),
        st.tuples(st.just("put"), st.tuples(small), st.none()),
    ),
    Lock: st.one_of(
        st.tuples(st.just("acquire"), st.tuples(small), st.sampled_from([None, True, False])),
        st.tuples(st.just("release"), st.tuples(small), st.none()),
    ),
    Counter: st.one_of(
        st.tuples(st.just("add"), st.just(()), st.integers(1, 3)),
        st.tuples(st.just("read"), st.just(()), small),
    ),
    Members: st.one_of(
        st.tuples(st.just("add"), st.tuples(told), st.none()),
        st.tuples(st.just("discard"), st.tuples(told), st.none()),
        st.tuples(st.just("contains"), st.tuples(told), told),
    ),
}


@st.composite
def histories(draw, calls):
    """Draw operations whose beginnings and ends are in any order; some have no result."""
    chosen = draw(st.lists(calls, min_size=1, max_size=MOST))
    events = draw(st.permutations([*range(len(chosen))] * 2))
    operations = []
    for number, (name, arguments, result) in enumerate(chosen):
        first = events.index(number)
        last = events.index(number, first + 1)
        is_known = draw(st.integers(0, 4)) > 0
        outcome = "returned" if is_known else "cancelled"
        operations.append(
            Operation(
                f"client {number}",
                name,
                arguments,
                result,
                first + 1,
                last + 1 if is_known else None,
                outcome=outcome,
            )
        )
    return operations


def does_as_the_model(model, order):
    """Return whether an order of all parts is one that the model and the time allow."""
    states = {}
    for place, one in enumerate(order):
        if any(later.last is not None and later.last < one.first for later in order[place + 1 :]):
            return False
        part = model.part_of(one)
        states[part] = [
            after
            for state in states.get(part, [model.initial_of(part)])
            for after, result in model.outcomes(state, one)
            if one.last is None or fits(result, one)
        ]
        if not states[part]:
            return False
    return True


@pytest.mark.parametrize("kind", CALLS, ids=lambda kind: kind.__name__)
def test_the_verdict_is_that_of_trying_all_orders_and_shows_it(kind):
    @settings(max_examples=60, deadline=None)
    @given(histories(CALLS[kind]))
    def judged(operations):
        model = kind()
        verdict = linearizable(operations, model)
        assert verdict.ok == has_an_order(model, operations)
        assert verdict.resolved
        if verdict:
            known = {one.first for one in operations if one.last is not None}
            assert known <= {one.first for one in verdict.order}
            assert does_as_the_model(model, verdict.order)
        else:
            contradicts(model, operations, verdict.contradiction)

    judged()


def contradicts(model, operations, wrong):
    """Assert that a contradiction is one, which was complete with the end of its misfit."""
    assert wrong.misfit in wrong.operations
    assert wrong.refusals
    assert not has_an_order(model, wrong.operations)
    before = [one for one in operations if one.first < wrong.misfit.last]
    ended = {one.first for one in before if (one.last or wrong.misfit.last) < wrong.misfit.last}
    assert has_an_order(model, opened_but(ended, before))
    needed = {one.first for one in wrong.needed}
    if not isinstance(model, Queue):  # of which an open get may take what another has got
        assert not has_an_order(model, opened_but(needed, before))
    if isinstance(model, (Counter, Lock)):  # which take no values apart
        assert all(has_an_order(model, opened_but(needed - {one}, before)) for one in needed)


def opened_but(places, operations):
    """Return operations with the results of some only."""
    return [one if one.first in places else replace(one, last=None) for one in operations]


class Whole(Model):
    """A dictionary of which all keys are one state."""

    initial = frozenset()

    def __init__(self):
        self._each = Dictionary()

    def _do(self, state, name, key, *arguments):
        values = dict(state)
        method = getattr(self._each, name)
        after, result = method(values.get(key), key, *arguments)
        return frozenset({**values, key: after}.items()), result

    def get(self, state, key):
        return self._do(state, "get", key)

    def put(self, state, key, value):
        return self._do(state, "put", key, value)

    def delete(self, state, key):
        return self._do(state, "delete", key)


@settings(max_examples=80, deadline=None)
@given(histories(CALLS[Dictionary]))
def test_keys_judged_one_by_one_are_judged_as_the_whole(operations):
    assert linearizable(operations, Dictionary).ok == linearizable(operations, Whole).ok


def test_what_is_certain_and_what_is_found_by_few_values_are_the_same():
    """Where the budget ended, a contradiction of two values is found all the same."""
    operations = [
        Operation("A", "put", (1,), None, 1, 2),
        Operation("A", "put", (2,), None, 3, 4),
        Operation("B", "get", (), 2, 5, 6),
        Operation("B", "get", (), 1, 7, 8),
    ]
    for is_certain in (True, False):
        wrong = contradiction_in(Queue(), (), operations, 6, 1000, is_certain=is_certain)
        assert [one.call for one in wrong.operations] == ["put(1)", "get()"]
        assert wrong.misfit is operations[2]
