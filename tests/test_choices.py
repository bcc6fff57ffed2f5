"""A run is a function of its choices: what was chosen is kept, named by a token, and made again."""

import asyncio
import textwrap
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import vtloop
from vtloop.choices import Choices, Keeping, Replaying, Ties
from vtloop.core.policy import __doc__ as about_policies
from vtloop.core.runner import Runner
from vtloop.core.tasks import number_of, stepping
from vtloop.recording.recording import Recording
from vtloop.strategies import fates, programs, schedules
from vtloop.strategies.ties import Drawn
from vtloop.sweep import sweep
from vtloop.sweep.moments import UNDISTURBED, Case, case_of
from vtloop.values.choices import Choice

KINDS = st.sampled_from(["tie", "A", "+A", "C9", "C10", "drop-2", "x_y"])
NUMBERS = st.integers(0, 30) | st.integers(0, 10**20)
DEVIATIONS = st.dictionaries(st.tuples(KINDS, NUMBERS), NUMBERS, max_size=6)
CHOICES = DEVIATIONS.map(lambda found: Choices((*at, value) for at, value in found.items()))
quickly = settings(
    max_examples=50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Listed:
    """A chooser that makes choices in turn, and then 0."""

    def __init__(self, *values):
        self.values = [*values]

    def choose(self, kind, n):
        return self.values.pop(0) if self.values else 0


# Values


@given(DEVIATIONS)
def test_choices_are_their_deviations_in_whatever_order_they_are_given(found):
    given_ = [(*at, value) for at, value in found.items()]
    choices = Choices(given_)
    assert choices == Choices(reversed(given_))
    assert hash(choices) == hash(Choices(reversed(given_)))
    assert {(kind, at): value for kind, at, value in choices.deviations} == {
        at: value for at, value in found.items() if value
    }
    assert len(choices) == len(choices.deviations)


def test_choices_are_told_in_words():
    assert repr(Choices([("tie", 3, 2), ("A", 12, 1)])) == "<Choices: A 12 is 1, tie 3 is 2>"
    assert repr(Choices([("tie", 3, 0)])) == "<Choices: as stock asyncio does>"


@pytest.mark.parametrize(
    ("deviations", "message"),
    [
        ([("two words", 0, 1)], "pass a kind such as 'tie'"),
        ([("", 0, 1)], "pass a kind such as 'tie'"),
        ([("tie", -1, 1)], "from 0 on"),
        ([("tie", 1, -1)], "from 0 on"),
        ([("tie", 1, 1), ("tie", 1, 2)], "given twice"),
    ],
)
def test_what_cannot_be_a_choice_is_refused(deviations, message):
    with pytest.raises(ValueError, match=message):
        Choices(deviations)


def test_choices_cannot_be_changed():
    with pytest.raises(AttributeError):
        Choices().deviations = (Choice("tie", 0, 1),)


# Tokens


@given(CHOICES)
def test_a_token_names_choices_and_choices_their_token(choices):
    token = str(choices)
    assert Choices.parse(token) == choices
    assert token.isascii()
    assert token.isprintable()
    assert " " not in token


def test_a_token_is_short_and_can_be_read():
    assert str(Choices()) == "c1::b581726b"
    ties = [("tie", 0, 1), ("tie", 4, 2)]
    assert str(Choices([*ties, ("A", 12, 3)])) == "c1:A.12=3,tie.0.4=2:b9daacd6"


@given(CHOICES, st.data())
def test_any_change_of_one_character_of_a_token_is_noticed(choices, data):
    token = str(choices)
    at = data.draw(st.integers(0, len(token) - 1))
    used = st.sampled_from("0123456789abcdefABCtie+-_.,:= ")
    other = data.draw((used | st.characters()).filter(lambda one: one != token[at]))
    for damaged in (f"{token[:at]}{other}{token[at + 1 :]}", token[:at] + token[at + 1 :]):
        with pytest.raises(ValueError, match="token"):
            Choices.parse(damaged)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' was given as a token of choices, while these look like 'c1:"),
        ("main#1@A12", "copy a whole one"),
        ("c1:tie.0", "copy a whole one"),
        ("c2:anything", "is a token of the form 'c2', while this version of vtloop knows 'c1'"),
        ("c1:tie.1:b90d3cd1", "is a token that was damaged; copy it once more, as a whole"),
    ],
)
def test_what_is_wrong_with_a_token_is_told(text, message):
    with pytest.raises(ValueError, match=message):
        Choices.parse(text)


# What is simpler


@given(CHOICES, CHOICES, CHOICES)
def test_the_order_by_simplicity_is_total_and_no_choices_are_the_least(one, two, three):
    assert Choices() <= one
    assert (one < two) + (one == two) + (one > two) == 1
    first, second, third = sorted([one, two, three])
    assert first <= second <= third
    assert first <= third
    assert min(one, two, three) == first


def test_fewer_deviations_are_simpler_then_smaller_values_then_earlier_ones():
    in_order = [
        Choices(),
        Choices([("tie", 1, 1)]),
        Choices([("tie", 1_000_000, 1)]),
        Choices([("tie", 0, 2)]),
        Choices([("tie", 0, 1), ("tie", 9, 1)]),
        Choices([("tie", 1, 1), ("tie", 2, 1)]),
    ]
    assert sorted({*in_order}) == in_order


# Choosers


@given(CHOICES)
def test_who_replays_makes_each_choice_where_it_was_made(choices):
    replaying = Replaying(choices)
    within = [one for one in choices.deviations if one.at <= 30]
    kept = Keeping(replaying)
    for kind in sorted({one.kind for one in choices.deviations}):
        for _ in range(31):
            kept.choose(kind, 10**21)
    assert kept.choices == Choices(within)
    assert replaying.missed == Choices(set(choices.deviations) - set(within))


def test_a_choice_that_is_out_of_range_is_not_made_and_told():
    replaying = Replaying(Choices([("tie", 0, 2), ("tie", 1, 1), ("tie", 7, 1)]))
    assert [replaying.choose("tie", 2) for _ in range(3)] == [0, 1, 0]
    assert replaying.missed == Choices([("tie", 0, 2), ("tie", 7, 1)])


def test_a_million_choices_that_nobody_makes_are_kept_as_nothing():
    kept = Keeping(Listed())
    for _ in range(1_000_000):
        kept.choose("tie", 2)
    assert kept.choices == Choices()


@pytest.mark.parametrize("value", [-1, 3])
def test_a_chooser_that_chooses_what_is_not_there_is_told_so(value):
    with pytest.raises(ValueError, match=f"{value} was chosen of 3 things of the kind 'tie'"):
        Keeping(Listed(value)).choose("tie", 3)


# Runs


def recorded(program, policy):
    """Return the trace of a run, and what it ended with."""
    recording = Recording()
    ended = None
    try:
        with Runner(vtloop.VirtualLoop(policy=policy, recorder=recording), None) as runner:
            runner.run(program())
    except (Exception, asyncio.CancelledError) as error:
        ended = repr(error)
    return recording.trace(), ended


# What deadlocks, and again as it is cancelled, leaves tasks behind.
leaves_tasks = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@leaves_tasks
@quickly
@given(programs(), st.data())
def test_a_run_with_the_choices_of_another_one_is_the_same_run(program, data):
    ties = Ties(Drawn(data.draw))
    first = recorded(program, ties)
    replaying = Replaying(Choices.parse(str(ties.choices)))
    again = Ties(replaying)
    assert recorded(program, again) == first
    assert again.choices == ties.choices
    assert not replaying.missed


@leaves_tasks
@quickly
@given(programs())
def test_no_choices_are_the_run_without_a_policy(program):
    assert recorded(program, Ties(Replaying(Choices()))) == recorded(program, None)


async def in_turn(number, order):
    async def nap(mine):
        await asyncio.sleep(1)
        order.append(mine)

    await asyncio.gather(*map(nap, range(number)))


def test_the_ties_of_an_example_are_replayed_without_hypothesis():
    seen = []

    @settings(quickly, max_examples=10)
    @given(schedules(), fates())
    def explore(schedule, fate):
        orders = [], []
        recorded(lambda: in_turn(4, orders[0]), schedule)
        fate.explore(lambda: in_turn(4, orders[1]))
        seen.append((str(schedule.choices), orders[0]))
        seen.append((str(fate.choices), orders[1][-4:]))

    explore()
    assert len({token for token, _ in seen}) > 1
    for token, order in seen:
        again = []
        recorded(partial(in_turn, 4, again), Ties(Replaying(Choices.parse(token))))
        assert again == order


def test_the_choices_of_a_fate_are_its_cancellations_too():
    seen = set()

    @settings(quickly, max_examples=30)
    @given(fates(cancellations=1, classes="AB"))
    def explore(fate):
        case = fate.explore(lambda: asyncio.sleep(1)).outcome.case
        assert Case.of(fate.choices, case.who) == case
        seen.add(case)

    explore()
    assert len(seen) > 1


# Cases of a sweep


async def with_two_tasks():
    async with asyncio.timeout(3), asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(asyncio.sleep(1))


def test_each_case_of_a_sweep_is_other_choices_and_these_are_the_case():
    cases = []
    sweep(with_two_tasks, check=lambda outcome: cases.append(outcome.case))
    assert {case.letter for case in cases} == {"", *"ABCDSFTO"}
    for case in cases:
        assert Case.of(Choices.parse(str(case.choices)), case.who) == case
    assert len({case.choices for case in cases}) == len({*cases})
    assert min(cases, key=lambda case: case.choices) == UNDISTURBED


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("worker#2@B17", "B 17 is 2"),
        ("main#1@A12+C15.3", "A 12 is 1, +C15 3 is 1"),
        ("main#1@R0+R0#3", "R 0 is 1, +R 0 is 3"),
        ("everybody#0@SR3", "SR 3 is 1"),
        ("group#2@F12", "F 12 is 2"),
        ("timeout#1@TN0", "TN 0 is 1"),
        ("timers#0@O12.14", "O 12 is 2"),
    ],
)
def test_the_choices_of_a_case_are_told_in_words(token, words):
    case = case_of(token)
    assert repr(case.choices) == f"<Choices: {words}>"
    assert Case.of(case.choices, case.who) == case


@pytest.mark.parametrize(
    "deviations",
    [[("tie", 0, 1)], [("A", 1, 1), ("A", 5, 2)], [("+A", 1, 1)], [("Cx", 1, 1)], [("N", 1, 1)]],
)
def test_choices_that_are_no_case_are_refused(deviations):
    with pytest.raises(ValueError, match="were given as a case of a sweep, while they are none"):
        Case.of(Choices(deviations))


# A policy of a user's own, as the module shows it


def newest_first():
    """Return the policy of the example."""
    text = about_policies.partition(":\n\n")[2].partition("\n\n    vtloop.")[0]
    assert len(text.splitlines()) <= 10
    names = {"stepping": stepping, "number_of": number_of}
    exec(textwrap.dedent(text), names)
    return names["NewestFirst"]()


async def starts_three(order):
    async def work(name):
        for turn in range(2):
            order.append(f"{name}{turn}")
            await asyncio.sleep(0)

    await asyncio.gather(*map(work, "abc"))


def test_a_policy_lets_the_newest_task_run_first():
    order = []
    recorded(lambda: starts_three(order), newest_first())
    assert order == ["c0", "c1", "b0", "b1", "a0", "a1"]


class Noting:
    """A policy around another one; notes during which step each handle was made, but for timers."""

    def __init__(self, policy):
        self.policy = policy
        self.made_in = []  # by step, None for a timer's

    def steer(self, loop, take, rest):
        take, rest = self.policy.steer(loop, take, rest)
        kept = [*loop.ready]  # so that no id() comes twice
        made = {id(handle): -1 for handle in kept}

        def noted():
            for handle in loop.ready:
                kept.append(handle)
                made.setdefault(id(handle), len(self.made_in) - 1)
            handle = take()
            if not handle.cancelled():
                is_timer = isinstance(handle, asyncio.TimerHandle)
                self.made_in.append(None if is_timer else made[id(handle)])
            return handle

        return noted, rest


@leaves_tasks
@quickly
@given(programs())
@example(lambda: starts_three([]))
def test_who_has_woken_whom_is_known_in_whatever_order_they_run(program):
    noting = Noting(newest_first())
    trace, _ = recorded(program, noting)
    found = [
        None if made_in is None else step[2]
        for made_in, step in zip(noting.made_in, trace.steps, strict=False)
    ]
    assert found == noting.made_in[: len(found)]
    assert len(found) > 1
