"""The chart of a history shows who did what when, an order, and what fits nowhere."""

import re

import pytest

from tests.support.histories import written
from vtloop import linearizable
from vtloop.histories import Dictionary, Operation, Register
from vtloop.histories.places import placed

LINES = (
    ("Ann", "[--------] [-----]    ", [("put", "x", 1, None), ("get", "x", 1)]),
    (
        "Bob",
        "   [----]   [--]  [---",
        [("put", "x", 2, None), ("get", "x", 2), ("put", "y", 3, None)],
    ),
    ("Cy", "            [--------] ", [("get", "x", 1)]),
)


def svg(verdict, tmp_path, **options):
    path = tmp_path / "history.svg"
    verdict.chart(path, **options)
    return path.read_text("utf-8")


def texts(picture):
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def test_a_contradiction_is_drawn_with_the_operation_that_fits_nowhere(tmp_path):
    picture = svg(linearizable(written(*LINES), Dictionary), tmp_path)
    told = texts(picture)
    assert {"Ann", "Bob", "Cy", "put('x', 1)", "get('x') -&gt; 2", "1", "2", "3"} <= {*told}
    assert "not linearizable as Dictionary at 'x': 4 of 6 operations" in picture
    assert "Ann: get('x') returned 1, where it returns 2." in " ".join(told)
    assert "Left out: 1 more." in " ".join(told)
    assert picture.count("fits nowhere") >= 1
    assert "put('y', 3)" not in told, "it is of another key"


def test_an_order_is_drawn_with_numbers(tmp_path):
    verdict = linearizable(written(*LINES[:1], LINES[2]), Dictionary)
    picture = svg(verdict, tmp_path)
    assert [f"moment-{number}" in picture for number in (1, 2, 3, 4)] == [True, True, True, False]
    assert "The numbers are an order in which it could have happened." in " ".join(texts(picture))


def test_who_has_no_result_is_hatched(tmp_path):
    verdict = linearizable(written(("Ann", "[----", [("put", "x", 1, None)])), Dictionary)
    assert "Hatched: nobody knows its result" in " ".join(texts(svg(verdict, tmp_path)))


def test_the_same_history_gives_the_same_bytes(tmp_path):
    one, other = (svg(linearizable(written(*LINES), Dictionary), tmp_path) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_chart_is_written_in_the_format_of_its_name(suffix, tmp_path):
    path = tmp_path / f"history.{suffix}"
    linearizable(written(*LINES), Dictionary).chart(path, theme="dark", title="Why?")
    assert path.read_bytes()[:4] in (b"<?xm", b"\x89PNG", b"%PDF")


def test_a_notebook_shows_the_chart_and_a_terminal_the_words():
    class Printer:
        def text(self, words):
            self.words = words

    verdict = linearizable(written(*LINES), Dictionary)
    assert verdict._repr_svg_().startswith("<svg")
    printer = Printer()
    verdict._repr_pretty_(printer, False)
    assert printer.words == str(verdict)


def test_of_many_operations_a_part_is_drawn(tmp_path):
    verdict = linearizable(written(("Ann", "[-]" * 70, [("read", None)] * 70)), Register)
    assert "Left out: 10 more." in " ".join(texts(svg(verdict, tmp_path)))


def test_a_history_without_operations_is_drawn(tmp_path):
    assert "linearizable as Register: 0 operations" in svg(linearizable([], Register), tmp_path)


def test_a_theme_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="theme='pink' was given; pass one of 'light' and 'dark'"):
        linearizable([], Register).chart(theme="pink")


def test_what_a_client_does_at_once_stands_in_several_rows():
    operations = [
        Operation("Ann", "read", (), 0, 1, 4),
        Operation("Ann", "read", (), 0, 2, 3),
        Operation("Bob", "read", (), 0, 5, 6),
        Operation("Ann", "read", (), 0, 7, 8),
    ]
    places = placed(operations, operations, 500.0, 8.0)
    assert places.rows == ["Ann", "", "Bob"]
    assert [bar.row for bar in places.bars] == [0, 1, 2, 0]


def test_an_operation_happens_within_its_bar_and_all_happen_in_order():
    operations = written(*LINES)
    verdict = linearizable([operations[0], operations[1]], Dictionary)
    places = placed(verdict.operations, verdict.order, 500.0, 8.0)
    moments = {bar.operation.first: bar.moment for bar in places.bars}
    assert all(bar.left < bar.moment < bar.right <= 500 for bar in places.bars)
    in_order = [moments[one.first] for one in verdict.order]
    assert in_order == sorted(in_order)
