"""The house: lower rooms never import higher ones, and importing the library is cheap."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vtloop

PACKAGE = Path(vtloop.__file__).parent

# The map in the package's docstring, from the bottom up.
MAP = re.findall(r"`(\w+)`", (vtloop.__doc__ or "").partition("A map of the package")[2])
FLOOR_OF = {module: floor for floor, module in enumerate(MAP)} | {"__init__": len(MAP)}


def imports_of(path: Path) -> set[str]:
    """Return the modules of the package that a module imports, wherever in it, types aside."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "vtloop":
            names = [alias.name for alias in node.names]
            found |= {name if name in FLOOR_OF else "__init__" for name in names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vtloop."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {
                [*alias.name.split("."), "__init__"][1]
                for alias in node.names
                if alias.name.split(".")[0] == "vtloop"
            }
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_a_module_imports_only_from_those_below_it(path):
    for imported in imports_of(path) - {"__init__"}:
        assert FLOOR_OF[imported] < FLOOR_OF[path.stem], f"{path.stem} imports {imported}"


def test_the_map_of_the_package_names_every_module():
    assert sorted(MAP) == sorted({path.stem for path in PACKAGE.glob("*.py")} - {"__init__"})


def test_importing_the_library_loads_no_optional_package():
    heavy = "{'matplotlib', 'hypothesis', 'pytest', 'IPython', 'time_machine', 'numpy', 'pathlib'}"
    code = f"import sys, vtloop; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_documented():
    assert len(vtloop.__all__) <= 20
    for name in vtloop.__all__:
        assert getattr(vtloop, name).__doc__, name
        assert name not in FLOOR_OF, f"{name} is a module as well"
