"""The scenarios and what is said of them, for parametrized tests."""

import sys

import pytest

from scenarios.catalogue import SCENARIOS, Scenario
from scenarios.transcript import Transcript

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def needs_its_python(scenario: Scenario):
    needed = ".".join(map(str, scenario.min_python))
    too_old = sys.version_info < scenario.min_python
    return pytest.mark.skipif(too_old, reason=f"needs Python {needed}")


def named(scenarios):
    """Return scenarios as parameters."""
    return [pytest.param(one, id=one.name, marks=needs_its_python(one)) for one in scenarios]


def statements():
    """Return each statement with its scenario, as parameters."""
    return [
        pytest.param(scenario, said, id=f"{scenario.name}-{n}", marks=needs_its_python(scenario))
        for scenario in SCENARIOS
        for n, said in enumerate(scenario.statements, start=1)
    ]


def statement(name: str, words: str):
    """Return a scenario and what is said of it in words that begin so."""
    scenario = BY_NAME[name]
    (said,) = (said for said in scenario.statements if said.words.startswith(words))
    return scenario, said


def golden(scenario: Scenario) -> Transcript:
    """Return the transcript that a scenario has to have."""
    return Transcript.parse(scenario.golden.read_text("utf-8"))
