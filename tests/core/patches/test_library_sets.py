"""Installed libraries that use asyncio go through their sets in order, whatever they keep there."""

import asyncio
import gc
import importlib
import os
import random
import shutil
import subprocess
import sys
import weakref

import anyio
import pytest

import vtloop
from vtloop.core.patches.library_sets import makes_sets
from vtloop.core.sets import OrderedSet
from vtloop.values.source import PACKAGE

LIBRARY = """
import asyncio

class Connection:  # hashes by its address
    pass

class Pool:
    def __init__(self):
        self.used = set()

    async def connect(self):
        await asyncio.sleep(0)
        self.used.add(connection := Connection())
        return connection

    async def close(self):
        return list(self.used)
"""


@pytest.fixture
def library(tmp_path, monkeypatch, request):
    """Return a function that installs a library, and returns its name."""

    def install(source, package="site-packages"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "a_library.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path / package)
        monkeypatch.delitem(sys.modules, "a_library", raising=False)
        return "a_library"

    yield install
    sys.modules.pop("a_library", None)


def closed(pool):
    """Return the order in which a pool closes many connections, in a run."""

    async def main():
        connections = [await pool.connect() for _ in range(100)]
        random.shuffle(trash)
        return [connections.index(one) for one in await pool.close()]

    trash = [object() for _ in range(1000)]
    return vtloop.run(main())


@pytest.mark.parametrize("when", ["before the run", "in the run"])
def test_a_pool_closes_its_connections_in_the_order_in_which_it_opened_them(library, when):
    async def main():
        return importlib.import_module(name).Pool()

    name = library(LIBRARY)
    if when == "before the run":
        importlib.import_module(name)
    pool = vtloop.run(main())
    assert closed(pool) == list(range(100))
    module = sys.modules[name]
    assert "set" not in vars(module)
    assert type(module.Pool().used) is set


def test_a_library_that_is_imported_again_is_looked_at_again(library):
    """Even where the new module lies at the address of the one that is gone."""

    async def main():
        return importlib.import_module(name).Pool()

    name = library(LIBRARY)
    for _ in range(10):
        sys.modules.pop(name, None)
        gc.collect()
        assert type(vtloop.run(main()).used) is OrderedSet


def test_a_group_of_anyio_has_one_schedule():
    async def main():
        async def boom():
            await anyio.sleep(1)
            raise ValueError

        try:
            async with anyio.create_task_group() as group:
                group.start_soon(boom)
                group.start_soon(anyio.sleep, 5)
        except* ValueError:
            pass

    assert len({vtloop.simulate(main).digest() for _ in range(100)}) == 1


def test_scopes_of_anyio_within_scopes_are_cancelled_in_order():
    async def main():
        ended = []

        async def nest(name, depth=3):
            try:
                with anyio.CancelScope():
                    await (nest(name, depth - 1) if depth else anyio.sleep(10))
            finally:
                ended.append((name, depth))

        with anyio.move_on_after(1):
            async with anyio.create_task_group() as group:
                for name in range(20):
                    group.start_soon(nest, name)
        return ended

    runs = {str(vtloop.run(main())) for _ in range(20)}
    assert runs == {str([(name, depth) for name in range(20) for depth in range(4)])}


def test_weak_sets_that_are_made_in_a_run_iterate_in_order():
    class Client:
        pass

    async def main():
        clients = [Client() for _ in range(100)]
        known = weakref.WeakSet(clients)
        del clients[50:60]
        await asyncio.sleep(1)
        return [clients.index(client) for client in known]

    assert vtloop.run(main()) == list(range(90))
    assert type(weakref.WeakSet().data) is set


PARTS = {
    "a call": ("return set()", True),
    "a call in a class": ("pass\nclass Pool:\n    def __init__(self): self.used = set()", True),
    "a call in a function within": ("return lambda: set()", True),
    "a property": ("pass\nclass Pool:\n    @property\n    def used(self): return set()", True),
    "a static method": ("pass\nclass Pool:\n    @staticmethod\n    def f(): return set()", True),
    "an argument": ("return collections.defaultdict(set)", True),
    "a test of a type": ("return set() if isinstance(x, set) else x", True),
    "no set": ("return x.set()", False),
    "a comparison of types": ("return set() if type(x) is set else x", False),
    "one of some types": ("return set() if type(x) in (set, list) else x", False),
    "a table of types": ("return set() or {set: list}[type(x)]", False),
}


@pytest.mark.parametrize(("body", "is_one"), PARTS.values(), ids=PARTS)
def test_a_module_is_left_alone_if_it_compares_types(library, body, is_one):
    name = library(f"import asyncio, collections\ndef f(x=()):\n    {body}\n")
    assert makes_sets(importlib.import_module(name)) == is_one


def test_modules_that_have_nothing_to_do_with_asyncio_or_were_not_installed_are_left_alone(library):
    name = library("import collections\ndef f(): return set()\n")
    assert not makes_sets(importlib.import_module(name))
    del sys.modules[name]
    name = library(LIBRARY, package="src")
    assert not makes_sets(importlib.import_module(name))
    assert not makes_sets(asyncio.tasks)


def test_the_types_that_a_library_tests_for_are_those_of_any_set(library):
    name = library(
        "import asyncio\n"
        "def kinds(*things): return [isinstance(thing, set) for thing in things]\n"
        "def made(): return set()\n"
    )

    async def main():
        module = importlib.import_module(name)
        return module.kinds({1}, module.made(), frozenset(), [])

    assert vtloop.run(main()) == [True, True, False, False]


def test_a_failed_import_in_a_run_has_the_traceback_of_any_other(tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "program.py").write_text(
        "import asyncio, traceback, vtloop\n"
        "async def main():\n"
        "    for name in ('broken', 'missing'):\n"
        "        try: exec(f'import {name}')\n"
        "        except Exception as error:\n"
        "            print(*[f.name for f in traceback.extract_tb(error.__traceback__)])\n"
        "asyncio.run(main())\n"
        "vtloop.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert lines[:2] == lines[2:]


def test_a_library_that_wraps_a_function_in_c_is_looked_at(library):
    name = library(
        "import asyncio, functools\n\n"
        "@functools.wraps(list.append)\n"
        "def add(items, item):\n    return set(items) | {item}\n"
    )
    assert makes_sets(importlib.import_module(name))


def test_a_package_that_is_installed_as_a_copy_runs_and_is_no_library_of_its_own(tmp_path):
    """Most tests run the package where it lies: here it is one of site-packages."""
    shutil.copytree(PACKAGE, tmp_path / "site-packages" / "vtloop")
    program = (
        "import asyncio, vtloop\n"
        "assert 'site-packages' in vtloop.__file__\n"
        "from vtloop.core.patches.library_sets import makes_sets\n"
        "from vtloop.sweep import sweep\n"
        "async def main(): await asyncio.sleep(1)\n"
        "print(vtloop.simulate(main).elapsed, sweep(main).ok)\n"
        "import sys\n"
        "print([m for m in sys.modules if m.startswith('vtloop') and makes_sets(sys.modules[m])])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site-packages")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["1.0 True", "[]"], done.stderr
