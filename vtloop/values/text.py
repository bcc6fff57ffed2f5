"""How views word what they count."""

from __future__ import annotations

import re

BY_SWEEP = "cancelled by the sweep"
"""The message of cancellations that are requested by nobody in the program."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as '1,000 tasks'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


# What may be an address in a text: with 0x, or else as long as the addresses of this machine.
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8,16})(?![0-9A-Za-z])")
_DIGIT = re.compile(r"\d")
_REACH = 1 << 34  # bytes between two objects, at most


def without_addresses(text: str) -> str:
    """Return a text, such as a `repr`, that is the same in every process.

    A number without 0x is an address if objects of this process lie near it.
    """
    return _NUMBER.sub(_unless_address, text) if _DIGIT.search(text) else text


def _unless_address(found: re.Match[str]) -> str:
    number = found[0]
    if number.startswith("0x"):
        return ""
    here = id(object())
    is_address = any(
        value % 16 == 0 and value > 1 << 32 and abs(value - here) < _REACH
        for value in (int(number, 16), int(number) if number.isdecimal() else 0)
    )
    return "…" if is_address else number
