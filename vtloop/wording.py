"""How views word what they count."""

from __future__ import annotations

BY_SWEEP = "cancelled by the sweep"
"""The message of cancellations that are requested by nobody in the program."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as '1,000 tasks'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
