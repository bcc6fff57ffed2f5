"""Tables that replace one method are in force together; what others replace is left alone."""

import importlib
import sys
import types
from typing import Any

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


def test_what_a_test_has_put_in_the_place_of_a_function_stays_there(monkeypatch):
    theirs: Any = types.ModuleType("theirs")
    taken: Any = types.ModuleType("taken")
    theirs.knock = taken.knock = original
    monkeypatch.setitem(sys.modules, "taken", taken)
    table = Replacements([Replacement(theirs, "knock", heard, taken_by_name=True)])
    for _ in range(2):
        with table:
            assert taken.knock is heard
        assert taken.knock is original
    taken.knock = told
    with table:
        assert taken.knock is told
    assert taken.knock is told


def test_what_says_that_it_is_a_module_need_not_take_weak_references():
    class Strange:
        __slots__ = ()
        __class__ = types.ModuleType
        __name__ = "strange"

        @property
        def __dict__(self):
            return {}

    seen = []
    sys.modules["strange"] = Strange()
    try:
        table = Replacements((), in_others=lambda module: seen.append(module) or ())
        for _ in range(2):
            with table:
                table._look_at(["strange"])
    finally:
        del sys.modules["strange"]
    assert [type(one) for one in seen].count(Strange) == 1


def test_a_module_of_two_names_is_asked_about_once(monkeypatch):
    theirs: Any = types.ModuleType("theirs")
    monkeypatch.setitem(sys.modules, "theirs", theirs)
    monkeypatch.setitem(sys.modules, "vendored.theirs", theirs)

    def in_others(module):
        return [Replacement(module, "knock", heard)] if module is theirs else []

    owner: Any = types.ModuleType("owner")
    owner.ring = original
    table = Replacements([Replacement(owner, "ring", told, taken_by_name=True)], (), in_others)
    for _ in range(2):
        with table:
            assert theirs.knock is heard
        assert not hasattr(theirs, "knock")


def test_whatever_happens_as_it_is_entered_and_left_may_import_a_module(tmp_path, monkeypatch):
    class Imports(type):
        def __setattr__(cls, name, value):
            imported.append(importlib.import_module(f"imported_{len(imported)}"))
            super().__setattr__(name, value)

    class Owner(metaclass=Imports):
        name = "original"

    for number in range(2):
        (tmp_path / f"imported_{number}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    imported: list[types.ModuleType] = []
    others = Replacements([Replacement(Owner, "name", "stand-in")], in_others=lambda _: ())
    with others:
        assert Owner.name == "stand-in"
    assert (Owner.name, len(imported)) == ("original", 2)
