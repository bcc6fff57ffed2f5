"""The words of the house mean the same wherever they are explained."""

import re
from pathlib import Path

import vtloop

README = Path(vtloop.__file__).parents[1] / "README.md"


def words(text):
    """Return the lines of a glossary, from its first word on."""
    return re.search(r"^- \*run\*: .*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)[0].splitlines()


def test_the_readme_and_the_package_explain_the_same_words():
    assert words(README.read_text("utf-8")) == words(vtloop.__doc__)
