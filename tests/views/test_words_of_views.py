"""What views say is in one table, with a Russian text for each phrase, or is said otherwise."""

import ast
import asyncio
import re
from pathlib import Path

import pytest

import vtloop
from vtloop.timeline import participants
from vtloop.timeline.spans import WAITING
from vtloop.values.waits import WAITS
from vtloop.views import phrases, words
from vtloop.views.waiting import TOLD
from vtloop.views.words import words_of

VIEWS = Path(words.__file__).parent
SAID = [key if isinstance(key, str) else key[-1] for key in phrases.PHRASES]
NAMES = {  # of asyncio's, or of what the program has
    *("{count} futures", "futures", "a Future", "Future", "as_completed()"),
    *(
        "gather() of {tasks}",
        "wait_for {length}",
        "wait() of {tasks}",
        "wait_for() of {tasks}",
        "TaskGroup: {tasks}",
    ),
    *("{primitive}", "{tasks}", "{type}", "{name}: {tasks}, {length}", "{who} is in {what}"),
    *("{kind} '{name}'", "{named} #{number}", "{kind} #{number}"),
}


def texts_in(path):
    """Return the texts in a module, and those that it says."""
    tree = ast.parse(path.read_text("utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    said = {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func).split(".")[-1] in ("say", "self")
        and isinstance(call.args[0], ast.Constant)
    }
    return texts, said


@pytest.mark.parametrize("path", sorted(VIEWS.rglob("*.py")), ids=lambda path: path.stem)
def test_what_a_view_says_is_in_the_table(path):
    _, said = texts_in(path)
    assert {phrase for phrase in said if isinstance(phrase, str)} <= {*SAID}


def test_each_phrase_is_said_somewhere():
    paths = [Path(participants.__file__), *VIEWS.rglob("*.py")]  # the first says who cancels
    texts = set().union(*(texts_in(path)[0] for path in paths if path.stem != "phrases"))
    assert [phrase for phrase in SAID if phrase not in texts] == []


@pytest.mark.parametrize("english", phrases.PHRASES, ids=str)
def test_a_phrase_has_the_same_in_braces_in_both_languages_and_is_cyrillic(english):
    russian = phrases.PHRASES[english]
    forms = [russian] if isinstance(russian, str) else russian
    texts = [english] if isinstance(english, str) else english
    assert len(forms) == (1 if isinstance(english, str) else 3)
    for form in [*forms, *texts]:
        assert words._places(form) == words._places(texts[-1])
    cyrillic = [form for form in forms if re.search("[а-яё]", form)]
    assert cyrillic == ([] if texts[-1] in NAMES else [*forms])


@pytest.mark.parametrize(
    ("count", "said"),
    [
        *((1, "1 задача"), (2, "2 задачи"), (5, "5 задач"), (11, "11 задач"), (14, "14 задач")),
        *((21, "21 задача"), (22, "22 задачи"), (112, "112 задач"), (1_001, "1\u00a0001 задача")),
    ],
)
def test_a_russian_count_has_its_form(count, said):
    assert words_of("ru")("{count} tasks", count=count) == said


def test_numbers_and_units_are_those_of_the_language():
    assert words_of("en").seconds(1_500_000_000) == "1.5 s"
    assert words_of("ru").seconds(1_500_000_000) == "1,5 с"
    assert words_of("ru").seconds(2_000_000_000) == "2 с"


async def waits():
    lock = asyncio.Lock()

    async def worker(delay):
        async with lock:
            await asyncio.sleep(delay)

    async def nap():
        await asyncio.sleep(1)

    await asyncio.gather(*(nap() for _ in range(12)))
    await asyncio.gather(worker(1), worker(2.5))


def waits_of(lane, kind):
    return [span for span in lane.spans if span.kind == kind and span.state == WAITING]


def test_waits_are_said_from_their_kind_and_subject():
    timeline = vtloop.simulate(waits).timeline
    english, russian = words_of("en"), words_of("ru")
    long, short = waits_of(timeline.lanes[1], "gather")
    assert next(english.waits(timeline, long)) == "gather() of 12 tasks"
    assert next(russian.waits(timeline, long)) == "gather(): 12 задач"
    assert list(english.waits(timeline, short)) == [
        "gather() of worker#14, worker#15",
        "gather() of 2 tasks",
        "gather()",
    ]
    (blocked,) = waits_of(timeline.lanes[15], "lock")
    assert list(english.waits(timeline, blocked)) == ["Lock 'lock'", "Lock 'lock'", "lock", "Lock"]
    assert next(russian.waits(timeline, blocked)) == "Lock «lock»"
    (slept,) = waits_of(timeline.lanes[15], "sleep")
    assert list(english.waits(timeline, slept)) == ["sleep 2.5 s", "2.5 s", "sleep"]
    assert list(russian.waits(timeline, slept)) == ["спит 2,5 с", "2,5 с", "спит"]
    assert english.does(timeline, "worker#15", slept) == "worker#15 waits for a sleep of 2.5 s"


def test_every_kind_of_wait_has_words():
    assert {*TOLD, "sleep"} == {*WAITS}


def test_cuts_and_timeouts_are_said():
    english = words_of("en")
    assert list(english.cut(iter(["sleep 10 s"]), 500_000_000)) == [
        "sleep 10 s, cut after 0.5 s",
        "sleep 10 s, cut short",
        "sleep 10 s",
        "cut after 0.5 s",
        "cut short",
    ]
    assert list(english.cut(iter(["item of Queue 'orders'", "orders", "get"]))) == [
        "item of Queue 'orders', cut short",
        "orders, cut short",
        "item of Queue 'orders'",
        "orders",
        "get",
        "cut short",
    ]
    second = 1_000_000_000
    assert next(english.timeout([second])) == "timeout 1 s"
    assert next(english.timeout([second, 3 * second])) == "timeout 1 s, then 3 s"
    assert list(english.timeout([None])) == ["timeout without a deadline", "timeout"]
    assert next(words_of("ru").timeout([second, None])) == "тайм-аут 1 с, затем без срока"


# Languages of a user's


def test_a_mapping_says_what_it_has_and_english_otherwise():
    say = words_of({"sleeps": "schläft", "{count} tasks": ("{count} Aufgabe", "{count} Aufgaben")})
    assert [say("sleeps"), say("prints")] == ["schläft", "prints"]
    assert [say("{count} tasks", count=1), say("{count} tasks", count=2)] == [
        "1 Aufgabe",
        "2 Aufgaben",
    ]
    assert say("{count} arrows", count=1) == "1 arrow"


def test_a_mapping_may_have_a_rule_for_the_plural_and_leave_out_phrases_that_count():
    say = words_of({"plural": "n==1 ? 0 : n==2 ? 1 : 2", "{count} tasks": ("a", "b", "c")})
    assert [say("{count} tasks", count=count) for count in (1, 2, 3)] == ["a", "b", "c"]
    assert [say("{count} spans", count=count) for count in (1, 2, 3)] == [
        "1 span",
        "2 spans",
        "3 spans",
    ]


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_what_comes_along_is_a_mapping_to_begin_with(language):
    said = words.phrases(language)
    assert {*SAID} < {*said}
    one, other = words_of(language), words_of({**said, "sleeps": "…"})
    assert one("{count} tasks", count=3) == other("{count} tasks", count=3)
    assert other("sleeps") == "…" != one("sleeps")


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ("de", ValueError, "words='de' was given; pass 'en' or 'ru', or a mapping of phrases"),
        (3, TypeError, "words=3 was given; pass 'en' or 'ru', or a mapping"),
        (
            {"sleep": "schläft", "slepes": "x"},
            ValueError,
            "no such phrase; the nearest are 'sleeps'",
        ),
        ({1: "x"}, ValueError, "views say no such phrase"),
        ({"sleeps": 3}, TypeError, "pass a text"),
        ({"sleeps": ("a", "b")}, TypeError, "pass a text"),
        ({"{count} tasks": ("a", "b", "c")}, ValueError, "tells 2 kinds of numbers apart"),
        ({"sleep {length}": "schläft {lang}"}, ValueError, "has in braces is {length}"),
        ({"sleep {length}": "schläft {"}, ValueError, "has in braces is {length}"),
        ({"sleep {length}": "schläft {length.real}"}, ValueError, "{length.real}"),
        ({"sleeps": "schläft {}"}, ValueError, "has in braces is nothing"),
        ({"plural": "n +"}, ValueError, "no rule for the plural"),
        ({"plural": 3}, ValueError, "no rule for the plural"),
        ({"plural": "n % 0"}, ValueError, "no rule for the plural"),
    ],
)
def test_what_cannot_be_said_is_refused(given, error, told):
    with pytest.raises(error, match=re.escape(told)):
        words_of(given)


def test_a_language_that_does_not_come_along_has_no_phrases():
    with pytest.raises(ValueError, match="language='de' was given; pass 'en' or 'ru'"):
        vtloop.words.phrases("de")
