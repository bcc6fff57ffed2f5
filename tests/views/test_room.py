"""No text of a chart lies over a text, a line or a mark, whatever the program does.

The programs are the same each time. Environment: CHART_PROGRAMS is how many are drawn in the long
test, and others each time then.
"""

import asyncio
import contextlib
import io
import os

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

pytest.importorskip("matplotlib")

import vtloop
from tests.support.boxes import overlaps
from tests.support.garbage import nothing_is_left_to_later_tests  # noqa: F401
from tests.support.programs import Stage, drawn, programs, quietly
from vtloop import chart
from vtloop.core.runner import Runner
from vtloop.recording.recording import Recording
from vtloop.timeline.timeline import Timeline
from vtloop.views.chart.scale import AXES

MANY = int(os.environ.get("CHART_PROGRAMS", "500"))
# Without shrinking, which takes far longer.
SAME = settings(drawn, derandomize="CHART_PROGRAMS" not in os.environ, phases=[Phase.generate])
SIZES = ("readme", "page", "slide", (5.0, 9.0))
NAMES = (
    "",
    "загрузка №{} 📥",
    "任务-{}",
    "a name that is far too long to stand anywhere {}",
    "t{}",
)


class Speaker(Stage):
    """A stage on which what a program notes is printed, by tasks of all kinds of names."""

    def __init__(self, loop, names):
        super().__init__(loop)
        self._names = names
        self._spawned = 0

    def note(self, value):
        super().note(value)
        print(self.log[-1].partition(" of ")[2])

    def spawn(self, coroutine, **options):
        self._spawned += 1
        if name := NAMES[self._names].format(self._spawned):
            options["name"] = name
        return super().spawn(coroutine, **options)


def schedule(program, names):
    """Return the timeline of a program."""
    recording = Recording()
    loop = vtloop.VirtualLoop(recorder=recording)
    stage = Speaker(loop, names)
    ends = contextlib.suppress(Exception, asyncio.CancelledError)
    with ends, contextlib.redirect_stdout(io.StringIO()), Runner(loop, None) as runner:
        runner.run(stage.load(program)())
    return Timeline(recording.trace())


def check_room(program, axis, size, names, legend):
    figure = chart.figure(schedule(program, names), axis=axis, size=size, legend=legend)
    found = overlaps(figure)
    assert not found, found


DRAWN = given(
    programs(),
    st.sampled_from(AXES),
    st.sampled_from(SIZES),
    st.sampled_from(range(len(NAMES))),
    st.booleans(),
)


@quietly
@settings(SAME, max_examples=12)
@DRAWN
def test_texts_of_a_dozen_programs_keep_clear_of_everything(program, axis, size, names, legend):
    check_room(program, axis, size, names, legend)


@pytest.mark.once
@pytest.mark.timeout(1200)
@quietly
@settings(SAME, max_examples=MANY)
@DRAWN
def test_texts_of_hundreds_of_programs_keep_clear_of_everything(program, axis, size, names, legend):
    check_room(program, axis, size, names, legend)
