"""A bar that tells how far long work is: on a terminal, and if tqdm is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

DELAY = 0.5  # seconds; what is done by then needs no bar


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], object]]:
    """Yield what is to be called whenever one of `total` parts of some work is done."""
    try:
        from tqdm import tqdm
    except ImportError:
        tqdm = None
    if tqdm is None:
        yield lambda: None
        return
    # It is disabled by None where standard error is no terminal.
    with tqdm(desc=what, total=total, disable=None, delay=DELAY, leave=False) as bar:
        yield bar.update
