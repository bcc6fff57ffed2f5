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
    monkeypatch.setattr("vtloop.views.mermaid.escape", lambda text, **how: text)
    texts = {name: write(runs[name]) for name in runs if name.startswith(("hostile", "awkward"))}
    told = mermaid.evaluate(PARSE, texts)
    assert any("Parse error" in error for error in told.values())


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


# Return what stands in the bars of a Gantt chart, by the class that gives them their colours.
BARS = """async text => {
    document.body.innerHTML = (await mermaid.render("diagram", text)).svg;
    const found = {};
    for (const bar of document.querySelectorAll("rect.task:not(.milestone)")) {
        const kind = bar.className.baseVal.replace(/^task (.*\\D)\\d+$/, "$1");
        (found[kind] ??= []).push(document.getElementById(`${bar.id}-text`).textContent.trim());
    }
    return found;
}"""


def test_mermaid_tells_waits_for_primitives_from_others_by_their_colours(mermaid, runs):
    bars = mermaid.evaluate(BARS, gantt(runs["everything"]))
    assert bars["crit"] == ["item of Queue 'queue'", *["Semaphore 'semaphore'"] * 2]
    assert bars["task"] == ["TaskGroup: 4 tasks", "sleeper"]
    assert bars["doneCrit"] == ["ready"]
    assert {words.split()[0] for words in bars["done"]} == {"sleep"}
    assert "blocks 0.3 s" in bars["active"]
    assert bars.keys() == {"crit", "task", "doneCrit", "done", "active"}


def as_it_is(name):
    """Return a name as it is when Mermaid has replaced the entities in it."""
    return re.sub(r"#(\d+);", lambda entity: chr(int(entity[1])), escape(name))
