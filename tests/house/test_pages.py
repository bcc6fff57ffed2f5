"""Pages name files and tests that there are; that of tricks gives each a reason and a test."""

import re
from pathlib import Path

import pytest

import vtloop

HOUSE = Path(vtloop.__file__).parent
TESTS = Path(__file__).parents[1]
DOCS = TESTS.parent / "docs"
PAGE = DOCS / "tricks.md"
COLUMNS = 4


@pytest.fixture(scope="module")
def rows():
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "what is done"]


def test_each_trick_has_a_reason_a_figure_or_none_and_a_test(rows):
    assert len(rows) > 30
    for row in rows:
        assert len(row) == COLUMNS, row
        assert all(row), row
        assert re.fullmatch(r"`test_\w+`", row[-1]), row


def test_each_test_that_is_named_exists(rows):
    found = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    there = set(re.findall(r"^(?:async )?def (test_\w+)\(", found, re.MULTILINE))
    assert {row[-1].strip("`") for row in rows} <= there


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_each_file_that_is_named_exists(page):
    text = page.read_text("utf-8")
    for name in re.findall(r"`([\w/]+\.py)`", text):
        assert (HOUSE / name).is_file() or (TESTS.parent / name).is_file(), name
    for link in re.findall(r"\]\(((?!https:)[^)]+)\)", text):
        assert (page.parent / link).is_file(), link
