"""Mermaid text in Mermaid itself: it is parsed, and what is drawn shows each name as it is."""

import re

import pytest

from vtloop.timeline.participants import shown, told_apart
from vtloop.views.mermaid import escape, gantt, sequence

# Return for each text the type of diagram that it was parsed as, or the error.
PARSE = """async texts => {
    const told = {};
    for (const [name, text] of Object.entries(texts))
        told[name] = await mermaid.parse(text).then((found) => found.diagramType, String);
    return told;
}"""
# Return the labels of a diagram.
DRAW = """async text => {
    document.body.innerHTML = (await mermaid.render("diagram", text)).svg;
    return [...document.querySelectorAll("text")].map((label) => label.textContent);
}"""


def parsed(mermaid, timelines):
    """Have the texts of timelines parsed, and return those of another type than they should be."""
    wanted, texts = {}, {}
    for name, timeline in timelines.items():
        for write, kind in ((gantt, "gantt"), (sequence, "sequence")):
            wanted[f"{name}, {kind}"], texts[f"{name}, {kind}"] = kind, write(timeline)
    told = mermaid.evaluate(PARSE, texts)
    assert told.keys() == wanted.keys()
    return {name: found for name, found in told.items() if found != wanted[name]}


def test_mermaid_parses_the_texts_of_all_scenarios(mermaid, scenario_runs):
    assert len(scenario_runs) > 20
    assert parsed(mermaid, scenario_runs) == {}


def test_mermaid_parses_whatever_tasks_are_called(mermaid, runs):
    assert parsed(mermaid, runs) == {}


@pytest.mark.parametrize("write", [gantt, sequence])
def test_mermaid_refuses_a_text_without_escapes(mermaid, runs, write, monkeypatch):
    monkeypatch.setattr("vtloop.views.mermaid.escape", str)
    (error,) = mermaid.evaluate(PARSE, {"": write(runs["hostile"])}).values()
    assert "Parse error" in error


@pytest.mark.parametrize("write", [gantt, sequence])
def test_mermaid_draws_each_name_as_it_is(mermaid, runs, write):
    complaints = []
    mermaid.on("console", lambda message: complaints.append(message.text))
    for name in runs:
        if name != "many":
            labels = set(mermaid.evaluate(DRAW, write(runs[name])))
            for shown_as in told_apart(shown(runs[name]), lambda lane: 60).values():
                assert as_it_is(shown_as) in labels
    assert complaints == []


def as_it_is(name):
    """Return a name as it is when Mermaid has replaced the entities in it."""
    return re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), escape(name))
