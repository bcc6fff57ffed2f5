"""Each race passes as stock asyncio runs it, and fails otherwise; its fix passes in any run."""

import ast
import asyncio
import random
from itertools import product
from pathlib import Path

import pytest

import scenarios.races
import vtloop
from scenarios.races.table import RACES, Kind, named
from vtloop.core.tasks import stepping

HERE = Path(scenarios.races.__file__).parent
MACHINERY = {"__init__", "pauses", "table"}
RUNS = 400  # at most, until a race has failed: the rarest does in one of 50
CAREFUL = 6  # runs of each program that must not fail

each_race = pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)


class Deadlock(Exception):
    """The stock loop would wait for ever."""


class StockLoop(asyncio.SelectorEventLoop):
    """The stock loop, on a clock that moves a little when it is read, and at once when all wait."""

    def __init__(self):
        super().__init__()
        self._now = 0.0
        self._really_select, self._selector.select = self._selector.select, self._select

    def time(self):
        self._now += 1e-9
        return self._now

    def _select(self, timeout):
        if timeout is None:
            raise Deadlock
        self._now += timeout
        return self._really_select(0)


class AnyLane:
    """A policy that lets any task run next that is ready; plain callbacks stay in order."""

    def __init__(self, chance):
        self._chance = chance

    def steer(self, loop, take, rest):
        def take_any():
            first = {}
            for index, handle in enumerate(loop.ready):
                first.setdefault(stepping(handle), index)
            loop.prefer(self._chance.choice([*first.values()]))
            return take()

        return take_any, rest


class LateLoop(vtloop.VirtualLoop):
    """A loop some of whose timers end later than asked, often at an instant of others."""

    chance: random.Random

    def _late(self, delay):
        return delay * self.chance.choice((2, 3, 4, 5, 6, 8, 32)) if self.is_late() else delay

    def is_late(self):
        return self.chance.random() < 1 / 4

    def call_later(self, delay, callback, *args, context=None):
        return super().call_later(self._late(delay), callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        late = self.time() + self._late(when - self.time())
        return super().call_at(late, callback, *args, context=context)


def fails(program, seed, *, order, late):
    """Tell whether a program fails with another order, or other durations."""
    chance = random.Random(seed)

    def make():
        policy = AnyLane(chance) if order else None
        loop = LateLoop(policy=policy) if late else vtloop.VirtualLoop(policy=policy)
        loop.chance = chance
        return loop

    try:
        with asyncio.Runner(loop_factory=make) as runner:
            runner.run(program())
    except (AssertionError, RuntimeError, vtloop.DeadlockError):
        return True
    return False


@each_race
def test_a_race_and_its_fix_pass_as_stock_asyncio_runs_them(race):
    for io, fixed in product((False, True), repeat=2):
        with asyncio.Runner(loop_factory=StockLoop) as runner:
            runner.run(race.main(io=io, fixed=fixed)())
        vtloop.run(race.main(io=io, fixed=fixed))


@each_race
def test_a_race_fails_by_what_its_explanation_says(race):
    for io in (False, True):
        program, least = race.main(io=io), race.least(io=io)
        held, late = least.holds > 0, least.stretched > 0
        assert held != late
        assert any(fails(program, seed, order=held, late=late) for seed in range(RUNS))


@pytest.mark.parametrize("name", [race.name for race in RACES if race.kind is Kind.DURATION])
def test_no_order_shows_a_race_of_durations(name):
    for io in (False, True):
        program = named(name).main(io=io)
        assert not any(fails(program, seed, order=True, late=False) for seed in range(CAREFUL))


@each_race
def test_a_fix_passes_in_any_order_and_with_any_durations(race):
    for io, late in product((False, True), repeat=2):
        program = race.main(io=io, fixed=True)
        assert not any(fails(program, seed, order=True, late=late) for seed in range(CAREFUL))


# The gallery is whole


def test_every_module_of_the_gallery_is_a_race_of_the_table():
    modules = {path.stem for path in HERE.glob("*.py")} - MACHINERY
    assert modules == {race.name for race in RACES}
    assert len(modules) == len(RACES)


def test_there_are_races_of_both_kinds_and_some_have_happened():
    kinds = [race.kind for race in RACES]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert (kinds.count(Kind.ORDER), kinds.count(Kind.DURATION)) == (21, 7)
    assert sum(bool(race.source) for race in RACES) >= 6
    assert named("aba").story


@each_race
def test_each_race_tells_its_story(race):
    first, rest = race.story.split("\n\n", maxsplit=1)
    assert first.endswith(".")
    assert "\n\nThe fix: " in rest
    for source in race.source.split(", ") if race.source else []:
        project, number = source.split("/")[1].split("#")
        assert f"{project} {number}" in first.replace("\n", " "), source


@each_race
def test_a_race_is_plain_asyncio(race):
    tree = ast.parse((HERE / f"{race.name}.py").read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    ours = {"scenarios.races.pauses"}
    assert ours <= imported <= ours | {"asyncio", "collections", "collections.abc", "itertools"}
