"""The axis of a chart, by time or by steps; and the ruler from which instants open up."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, log10

from vtloop.timeline.timeline import Timeline
from vtloop.values.clock import NANOSECONDS
from vtloop.views.chart.canvas import BACK, BAND, TICK, Canvas
from vtloop.views.chart.notes import MARGIN
from vtloop.views.chart.row import Across
from vtloop.views.chart.scale import Scale
from vtloop.views.chart.words import width
from vtloop.views.style import FONT, plain
from vtloop.views.words import Words

RULER = 3.6  # lines of text, above the rows of a chart by both
_UNITS = (
    (86_400 * NANOSECONDS, "virtual time in days"),
    (3_600 * NANOSECONDS, "virtual time in hours"),
    (60 * NANOSECONDS, "virtual time in minutes"),
    (NANOSECONDS, "virtual time in seconds"),
    (1_000_000, "virtual time in milliseconds"),
    (1_000, "virtual time in microseconds"),
    (1, "virtual time in nanoseconds"),
)
_MANY_INSTANTS = 120  # from which on they are one shape, and not all have a tick
_SEEN = 1 / 1000  # of a chart, what can be told apart
_FEW = 3  # of a unit; a chart that lasts less is told in the next smaller one


def unit_of(timeline: Timeline) -> tuple[int, str]:
    """Return the unit in which the axis counts: its nanoseconds, and what is said of it."""
    length = timeline.end - timeline.start
    if NANOSECONDS // 2 <= length <= 600 * NANOSECONDS or not length:
        return NANOSECONDS, "virtual time in seconds"
    return next(((size, name) for size, name in _UNITS if length >= _FEW * size), _UNITS[-1])


def in_unit(nanoseconds: int, unit: int) -> str:
    """Return a time in some unit, to four decimals at most."""
    return f"{nanoseconds / unit:.4f}".rstrip("0").rstrip(".")


def _rounded(nanoseconds: int, timeline: Timeline, unit: int) -> str:
    """Return a time in some unit, as exactly as one could see it in the chart."""
    length = max(timeline.end - timeline.start, 1) / unit
    decimals = min(max(0, -floor(log10(length * _SEEN))), 4)
    text = f"{nanoseconds / unit:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def paint_axis(canvas: Canvas, timeline: Timeline, scale: Scale, across: Across) -> None:
    """Draw ticks, their labels and their grid."""
    ax, theme, font, say = canvas.ax, canvas.theme, canvas.font, canvas.say
    unit, phrase = unit_of(timeline)
    ax.set_yticks([])
    for side in ("left", "right", "top"):
        ax.spines[side].set_visible(False)
    ax.spines["bottom"].set_color(theme.muted)
    ax.tick_params(axis="x", colors=theme.muted, labelsize=font * 0.9, length=3, pad=2)
    words = say(phrase)
    if scale.axis == "time":
        labels = _labels(canvas, timeline, scale, across, unit)
        ax.set_xticks([at / NANOSECONDS for at in labels])
        ax.set_xticklabels(list(labels.values()))
        ax.grid(axis="x", color=theme.grid, linewidth=0.8)
        ax.set_axisbelow(True)
        _opened(canvas, scale)
    else:
        words = say("steps, at their instants of {axis}", axis=words)
        _columns(canvas, scale, across, unit)
    for label in ax.get_xticklabels():
        label.set_fontfamily(FONT)
    label = ax.set_xlabel(words, fontsize=font * 0.9, color=theme.muted, fontfamily=FONT)
    label.set_horizontalalignment("left")  # of the axes, or further left if it is too long
    label.set_x(min(0.0, 1 - width(words, font * 0.9) * MARGIN / across.room))


def _opened(canvas: Canvas, scale: Scale) -> None:
    """Shade the instants that a lens opens up."""
    bottom, _ = canvas.ax.get_ylim()
    shade = plain(canvas.theme.shade)
    for place, instant in enumerate(scale.instants):
        canvas.seen.setdefault(("band", "instant"))
        box = instant.left, 0.0, instant.right, bottom
        tip = canvas.say.at(instant.at)
        canvas.box(box, shade, "", f"instant-{place}", tip, BACK)


def _labels(
    canvas: Canvas, timeline: Timeline, scale: Scale, across: Across, unit: int
) -> dict[int, str]:
    """Return what stands at which time: at instants that a lens opens up, and at round times.

    A round time whose words would touch those of an instant has a tick only.
    """
    say, font = canvas.say, across.font
    ticks = nice_ticks(timeline.start, timeline.end, unit, across)
    regular = dict(zip(ticks, _tick_labels(say, ticks, unit, timeline, across), strict=True))
    middles = {one.at: (one.left + one.right) / 2 for one in scale.instants}
    labels: dict[int, str] = {}
    taken: list[tuple[float, float]] = []
    for at in (*middles, *(tick for tick in ticks if tick not in middles)):
        text = regular.get(at) or say.number(_rounded(at, timeline, unit))
        half = max(width(line, font * 0.9) for line in text.split("\n")) / 2 * MARGIN
        middle = across.to_points(middles[at] if at in middles else scale.at(at))
        if at in middles and not _is_free(middle, half, taken):
            text = text.partition("\n")[0]  # without the clock, if it has one
            half = width(text, font * 0.9) / 2 * MARGIN
        touches = bool(middles) and not _is_free(middle, half + 0.2 * font, taken)
        labels[at] = "" if touches else text
        if not touches:
            taken.append((middle - half, middle + half))
    return dict(sorted(labels.items()))


def _is_free(middle: float, half: float, taken: list[tuple[float, float]]) -> bool:
    return all(middle + half <= left or right <= middle - half for left, right in taken)


def nice_ticks(start: int, end: int, unit: int, across: Across) -> list[int]:
    """Return round times from the start to the end, all in nanoseconds, as many as have room."""
    wanted = max(2, int(across.room / (across.font * 6)))
    step = next(step for step in _nice_steps(unit) if (end - start) / step <= wanted)
    return list(range(-(-start // step) * step, end + 1, step))


def _nice_steps(unit: int) -> Iterator[int]:
    step = max(1, unit // 1000)
    while True:
        for factor in (1, 2, 5):
            yield step * factor
        step *= 10


def _tick_labels(
    say: Words, ticks: list[int], unit: int, timeline: Timeline, across: Across
) -> list[str]:
    labels = [say.number(in_unit(tick, unit)) for tick in ticks]
    start = timeline.trace.wall_clock
    if not start:
        return labels
    from datetime import datetime, timedelta

    began = datetime.fromisoformat(start)
    clocks = [began + timedelta(microseconds=tick // 1_000) for tick in ticks]
    written = [f"{clock:%H:%M:%S}" for clock in clocks]
    whole = [not clock.microsecond for clock in clocks]
    if any(whole):  # a time between two seconds is none that a clock shows
        written = [clock if shown else "" for clock, shown in zip(written, whole, strict=True)]
    if len(ticks) > 1:
        room = (ticks[1] - ticks[0]) / NANOSECONDS * across.points
        needed = width("00:00:00", across.font) * 0.9 + 0.5 * across.font
        every = max(1, -int(-needed // room))
        written = ["" if place % every else clock for place, clock in enumerate(written)]
    return [f"{label}\n{clock}" for label, clock in zip(labels, written, strict=True)]


def _columns(canvas: Canvas, scale: Scale, across: Across, unit: int) -> None:
    """Shade each instant, and write its time below it, as far as the times have room."""
    ax, theme, font, say = canvas.ax, canvas.theme, canvas.font, canvas.say
    bottom, _ = ax.get_ylim()
    top = RULER if scale.axis == "both" else 0.0
    ticks, labels, free, rounded = [], [], float("-inf"), ""
    shade, boxes = plain(theme.shade), []
    many = len(scale.instants) > _MANY_INSTANTS
    for place, instant in enumerate(scale.instants):
        tip = say.at(instant.at)
        box = instant.left, top, instant.right, bottom
        boxes.append(box)
        if not many:
            canvas.box(box, shade, "", f"instant-{place}", tip, BACK)
        middle = (instant.left + instant.right) / 2
        text = say.number(in_unit(instant.at, unit))
        if text == rounded:  # as the one before it, at another time
            text = say.seconds(instant.at)
        else:
            rounded = text
        half = width(text, font * 0.9) / 2
        fits = across.to_points(middle) - half > free
        if fits or not many:
            ticks.append(middle)
            labels.append(text if fits else "")
        if fits:
            free = across.to_points(middle) + half + 0.35 * font
    if many:
        tip = say("{count} instants", count=len(boxes))
        canvas.boxes(boxes, shade, "instants", tip, BACK)
    ax.set_xticks(ticks)
    ax.set_xticklabels(labels)


def paint_ruler(canvas: Canvas, timeline: Timeline, scale: Scale, across: Across) -> None:
    """Draw an axis of time above the rows, from which each instant opens up into its columns."""
    theme, unit, say = canvas.theme, unit_of(timeline)[0], canvas.say
    length = max(timeline.end - timeline.start, 1)
    line, foot = 1.45, RULER

    def place(at: int) -> float:
        return float((at - timeline.start) / length * scale.end)

    canvas.line([0, scale.end], [line, line], theme.muted, "ruler", say("virtual time"), layer=TICK)
    every = 1 + len(scale.instants) // _MANY_INSTANTS  # or nothing but funnels would be seen
    for index, instant in enumerate(scale.instants):
        if index % every:
            continue
        xs = [instant.left, place(instant.at), instant.right]
        tip = say.at(instant.at)
        canvas.line(
            xs,
            [foot, line, foot],
            theme.muted,
            f"instant-{index}-opens",
            tip,
            layer=BAND,
            thick=0.7,
        )
        canvas.funnel(xs[1], line, xs[0], xs[2], foot, f"instant-{index}-funnel", tip)
    for tick in nice_ticks(timeline.start, timeline.end, unit, across):
        x = place(tick)
        tip = say.seconds(tick)
        canvas.line([x, x], [line - 0.25, line], theme.muted, f"ruler-{tick}", tip, layer=TICK)
        canvas.words(x, 0.65, say.number(in_unit(tick, unit)), size=0.9, colour=theme.muted)
