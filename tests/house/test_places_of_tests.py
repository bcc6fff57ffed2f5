"""Each test is where one looks for it, as tests/README.md says."""

import re
from collections import Counter
from pathlib import Path

import vtloop

TESTS = Path(__file__).parents[1]
HOUSE = Path(vtloop.__file__).parent


def packages_in(folder):
    return {path.parent.name for path in folder.glob("*/__init__.py")}


def folders_in(folder):
    return {path.name for path in folder.iterdir() if path.is_dir()} - {"__pycache__"}


def test_the_table_of_folders_is_true():
    rows = re.findall(r"^\| `(\w+)` \|", (TESTS / "README.md").read_text("utf-8"), re.MULTILINE)
    assert Counter(rows) == Counter(folders_in(TESTS))


def test_each_room_has_a_folder_of_tests():
    without_tests = {"private"}  # whose names tests/proof/test_private_names.py has
    assert packages_in(HOUSE) - without_tests <= folders_in(TESTS)


def test_every_file_of_tests_is_in_a_folder_and_has_a_name_of_its_own():
    assert [path.name for path in TESTS.glob("*.py")] == ["conftest.py"]
    names = Counter(path.name for path in TESTS.rglob("test_*.py"))
    assert not [name for name, count in names.items() if count > 1]
