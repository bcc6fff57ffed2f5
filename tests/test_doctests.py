"""The examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest

MODULES = ["vtloop", "vtloop.claims", "vtloop.growth", "vtloop.marbles", "vtloop.simulation"]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_module_are_true(name):
    found = doctest.testmod(import_module(name))
    assert found.failed == 0
