"""The lecture is drawn for slides by one command: twenty pictures, a series, and contact sheets."""

import re

import pytest
from matplotlib.image import imread

from scenarios import deck

pytestmark = pytest.mark.once


def test_the_deck_is_made_by_one_command(tmp_path, capsys, monkeypatch):
    chosen = [*deck.SLIDES[:2], deck.SLIDES[deck.STEP_BY_STEP - 1]]
    monkeypatch.setattr(deck, "SLIDES", chosen)
    monkeypatch.setattr(deck, "STEP_BY_STEP", 3)
    assert deck.main([str(tmp_path), "--format", "svg"]) == 0
    assert "3 pictures and a series of 5" in capsys.readouterr().out
    steps = [f"03-lock_in_turn-step-{number}.svg" for number in range(1, 6)]
    sheets = ["contact-sheet-of-steps.png", "contact-sheet.png"]
    pictures = ["01-hello.svg", "02-never_awaited.svg", "03-lock_in_turn.svg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*pictures, *steps, *sheets])
    written = (tmp_path / "03-lock_in_turn.svg").read_text("utf-8")
    assert "3. Lock: по одному" in written
    assert "удерживает" in written
    high, wide = imread(tmp_path / "contact-sheet.png").shape[:2]
    assert wide > high


def test_there_are_twenty_slides_of_the_lecture_with_titles_in_both_languages():
    assert len(deck.SLIDES) == 20
    names = [slide.name for slide in deck.SLIDES]
    assert len({*names}) == 18
    assert all(re.search("[а-яё]", slide.russian) for slide in deck.SLIDES)
    assert not any(re.search("[а-яё]", slide.english) for slide in deck.SLIDES)


@pytest.mark.parametrize("number", range(1, 21))
def test_each_slide_has_something_to_show(number):
    timeline = deck.SLIDES[number - 1].timeline
    assert timeline.trace.header.get("error") is None or number == 8
    assert timeline.lanes
