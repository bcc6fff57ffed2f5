"""A sweep goes on from what an earlier one has written down, and from nothing else."""

import functools
import json

import pytest

from tests.support import swept
from vtloop.sweep import sweep


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


def test_a_sweep_that_was_cut_short_goes_on_and_comes_to_the_same(journal):
    cases = []

    def stop_at_50(outcome):
        cases.append(str(outcome.case))
        if len(cases) == 50:
            raise KeyboardInterrupt

    whole = sweep(swept.leaky, check=stop_at_50_never)
    with pytest.raises(KeyboardInterrupt):
        sweep(swept.leaky, check=named(stop_at_50), resume=journal)
    first = cases[2:-1]
    assert len(tokens(journal)) == 47
    cases.append("more")
    resumed = sweep(swept.leaky, check=named(stop_at_50), resume=journal)
    assert not set(first) & set(cases[53:])
    assert resumed.tallies == whole.tallies
    assert resumed.problems == whole.problems
    assert str(resumed) == str(whole)


def named(check):
    """Give each check the same name, by which a journal knows it."""
    check.__qualname__ = "check"
    return check


@named
def stop_at_50_never(outcome):
    pass


def tokens(journal):
    return [json.loads(line)["case"] for line in journal.read_text().splitlines()[1:]]


def test_a_sweep_that_is_complete_tries_nothing_again(journal):
    first = sweep(swept.leaky, resume=journal, budget=20)
    written = journal.read_text()
    assert len(tokens(journal)) == sum(tally.tried for tally in first.tallies.values())
    assert sweep(swept.leaky, resume=journal, budget=20, max_seconds=0) == first
    assert journal.read_text() == written


def test_a_greater_budget_tries_what_is_left(journal):
    sweep(swept.leaky, resume=journal, budget=20)
    assert sweep(swept.leaky, resume=journal) == sweep(swept.leaky)
    assert len(set(tokens(journal))) == len(tokens(journal))


def test_a_line_that_was_not_written_to_its_end_does_not_count(journal):
    whole = sweep(swept.leaky, classes="AB", resume=journal)
    text = journal.read_text()
    journal.write_text(text[:-9])
    assert sweep(swept.leaky, classes="AB", resume=journal) == whole
    assert journal.read_text() == text


def test_what_was_missed_and_found_is_remembered(journal):
    runs = []

    async def forgetful():
        runs.append(None)
        if len(runs) < 4:
            await swept.safe()

    first = sweep(forgetful, classes="AB", resume=journal)
    assert first.missed
    runs.clear()
    assert sweep(forgetful, classes="AB", resume=journal).missed == first.missed


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"program": swept.safe}, "program is 'tests.support.swept:leaky', and that of this one"),
        ({"classes": "AC"}, "classes is 'AB', and that of this one 'AC'"),
        ({"victim": "query"}, "victim is 'None', and that of this one 'query'"),
        ({"seed": 7}, "seed is '0', and that of this one '7'"),
        ({"oracles": []}, "list of oracles is "),
        (
            {"check": swept.judges_nothing},
            "check is '', and that of this one 'tests.support.swept:",
        ),
    ],
)
def test_a_journal_of_another_sweep_is_refused(journal, options, what):
    sweep(swept.leaky, classes="AB", resume=journal)
    written = journal.read_text()
    with pytest.raises(ValueError, match=what):
        sweep(**{"program": swept.leaky, "classes": "AB", "resume": journal, **options})
    assert journal.read_text() == written


@pytest.mark.parametrize("text", ["something else\n", "[1, 2]\n", '{"a": 1}\n', "no end of a line"])
def test_a_file_that_is_no_journal_is_refused_and_left_as_it_is(journal, text):
    journal.write_text(text)
    with pytest.raises(ValueError, match="is no file of a sweep; give the path of another file"):
        sweep(swept.safe, resume=journal)
    assert journal.read_text() == text


def test_a_program_whose_source_has_changed_is_another_one(journal, tmp_path):
    path = tmp_path / "changing.py"
    path.write_text(source := "async def main(): pass\n")
    code = compile(source, str(path), "exec")
    names = {"__name__": "changing"}
    exec(code, names)
    sweep(names["main"], classes="AB", resume=journal)
    path.write_text(source + "# a comment\n")
    with pytest.raises(ValueError, match="its source is"):
        sweep(names["main"], classes="AB", resume=journal)


def test_a_program_without_a_source_can_be_resumed(journal):
    program = functools.partial(swept.leaky)
    assert sweep(program, classes="A", resume=journal).tallies == (
        sweep(program, classes="A", resume=journal).tallies
    )
