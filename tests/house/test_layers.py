"""The house: lower rooms never import higher ones, and importing the library is cheap."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import vtloop

HOUSE = Path(vtloop.__file__).parent
MODULES = {
    ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in HOUSE.rglob("*.py")
}
DOORS = {
    *("trace", "choices", "chart", "marbles", "mermaid", "perfetto", "words"),
    *("pytest_plugin", "__main__"),
}
UP = {
    ("timeline.timeline", "views.formats"),  # a timeline shows itself, when it is asked to
}
MOST = 12  # files at the root of the package
LONGEST = 400  # lines
PICTURE = "The rooms of the house"
MAP_OF_PACKAGE = "A map of the package"


@cache
def doc(name):
    """Return the docstring of a module."""
    return ast.get_docstring(ast.parse(MODULES[name].read_text())) or ""


def named(text):
    """Return the modules that a map names, in its order: at the beginnings of its points."""
    points = re.findall(r"^- ((?:`\w+`,?\s+)*`\w+`):", text, re.MULTILINE)
    return [name for point in points for name in re.findall(r"`(\w+)`", point)]


ROOMS = named(doc("__init__").partition(PICTURE)[2])


def mapped(package):
    """Yield the modules of a package from the bottom up, with those of its packages."""
    for name in named(doc(package).partition(MAP_OF_PACKAGE)[2]):
        yield from mapped(f"{package}.{name}")
    yield package


MAP = [name for room in ROOMS for name in mapped(room)]
FLOOR_OF = {name: floor for floor, name in enumerate([*MAP, *sorted(DOORS), "__init__"])}


def allowed(room):
    """Return the rooms that a room may import, as it says itself."""
    said = re.search(r"^May import: ([^.]*)\.", doc(room), re.MULTILINE)
    if said is None:
        return set()
    if said[1].startswith("everything else"):
        return {*ROOMS} - {room}
    return set(re.findall(r"`(\w+)`", said[1]))


@cache
def imports_of(path):
    """Return the modules of the house that a module imports, wherever and by whatever."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            there = {name for name in names if name.removeprefix("vtloop.") in FLOOR_OF}
            found |= there | ({node.module or ""} if names - there else set())
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
            found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    ours = {name for name in found if name.split(".")[0] == "vtloop"}
    return {name.removeprefix("vtloop").removeprefix(".") or "__init__" for name in ours}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - DOORS - {"__init__"}))
def test_a_module_imports_only_from_those_below_it_so_that_there_is_no_circle(name):
    for imported in imports_of(MODULES[name]) - {"__init__"}:
        is_below = FLOOR_OF[imported] < FLOOR_OF[name] or (name, imported) in UP
        assert is_below, f"{name} imports {imported}"


def test_what_may_be_imported_from_above_still_is():
    assert all(imported in imports_of(MODULES[name]) for name, imported in UP)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_that_it_says_for_types_too(room):
    inside = [name for name in MODULES if name.split(".")[0] == room]
    for name in inside:
        for imported in imports_of(MODULES[name]) - {"__init__"}:
            other = imported.split(".")[0]
            is_said = other in {room, *allowed(room)} or (name, imported) in UP
            assert is_said, f"{name} imports {imported}"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_may_import_only_rooms_below_it_and_needs_each(room):
    below = {*ROOMS[: ROOMS.index(room)]}
    assert allowed(room) <= below
    inside = [name for name in MODULES if name.split(".")[0] == room]
    needed = {one.split(".")[0] for name in inside for one in imports_of(MODULES[name])}
    if room != "integrations":
        assert allowed(room) <= needed, "what it does not import any more, it need not say"


def test_the_picture_of_the_design_is_what_the_rooms_say():
    """It leaves out the arrows to what can be reached along others."""

    def reached(room):
        return {one for lower in may[room] for one in (lower, *reached(lower))}

    may = {room: allowed(room) & {*ROOMS} for room in ROOMS}
    arrows = {
        (room, lower)
        for room in ROOMS
        for lower in may[room]
        if not any(lower in reached(other) for other in may[room])
    }
    page = (HOUSE.parent / "docs" / "design.md").read_text("utf-8")
    assert {*re.findall(r"^ +(\w+) --> (\w+)$", page, re.MULTILINE)} == arrows


def test_the_rooms_and_their_maps_name_every_module():
    assert sorted([*MAP, *DOORS]) == sorted(MODULES.keys() - {"__init__"})


def test_few_files_lie_outside_of_the_rooms():
    assert len([*HOUSE.glob("*.*")]) <= MOST


def test_no_module_is_long():
    lines = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: many for name, many in lines.items() if many > LONGEST} == {}


@pytest.mark.parametrize("door", sorted(DOORS))
def test_behind_a_door_is_a_room(door):
    text = MODULES[door].read_text()
    assert len(text.splitlines()) <= MOST
    assert {name.split(".")[0] for name in imports_of(MODULES[door])} <= {*ROOMS}


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
    assert len(vtloop.__all__) <= 21
    for name in vtloop.__all__:
        assert getattr(vtloop, name).__doc__, name
        assert name not in FLOOR_OF, f"{name} is a module as well"


@pytest.mark.parametrize(
    "first", ["private.events", "simulation.growth", "sweep", "integrations.pytest.one_test"]
)
def test_whichever_module_is_imported_first_asyncio_is_as_it_is(first):
    code = (
        f"import vtloop.{first}, vtloop, asyncio\n"
        "assert asyncio.Task is asyncio.tasks._CTask\n"
        "async def main(): return asyncio.current_task() is not None\n"
        "assert vtloop.run(main()) and asyncio.run(main())"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
