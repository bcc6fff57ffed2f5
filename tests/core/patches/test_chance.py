"""Chance of the operating system is a run's own: the same each time, whoever draws, and however."""

import asyncio
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from os import urandom
from uuid import uuid4

import pytest

import vtloop
from tests.support.pytests import PACKAGE, run_tests
from vtloop.core.threads.program_threads import start_outside
from vtloop.sweep import sweep

pytest_plugins = ["pytester"]
__all__ = ["run_tests"]


@dataclass
class Job:
    id: uuid.UUID = field(default_factory=uuid.uuid4)


def drawn_by_default(draw=urandom):
    return draw(8)


def made_by_default(make=uuid4):
    return make()


def name_of_a_file():
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    os.unlink(name)
    return name


def after_a_seed_of_nothing():
    random.seed()
    return random.random()


def address():
    return uuid.getnode()


def by_ssl():
    import ssl  # in the run, if nobody has before

    return ssl.RAND_bytes(8)


DRAWS = {
    "urandom": lambda: os.urandom(8),
    "urandom in a default": drawn_by_default,
    "uuid1": uuid.uuid1,
    "uuid4": uuid.uuid4,
    "uuid4 in a default": made_by_default,
    "uuid4 in a default_factory": Job,
    "the address of a network card": address,
    "secrets.token_hex": secrets.token_hex,
    "secrets.choice": lambda: secrets.choice(range(10**9)),
    "SystemRandom": lambda: random.SystemRandom().random(),
    "Random without a seed": lambda: random.Random().random(),
    "Random with a seed of None": lambda: random.Random(None).random(),
    "random.seed without one": after_a_seed_of_nothing,
    "ssl.RAND_bytes": by_ssl,
    "the name of a temporary file": name_of_a_file,
} | {name: getattr(uuid, name) for name in ("uuid6", "uuid7", "uuid8") if hasattr(uuid, name)}
if hasattr(os, "getrandom"):
    DRAWS["getrandom"] = lambda: os.getrandom(8)
    DRAWS["getrandom by name"] = lambda: os.getrandom(size=8, flags=0)


def drawn(draw, **options):
    """Return what is drawn in a run, twice by the loop's thread and once by another one."""

    async def main():
        return [draw(), draw(), await asyncio.to_thread(draw)]

    return vtloop.run(main(), **options)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_what_is_drawn_in_a_run_is_the_same_in_the_next_one(draw):
    first = drawn(draw)
    assert first == drawn(draw)
    assert first != drawn(draw, seed=1)
    if draw is not address:
        assert len(set(map(str, first))) == 3


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_chance_is_real_without_a_seed_and_after_a_run(draw):
    drawn(draw)
    assert draw() not in drawn(draw)
    if draw is address:
        assert drawn(draw, seed=None) == [address()] * 3
    else:
        assert drawn(draw, seed=None) != drawn(draw, seed=None)


def test_a_run_without_a_seed_tells_where_it_draws():
    async def main():
        return uuid.uuid4(), os.urandom(2)

    run = vtloop.simulate(main, seed=None)
    assert not run.reproducible
    (notice,) = run.notices
    assert "in main: return uuid.uuid4(), os.urandom(2)" in notice
    assert "draws from the operating system's chance, as seed=None has it" in notice
    assert vtloop.simulate(main).reproducible


@pytest.mark.parametrize("draw", [name_of_a_file, tempfile.mktemp, tempfile.gettempprefix])
def test_names_are_the_same_when_the_directory_is_looked_for_in_the_run(draw, monkeypatch):
    async def main():
        return draw(), uuid.uuid4()

    later = vtloop.run(main())
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert vtloop.run(main()) == later


def test_a_thread_from_outside_has_real_chance_while_a_run_is_on():
    def draw():
        begun.wait(5)
        outside.append(os.urandom(8))

    async def main():
        mine = os.urandom(8)
        begun.set()
        with vtloop.core.threads.actor.outside():
            thread.join(5)
        return mine, os.urandom(8)

    runs, outside = [], []
    for _ in range(2):
        begun = threading.Event()
        start_outside(thread := threading.Thread(target=draw))
        runs.append(vtloop.run(main()))
    assert runs[0] == runs[1]
    assert len({*outside, *runs[0]}) == 4


def test_mistakes_are_told_by_the_function_itself():
    def mistake(*args):
        with pytest.raises((TypeError, ValueError)) as error:
            os.urandom(*args)
        return str(error.value)

    async def main():
        return list(map(mistake, (-1, "a")))

    assert vtloop.run(main()) == list(map(mistake, (-1, "a")))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_process_of_a_run_has_real_chance():
    async def main():
        if not (child := os.fork()):
            os.write(end, os.urandom(8))
            os._exit(0)
        with vtloop.core.threads.actor.outside():
            os.waitpid(child, 0)
        return os.urandom(8)

    if not hasattr(os, "fork"):
        pytest.skip("no fork")
    start, end = os.pipe()
    mine = {vtloop.run(main()) for _ in range(2)}
    assert len(mine) == 1
    assert len({os.read(start, 8), os.read(start, 8), *mine}) == 3
    os.close(start)
    os.close(end)


def test_each_case_of_a_sweep_draws_the_same():
    seen = set()

    async def main():
        seen.add(uuid.uuid4())
        await asyncio.sleep(1)

    assert sweep(main).ok
    assert len(seen) == 1


@pytest.mark.once
def test_chance_goes_on_from_one_loop_of_a_script_to_the_next(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio, uuid\n"
        "async def main(): return uuid.uuid4()\n"
        "print(uuid.uuid4(), asyncio.run(main()), asyncio.run(main()))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-m", "vtloop", "run", *options, script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        ).stdout
        for options in ([], ["--seed", "0"])
    }
    (output,) = outputs
    assert len(set(output.split())) == 3


@pytest.mark.once
def test_tests_draw_each_their_own_and_the_same_each_time(run_tests, tmp_path):
    tests = f"""
        import asyncio, uuid, pytest

        pytestmark = pytest.mark.vtloop

        def note(what):
            with open({str(tmp_path / "noted")!r}, "a") as file:
                print(what, uuid.uuid4(), file=file)

        @pytest.fixture
        async def made():
            note("fixture")

        @pytest.fixture(scope="module")
        async def shared():
            note("shared")

        @pytest.mark.parametrize("number", [1, 2])
        async def test_own(number):
            note(f"test {{number}}")
            await asyncio.sleep(1)
            note(f"test {{number}}")

        async def test_with_a_fixture(made):
            note("with a fixture")

        async def test_with_a_shared_fixture(shared):
            note("with a shared fixture")
        """
    run_tests(tests).result.assert_outcomes(passed=4)
    first = (tmp_path / "noted").read_text().splitlines()
    (tmp_path / "noted").unlink()
    run_tests(tests, "-k", "not 1").result.assert_outcomes(passed=3, deselected=1)
    again = (tmp_path / "noted").read_text().splitlines()
    assert len({line.split()[-1] for line in first}) == len(first) == 8
    assert again == first[2:]
