"""Virtual time: exact conversions between seconds and nanoseconds."""

import math
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtloop.values.clock import NEVER, format_seconds, plain_seconds, to_nanoseconds, to_seconds


@pytest.mark.parametrize(
    ("seconds", "nanoseconds"),
    [
        (0, 0),
        (3, 3_000_000_000),
        (0.1, 100_000_000),
        (-0.1, -100_000_000),
        (True, 1_000_000_000),
        (Fraction(1, 3), 333_333_333),
        (Decimal("0.000000001"), 1),
        (timedelta(days=1, microseconds=1), 86_400_000_001_000),
        (31536000.1, 31_536_000_100_000_000),  # a year and a tenth: as written
        (10**12, 10**21),
        (1e300, 10**309),
        (math.inf, NEVER),
        (-math.inf, -NEVER),
        (Decimal("Infinity"), NEVER),
    ],
)
def test_seconds_of_each_kind_become_whole_nanoseconds(seconds, nanoseconds):
    assert to_nanoseconds(seconds) == nanoseconds


@pytest.mark.parametrize("tiny", [1e-10, 1e-300, 5e-324, Fraction(1, 10**12), Decimal("1e-30")])
def test_a_positive_duration_never_becomes_zero(tiny):
    assert to_nanoseconds(tiny) == 1


def test_a_number_type_of_the_programs_own_is_asked_for_its_float():
    class Seconds:
        def __float__(self):
            return 1.5

    assert to_nanoseconds(Seconds()) == 1_500_000_000


def test_nan_is_refused_with_what_to_pass_instead():
    with pytest.raises(ValueError, match=r"nan seconds was given.*pass a finite number") as error:
        to_nanoseconds(math.nan)
    assert "math.inf for never" in str(error.value)


@pytest.mark.parametrize("thing", ["1", None, [1], b"1"])
def test_what_is_no_number_is_refused_by_its_type(thing):
    with pytest.raises(TypeError, match=f"of type {type(thing).__name__}; pass an int"):
        to_nanoseconds(thing)


@given(st.integers(-(10**18), 10**18))
def test_nanoseconds_survive_the_way_through_their_decimal(nanoseconds):
    assert Fraction(plain_seconds(nanoseconds)) * 10**9 == nanoseconds


@given(st.integers(-(2**23) * 10**9, 2**23 * 10**9))
def test_up_to_97_days_nanoseconds_survive_the_way_through_a_float(nanoseconds):
    assert to_nanoseconds(to_seconds(nanoseconds)) == nanoseconds


@given(st.floats(0, 1e290), st.floats(0, 1e290))
def test_conversion_keeps_the_order_of_delays(shorter, longer):
    shorter, longer = sorted((shorter, longer))
    assert to_nanoseconds(shorter) <= to_nanoseconds(longer)


def test_times_are_written_exactly_and_without_trailing_zeros():
    assert format_seconds(0) == "0 s"
    assert format_seconds(1_500_000_000) == "1.5 s"
    assert format_seconds(-1) == "-0.000000001 s"
    assert format_seconds(NEVER) == "never"
    assert plain_seconds(2_000_000_000, digits=3) == "2.000"
    assert to_seconds(NEVER) == math.inf
    assert to_seconds(-NEVER) == -math.inf
