"""Choices of a run are a value: kept sparse, named by a token, ordered, made again by a chooser."""

from operator import ge, gt, le, lt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtloop.choices import Choices, Keeping, Replaying
from vtloop.values.choices import Choice

KINDS = st.sampled_from(["tie", "A", "+A", "C9", "C10", "drop-2", "x_y"])
NUMBERS = st.integers(0, 30) | st.integers(0, 10**20)
DEVIATIONS = st.dictionaries(st.tuples(KINDS, NUMBERS), NUMBERS, max_size=6)
CHOICES = DEVIATIONS.map(lambda found: Choices((*at, value) for at, value in found.items()))


class Listed:
    """A chooser that makes choices in turn, and then 0."""

    def __init__(self, *values):
        self.values = [*values]

    def choose(self, kind, n):
        return self.values.pop(0) if self.values else 0


# Values


@pytest.mark.ends
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


@pytest.mark.parametrize("no_choice", [("tie", "0", 1), (5, 0, 1), ("tie", 0), ("tie", 0, 1.0), 7])
def test_what_is_no_choice_at_all_is_refused(no_choice):
    with pytest.raises(TypeError, match="was given; pass a kind such as 'tie', an index and a"):
        Choices([no_choice])


def test_choices_cannot_be_changed():
    with pytest.raises(AttributeError):
        Choices().deviations = (Choice("tie", 0, 1),)


# Tokens


@pytest.mark.ends
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


@pytest.mark.ends
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
        ("c1:\ud800tie.0:b90d3cd1", "copy a whole one"),
        ("c1:tie.1:b90d3cd1", "is a token that was damaged; copy it once more, as a whole"),
    ],
)
def test_what_is_wrong_with_a_token_is_told(text, message):
    with pytest.raises(ValueError, match=message):
        Choices.parse(text)


@pytest.mark.parametrize("token", [5, None, b"c1::b581726b"])
def test_what_is_no_text_is_no_token(token):
    with pytest.raises(TypeError, match="was given as a token of choices; pass the text of one"):
        Choices.parse(token)


# What is simpler


@pytest.mark.ends
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


def test_choices_are_compared_with_choices_alone():
    for compare in (lt, le, gt, ge):
        with pytest.raises(TypeError, match="not supported between instances of"):
            compare(Choices(), 3)


# Choosers


@pytest.mark.ends
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
