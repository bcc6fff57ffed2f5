"""Text in columns: what stands as it is, how wide it is, and where it is cut."""

import asyncio
import io

import pytest

import vtloop
from vtloop.recording.stdout import Timestamps
from vtloop.values.columns import carried, cells, columns, cut, cut_in_the_middle, padded, plain

COLUMNS = {
    "worker#2": 8,
    "работа": 6,
    "größe": 5,
    "任务一": 6,
    "カタカナ": 8,
    "ｶﾀｶﾅ": 4,  # of half width
    "日本　語": 8,  # with an ideographic space
    "한국": 4,
    "\u1112\u1161\u11ab": 2,  # one syllable, decomposed
    "e\u0301": 1,
    "สวัสดี": 4,
    "مهمة": 4,
    "שלום": 4,
    "می\u200cخواهم": 7,
    "📦⏰✅": 6,
    "❤\ufe0f": 2,
    "1\ufe0f\u20e3": 2,
    "👩\u200d👩\u200d👧\u200d👦": 2,
    "🧑🏿\u200d🚀": 2,
    "🇩🇪🇫🇷": 4,
}


@pytest.mark.parametrize("text", COLUMNS)
def test_what_is_printable_stands_as_it_is_in_as_many_columns_as_it_takes(text):
    assert plain(text) == text
    assert columns(text) == len(cells(text)) == COLUMNS[text]
    assert columns(padded(text, 20)) == 20


@pytest.mark.parametrize("text", COLUMNS)
@pytest.mark.parametrize("shorten", [cut, cut_in_the_middle])
def test_a_text_is_cut_between_clusters_and_fits(text, shorten):
    clusters = {cell.rstrip("\u200e") for cell in cells(text)}
    for width in range(4, 20):
        short = shorten(text * 4, width)
        assert columns(short) <= width
        left = short.replace("\u200e", "").replace("..", "")
        for cluster in sorted(clusters, key=len, reverse=True):
            left = left.replace(cluster, "") if cluster else left
        assert left == "", "nothing but whole clusters"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\tb\nc\x1b[31m\x00\x7f\x85", r"a\tb\nc\x1b[31m\x00\x7f\x85"),
        ("left \u202e tfel", r"left \u202e tfel"),  # an override of the direction
        ("\u2066isolated\u2069", r"\u2066isolated\u2069"),
        ("\u2028next line", r"\u2028next line"),
        ("name of a file: \udcff", r"name of a file: \udcff"),
        ("\u0301 on nothing", r"\u0301 on nothing"),
        ("a\u200db", r"a\u200db"),  # joins nothing
    ],
)
def test_what_would_garble_a_terminal_is_escaped(text, escaped):
    assert plain(text) == escaped
    assert columns(text) == len(escaped)
    assert plain(escaped) == escaped


def test_no_escape_is_cut_in_two():
    assert cut("ab\x1b[31m", 6) == "ab.."
    assert cut("ab\x1b[31m", 8) == r"ab\x1b.."
    assert cut_in_the_middle("\udcff\udcff\udcff and so on", 16) == r"\udcff..nd so on"


def test_what_follows_a_text_from_right_to_left_is_not_drawn_into_it():
    assert padded("שלום#2", 8) + "|--" == "שלום\u200e#2  |--"
    assert plain("משימה") == "משימה", "nothing follows"
    assert cut("مهمة" * 5, 8) == "مهمةمه\u200e.."


def test_a_stream_is_given_what_its_encoding_can_carry():
    assert carried("größe 任务", io.TextIOWrapper(io.BytesIO(), "latin-1")) == r"größe \u4efb\u52a1"
    assert carried("größe 任务", io.TextIOWrapper(io.BytesIO(), "ascii")) == (
        r"gr\xf6\xdfe \u4efb\u52a1"
    )
    assert carried("größe 任务", io.StringIO()) == "größe 任务"


def test_names_of_tasks_in_a_transcript_stand_in_one_column_as_wide_as_the_longest():
    async def main():
        for name in ("任务", "download_of_a_file", "שלום"):
            await asyncio.create_task(says(), name=name)

    async def says():
        print("tab\there\x1b[0m")

    assert vtloop.simulate(main).transcript() == (
        "     0.000  任务               | tab     here\\x1b[0m\n"
        "     0.000  download_of_a_file | tab     here\\x1b[0m\n"
        "     0.000  שלום\u200e               | tab     here\\x1b[0m\n"
    )


def test_where_names_are_not_known_before_the_column_grows_with_them():
    timestamp = Timestamps()
    assert timestamp(0, "main#1") == "     0.000  main#1       | "
    assert timestamp(0, "download_file#12") == "     0.000  download_file#12 | "
    assert timestamp(0, "main#1") == "     0.000  main#1           | "


def test_names_in_a_transcript_are_shortened_only_as_long_as_they_differ():
    names = [f"{before} {'of many words' * 3} {after}" for before in "ab" for after in "ab"]
    names += [f"{'x' * 30}{n}{'y' * 30}" for n in range(2)]
    timestamp = Timestamps(names)
    shown = [timestamp(0, name)[12:].rstrip(" |") for name in names]
    assert len(set(shown)) == len(names)
    assert shown[0] == "a of many wo..f many words a"
    assert shown[-1] == names[-1]
