"""Two tables that replace one method are in force together, and are put back in any order."""

import pytest

from vtloop.patching.replacements import Replacement, Replacements


class Door:
    def knock(self):
        return ["door"]

    def open(self):
        return "opened"


def heard(door):
    return ["heard", *original(door)]


def told(door):
    return ["told", *heard(door)]


def closed(door):
    return "closed"


original, opened = Door.knock, Door.open
lower = Replacements([Replacement(Door, "knock", heard), Replacement(Door, "open", closed)])
upper = Replacements([Replacement(Door, "knock", told)], over=lower)


@pytest.mark.parametrize("first", [lower, upper])
def test_the_one_that_calls_the_other_is_in_force_whichever_is_entered_first(first):
    second = upper if first is lower else lower
    with first, second:
        assert (Door().knock(), Door().open()) == (["told", "heard", "door"], "closed")
    assert (Door.knock, Door.open) == (original, opened)


@pytest.mark.parametrize("first", [lower, upper])
def test_either_may_be_left_first(first):
    second = upper if first is lower else lower
    lower.__enter__()
    upper.__enter__()
    first.__exit__()
    assert Door().knock() == (["told", "heard", "door"] if second is upper else ["heard", "door"])
    second.__exit__()
    assert (Door.knock, Door.open) == (original, opened)
