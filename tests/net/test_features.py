"""Every feature of the network is the same on the stock loop over loopback and in a simulation.

The bodies are in `features`, one file for each subject.
"""

import inspect
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.support.both_loops import has_ipv6, on_stock, on_virtual
from tests.support.links import IPv6

HAS_IPV6 = has_ipv6()
SUBJECTS = sorted(path.stem for path in Path(__file__).with_name("features").glob("*.py"))


def bodies():
    """Yield each subject with each of its bodies."""
    for subject in SUBJECTS:
        module = import_module(f"tests.net.features.{subject}")
        for body in vars(module).values():
            is_body = inspect.iscoroutinefunction(body) and body.__module__ == module.__name__
            if is_body and list(inspect.signature(body).parameters) == ["log"]:
                yield subject, body


def rows():
    """Yield each body with each link that it is to be run over."""
    for subject, body in bodies():
        for link in getattr(body, "links", [None]):
            marks = []
            if getattr(body, "since", (3, 11)) > sys.version_info[:2]:
                marks.append(pytest.mark.skip(reason=f"needs Python {body.since}"))
            if (link is IPv6 or hasattr(body, "needs_ipv6")) and not HAS_IPV6:
                marks.append(pytest.mark.skip(reason="this machine has no IPv6"))
            title = f"{subject}: {body.__name__}" + (f" ({link.name})" if link else "")
            yield pytest.param(body, link, id=title, marks=marks)


ROWS = list(rows())


@pytest.mark.parametrize(("body", "link"), ROWS)
def test_a_body_sees_the_same_on_the_stock_loop_and_in_a_simulation(body, link):
    expected = on_stock(body, link)
    assert expected, "a body that sees nothing proves nothing"
    assert on_virtual(body, link) == expected
