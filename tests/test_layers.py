"""The house: lower rooms never import higher ones, and importing the library is cheap."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vtloop
from vtloop import audit, chart, claims, private, strategies, sweep

HOUSE = Path(vtloop.__file__).parent
MODULES = {
    ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in HOUSE.rglob("*.py")
}


def mapped(package):
    """Return the modules that the map in a package's docstring names, from the bottom up.

    Nothing is mapped in what is no package.
    """
    text = package.__doc__ if package else ""
    return re.findall(r"`(\w+)`", text.partition("A map of the package")[2])


PACKAGES = {
    "audit": audit,
    "chart": chart,
    "claims": claims,
    "private": private,
    "strategies": strategies,
    "sweep": sweep,
}

# A package stands above its modules.
MAP = [
    name
    for room in mapped(vtloop)
    for name in [*(f"{room}.{inner}" for inner in mapped(PACKAGES.get(room))), room]
]
FLOOR_OF = {name: floor for floor, name in enumerate([*MAP, "__init__"])}


def imports_of(path: Path) -> set[str]:
    """Return the modules of the house that a module imports, wherever in it, types aside."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            there = {name for name in names if name.removeprefix("vtloop.") in FLOOR_OF}
            found |= there | ({node.module or ""} if names - there else set())
    ours = {name for name in found if name.split(".")[0] == "vtloop"}
    return {name.removeprefix("vtloop").removeprefix(".") or "__init__" for name in ours}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_from_those_below_it(name):
    for imported in imports_of(MODULES[name]) - {"__init__"}:
        assert FLOOR_OF[imported] < FLOOR_OF[name], f"{name} imports {imported}"


def test_the_maps_of_the_packages_name_every_module():
    assert sorted(MAP) == sorted(MODULES.keys() - {"__init__"})


def test_importing_the_library_loads_no_optional_package():
    heavy = {"matplotlib", "hypothesis", "pytest", "IPython", "time_machine", "numpy", "pathlib"}
    code = f"import sys, vtloop; print(sorted({heavy | {'tqdm'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_the_library_loads_asyncio_only_when_it_is_used():
    code = (
        "import sys, vtloop; print('asyncio' in sys.modules); "
        "vtloop.simulate; print('asyncio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_type_checkers_are_told_of_each_public_name_where_it_is():
    tree = ast.parse(MODULES["__init__"].read_text())
    told = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    homes = {name: f"vtloop.{home}" for name, home in vtloop._HOMES.items()}
    assert told == homes | dict.fromkeys(vtloop._MODULES, "vtloop")


def test_a_module_for_users_is_there_without_an_import_of_its_own():
    code = "import vtloop; print(vtloop.marbles.marbles.__name__, vtloop.mermaid.gantt.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["marbles", "gantt"]


def test_every_public_name_is_there_and_documented():
    assert set(vtloop.__all__) <= set(dir(vtloop))
    assert len(vtloop.__all__) <= 20
    for name in vtloop.__all__:
        assert getattr(vtloop, name).__doc__, name
        assert name not in FLOOR_OF, f"{name} is a module as well"


@pytest.mark.parametrize("first", ["private.events", "growth", "sweep", "testing"])
def test_whichever_module_is_imported_first_asyncio_is_as_it_is(first):
    code = (
        f"import vtloop.{first}, vtloop, asyncio\n"
        "assert asyncio.Task is asyncio.tasks._CTask\n"
        "async def main(): return asyncio.current_task() is not None\n"
        "assert vtloop.run(main()) and asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
