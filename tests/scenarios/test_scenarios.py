"""The scenarios: each prints its golden transcript, and every claim comes out as expected.

A check that cannot fail shows nothing. So the second half changes transcripts, as a wrong asyncio
would, and watches the verdicts change with them.
"""

import ast
import dataclasses
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from fractions import Fraction

import pytest

import scenarios.__main__ as command_line
from scenarios.catalogue import HERE, SCENARIOS, Scenario
from scenarios.claims import HALF_TRUE, HOLDS, NOT_SHOWN, REFUTED, Claim
from scenarios.transcript import Line, NotShown, ScriptFailed, Transcript, record

pytestmark = pytest.mark.ends

LECTURE_ROWS = range(1, 19)
MACHINERY = {"__init__", "__main__", "catalogue", "claims", "gallery", "lecture", "transcript"}
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def _scenario(scenario: Scenario):
    needed = ".".join(map(str, scenario.min_python))
    too_old = sys.version_info < scenario.min_python
    return pytest.param(
        scenario,
        id=scenario.name,
        marks=pytest.mark.skipif(too_old, reason=f"needs Python {needed}"),
    )


def _golden(name: str) -> Transcript:
    return Transcript.parse(BY_NAME[name].golden.read_text("utf-8"))


def _claim(name: str, words: str) -> Claim:
    (claim,) = (claim for claim in BY_NAME[name].claims if claim.words.startswith(words))
    return claim


def _changed(
    transcript: Transcript, *changes: tuple[float | Fraction, str, float | Fraction, str]
) -> Transcript:
    """The transcript with lines (at, text) replaced by (at, text), sorted by time again."""
    lines = list(transcript)
    for at, text, new_at, new_text in changes:
        (line,) = (line for line in lines if (line.at, line.text) == (Fraction(at), text))
        new = dataclasses.replace(line, at=Fraction(new_at), text=new_text)
        lines[lines.index(line)] = new
    return Transcript(tuple(sorted(lines, key=lambda line: line.at)))


# --- Golden transcripts and verdicts -------------------------------------------------------------


@pytest.mark.parametrize("scenario", [_scenario(scenario) for scenario in SCENARIOS])
def test_a_scenario_prints_its_golden_transcript_and_bears_out_its_claims(scenario):
    output = record(scenario.script, wall_clock=scenario.wall_clock)
    assert output == scenario.golden.read_text("utf-8")

    transcript = Transcript.parse(output)
    verdicts = {claim.words: claim.judge(transcript) for claim in scenario.claims}
    surprises = [
        f"{claim.words}: {verdicts[claim.words]}"
        for claim in scenario.claims
        if verdicts[claim.words].outcome is not claim.expected
    ]
    assert not surprises


def _times_of_day(output: str) -> list[timedelta]:
    """Return what is printed as HH:MM:SS, from the first of them on."""
    found = [
        timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
        for hours, minutes, seconds in re.findall(r"\b(\d\d):(\d\d):(\d\d)\b", output)
    ]
    return [time - found[0] for time in found]


@pytest.mark.parametrize(
    "scenario", [_scenario(scenario) for scenario in SCENARIOS if scenario.wall_clock]
)
def test_times_of_day_that_a_scenario_prints_differ_by_what_was_waited_for_with_no_option(scenario):
    times = _times_of_day(record(scenario.script))
    assert times == _times_of_day(scenario.golden.read_text("utf-8"))
    assert times[-1] > timedelta(0)


def test_what_the_lecture_got_wrong_is_known():
    expected = Counter(claim.expected for scenario in SCENARIOS for claim in scenario.claims)
    assert (expected[REFUTED], expected[HALF_TRUE], expected[NOT_SHOWN]) == (1, 1, 0)
    assert _claim("gather_one_raises", "error occured").expected is REFUTED
    assert _claim("shield_and_cancellation", "if the caller is cancelled").expected is HALF_TRUE


# --- The catalogue is whole ----------------------------------------------------------------------


def test_every_example_of_the_lecture_is_covered_and_the_numbers_are_in_order():
    numbers = [scenario.number for scenario in SCENARIOS]
    assert numbers == list(range(1, len(SCENARIOS) + 1))
    assert set(LECTURE_ROWS) <= set(numbers)
    assert all(scenario.claims for scenario in SCENARIOS)


def test_every_script_is_in_the_catalogue_and_has_a_golden_transcript():
    assert {path.stem for path in HERE.glob("*.py")} - MACHINERY == set(BY_NAME)
    assert {path.stem for path in HERE.glob("*.txt")} == set(BY_NAME)


@pytest.mark.parametrize("name", list(BY_NAME))
def test_a_script_is_plain_asyncio_and_says_what_it_shows(name):
    module = ast.parse(BY_NAME[name].script.read_text("utf-8"))
    assert ast.get_docstring(module)
    imported = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= sys.stdlib_module_names


# --- Every check can fail ------------------------------------------------------------------------


def _mutants(transcript: Transcript):
    """Transcripts that are late from some line on, or have one line early, or one end exchanged."""
    lines = transcript.lines
    for i, line in enumerate(lines):
        late = [dataclasses.replace(later, at=later.at + 1) for later in lines[i:]]
        yield Transcript((*lines[:i], *late))
        for j, earlier in enumerate(lines[:i]):
            early = dataclasses.replace(line, at=earlier.at)
            yield Transcript((*lines[:j], early, *lines[j:i], *lines[i + 1 :]))
        for end, other in ("finished", "cancelled"), ("cancelled", "finished"):
            if line.text.endswith(end):
                text = line.text.removesuffix(end) + other
                yield Transcript(
                    (*lines[:i], dataclasses.replace(line, text=text), *lines[i + 1 :])
                )


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        pytest.param(scenario.name, claim, id=f"{scenario.name}-{number}")
        for scenario in SCENARIOS
        for number, claim in enumerate(scenario.claims, start=1)
    ],
)
def test_some_small_change_of_the_transcript_flips_the_verdict_on_every_claim(name, claim):
    golden = _golden(name)
    assert claim.judge(golden).outcome is claim.expected
    flipped = {claim.judge(mutant).outcome for mutant in _mutants(golden)} - {claim.expected}
    assert flipped


CANCELLING_GATHER = """
import asyncio, runpy

async def gather(*coroutines):
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        return [await task for task in tasks]
    except BaseException:
        for task in tasks:
            task.cancel()
        raise

asyncio.gather = gather
runpy.run_path({script!r}, run_name="__main__")
"""


def test_a_gather_that_cancels_the_siblings_turns_the_verdict_round(tmp_path):
    script = tmp_path / "cancelling_gather.py"
    script.write_text(CANCELLING_GATHER.format(script=str(BY_NAME["gather_one_raises"].script)))
    verdict = _claim("gather_one_raises", "error occured").judge(Transcript.parse(record(script)))
    assert str(verdict) == "holds: the loop goes on: sleeper 3 was cancelled at +2 s"


def test_if_gather_cancelled_the_siblings_the_lecture_would_be_right():
    claim = _claim("gather_one_raises", "error occured")
    golden = _golden("gather_one_raises")
    assert (
        str(claim.judge(golden))
        == "refuted: the loop goes on: sleeper 3 was not cancelled, it finished at +3 s"
    )

    mutant = _changed(golden, (3, "sleeper 3 finished", 2, "sleeper 3 cancelled"))
    assert str(claim.judge(mutant)) == "holds: the loop goes on: sleeper 3 was cancelled at +2 s"


def test_half_of_the_claim_about_shield_is_measured_on_the_caller_and_half_on_the_inner_task():
    claim = _claim("shield_and_cancellation", "if the caller is cancelled")
    lines = _golden("shield_and_cancellation").lines
    start = next(line.at for line in lines if line.text == "== shield, the caller is cancelled ==")
    golden = Transcript(lines)
    assert str(claim.judge(golden)) == (
        "half true: shield, the caller is cancelled: caller was cancelled at +1 s;"
        " but inner was not cancelled, it finished at +3 s"
    )

    caller_goes_on = (start + 1, "caller cancelled", start + 3, "caller finished")
    inner_is_lost = (start + 3, "inner finished", start + 1, "inner cancelled")
    assert claim.judge(_changed(golden, caller_goes_on)).outcome is REFUTED
    assert claim.judge(_changed(golden, inner_is_lost)).outcome is HOLDS


def test_a_timeout_raised_before_the_cleanup_is_over_would_be_noticed():
    claim = _claim("wait_for_timeout", "first the coroutine ends")
    mutant = _changed(_golden("wait_for_timeout"), (4, "timeout!", 2, "timeout!"))
    assert str(claim.judge(mutant)) == (
        'refuted: a cleanup of 2 s: first "timeout!" at +1 s, then "cleanup finished" at +3 s'
    )


def test_a_semaphore_that_lets_a_third_one_in_would_be_noticed():
    claim = _claim("semaphore_of_two", "at most 2")
    mutant = _changed(_golden("semaphore_of_two"), (1, "3 enters", 0, "3 enters"))
    assert str(claim.judge(mutant)) == "refuted: at most 3 inside at once"


def test_a_semaphore_that_lets_only_one_in_shows_nothing_about_two():
    claim = _claim("semaphore_of_two", "at most 2")
    mutant = _changed(_golden("semaphore_of_two"), (0, "2 enters", 1.5, "2 enters"))
    one_at_a_time = _changed(mutant, (1, "3 enters", 3, "3 enters"))
    assert claim.judge(one_at_a_time).outcome is NOT_SHOWN


def test_a_lock_whose_orders_differ_in_their_total_would_be_noticed():
    claim = _claim("lock_in_turn", "6 s in all 6 orders")
    golden = _golden("lock_in_turn")
    assert str(claim.judge(golden)) == "holds: every order: each of 6 orders took 6 s"

    *others, last = golden.lines
    late = Transcript((*others, dataclasses.replace(last, at=last.at + 1)))
    assert str(claim.judge(late)) == "refuted: every order: each of 6 orders took 6 s or 7 s"

    assert str(claim.judge(Transcript(tuple(others)))) == (
        "not shown: three have 6 orders, but 5 were tried"
    )


def test_results_in_the_order_of_the_set_would_be_noticed():
    claim = _claim("as_completed_order", "results come in order")
    lines = [
        dataclasses.replace(line, text="order 3 2 1: completed 3 2 1")
        if line.text.startswith("order 3 2 1")
        else line
        for line in _golden("as_completed_order")
    ]
    assert str(claim.judge(Transcript(tuple(lines)))) == (
        "refuted: every order: in 6 orders the results came as 1 2 3 or 3 2 1"
    )


# --- Transcripts ---------------------------------------------------------------------------------


def test_a_transcript_is_read_exactly():
    output = "     0.100  worker A     | a | b\n3600.000000001  -  | == end ==\n"
    assert list(Transcript.parse(output)) == [
        Line(Fraction(1, 10), "worker A", "a | b"),
        Line(3600 + Fraction(1, 10**9), "-", "== end =="),
    ]


def test_what_is_not_a_transcript_is_refused():
    with pytest.raises(ValueError, match="not a line of a transcript"):
        Transcript.parse("hello\n")


def test_the_times_of_a_section_count_from_its_heading():
    output = "1.0 - | == a ==\n2.5 - | x\n3.0 - | == b ==\n3.0 - | y\n"
    transcript = Transcript.parse(output)
    assert list(transcript.section("a")) == [Line(Fraction(3, 2), "-", "x")]
    assert list(transcript.section("b")) == [Line(Fraction(0), "-", "y")]
    with pytest.raises(NotShown, match="no section 'c'"):
        transcript.section("c")


def test_a_script_that_fails_has_no_transcript(tmp_path):
    script = tmp_path / "fails.py"
    script.write_text("print('hello')\nraise ZeroDivisionError\n")
    with pytest.raises(ScriptFailed, match=r"(?s)fails.py ended with exit code 1.*ZeroDivision"):
        record(script)


def test_a_script_that_complains_on_standard_error_has_no_transcript(tmp_path):
    script = tmp_path / "complains.py"
    script.write_text("import sys\nprint('task was never retrieved', file=sys.stderr)\n")
    with pytest.raises(ScriptFailed, match="never retrieved"):
        record(script)


# --- The command line ----------------------------------------------------------------------------


def test_a_run_as_expected_exits_with_0_and_says_so(capsys):
    assert command_line.main(["hello", "7"]) == 0
    printed = capsys.readouterr().out
    assert "refuted    “error occured, everything canceled”" in printed
    assert printed.endswith("2 scenarios, 4 claims: 3 hold, 1 refuted; all as expected\n")


def test_a_transcript_unlike_the_golden_one_exits_with_1_and_shows_the_difference(
    capsys, monkeypatch
):
    slow = BY_NAME["hello"].golden.read_text("utf-8").replace("2.000", "3.000")
    monkeypatch.setattr(command_line, "record", lambda script, *, wall_clock: slow)
    assert command_line.main(["hello"]) == 1
    printed = capsys.readouterr().out
    assert "+     3.000" in printed
    assert "not as expected: hello prints something else, hello claims" in printed


def test_a_failing_script_exits_with_1_and_shows_its_errors(capsys, monkeypatch):
    def fail(script, *, wall_clock):
        raise ScriptFailed("ZeroDivisionError")

    monkeypatch.setattr(command_line, "record", fail)
    assert command_line.main(["hello"]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_update_rewrites_a_golden_transcript(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("scenarios.catalogue.HERE", tmp_path)
    monkeypatch.setattr(command_line, "record", lambda script, *, wall_clock: "0.0 a | hello\n")
    command_line.main(["--update", "hello"])
    assert (tmp_path / "hello.txt").read_text("utf-8") == "0.0 a | hello\n"
    assert "hello.txt is rewritten" in capsys.readouterr().out


def test_an_unknown_name_is_an_error_that_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        command_line.main(["nonsense"])
    assert "there is no scenario 'nonsense'; there are hello, never_awaited" in (
        capsys.readouterr().err
    )


@pytest.mark.once
def test_the_gallery_has_a_page_for_each_scenario_with_charts_in_both_themes(tmp_path):
    command = [sys.executable, "-m", "scenarios", "lock_in_turn", "5", "--gallery", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
    names = {path.name for path in tmp_path.iterdir()}
    index = (tmp_path / "index.html").read_text("utf-8")
    pages = sorted(names.intersection(re.findall(r'href="(.+?)"', index)))
    assert len(pages) == 2
    for name in pages:
        page = (tmp_path / name).read_text("utf-8")
        linked = set(re.findall(r'(?:href|src|srcset)="(.+?)"', page))
        assert linked <= names, "a link leads nowhere"
        assert {link for link in linked if link.endswith(".light.svg")}
        assert {link for link in linked if link.endswith(".dark.svg")}
    assert not any(name.endswith(".jsonl") for name in names)
