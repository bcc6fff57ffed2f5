"""What the options of `explore` can be: see `vtloop.values.options`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from vtloop.search.options import OF_SEARCHES
from vtloop.values.options import FLAG, Option, count, of_type, one_of, or_none


def _members(value: Any) -> bool:
    return of_type(Sequence)(value) and all(
        hasattr(one, "pick") or hasattr(one, "late") for one in value
    )


OF_EXPLORATIONS = OF_SEARCHES | {
    "budget": Option(count, "a number of runs from 0 on"),
    "mode": Option(one_of("any", "realisable"), "'any' or 'realisable'", "any"),
    "members": Option(
        or_none(_members), "a list of members, see vtloop.explore.members, or None", None
    ),
    "shrink": FLAG,
    "database": Option(
        or_none(of_type(str, os.PathLike)), "the path of a directory, or None", None
    ),
    "token": Option(of_type(str), "the token of a schedule, a text"),
}
