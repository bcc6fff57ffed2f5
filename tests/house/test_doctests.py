"""The examples in docstrings and in the README's section on claims are true."""

import doctest
import linecache
import re
from importlib import import_module
from pathlib import Path

import pytest

from vtloop.claims import task
from vtloop.errors import ClaimError
from vtloop.simulation.simulation import simulate

MODULES = [
    "vtloop",
    "vtloop.claims",
    "vtloop.histories",
    "vtloop.simulation.growth",
    "vtloop.marbles",
    "vtloop.simulation.simulation",
    "vtloop.strategies",
]
README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_module_are_true(name):
    assert doctest.testmod(import_module(name)).failed == 0


def test_what_the_readme_says_of_claims_is_true(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = README.read_text("utf-8").partition("\n## Claims\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```(?:python)?\n(.*?)```", section, re.DOTALL)
    program, message = "import asyncio\nimport vtloop\n" + blocks[0], blocks[1]

    file = tmp_path / "downloads.py"
    file.write_text(program)
    linecache.checkcache()
    names = {}
    exec(compile(program, str(file), "exec"), names)
    names["test_downloads_go_through_the_gate_two_at_a_time"]()

    with pytest.raises(ClaimError) as caught:
        task("download#4").finishes.at(3).check(simulate(names["main"]))
    assert f"vtloop.errors.ClaimError: {caught.value}\n" == message
