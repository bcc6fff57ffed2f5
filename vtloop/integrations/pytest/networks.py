"""The network of a test: the same for its fixtures and its body, and gone with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vtloop.net.network import Network
from vtloop.net.state import State
from vtloop.values.choices import Keeping


class NetworkOfTest(Network):
    """A network that one test has for itself.

    What is said of it in ordinary fixtures, before the test or while its loop rests, holds as what
    is said while the loop runs.
    """

    def __init__(self, network: Network) -> None:
        vars(self).update(vars(network))
        self._made = network._made.copy()
        self._of = network
        self._begun: State | None = None

    def begin(self) -> tuple[State, Keeping]:
        self._begun, chooser = super().begin()
        return self._begun, chooser

    def end(self) -> None:
        """Take note that the loop is closed: the next one begins with the network as it was."""
        self._begun = None

    @property
    def _state(self) -> State:
        return self._begun or self._made

    def stands_for(self, network: Network) -> bool:
        return network in (self, self._of)


def network_of_test(given: Any) -> NetworkOfTest | None:
    """Return a network of its own for a test, of one, or of what a function makes.

    The test fails if that is no network. None is for no network.
    """
    made = given() if callable(given) else given
    if made is None:
        return None
    if not isinstance(made, Network):
        pytest.fail(
            f"The marker vtloop was given network={given!r}, which returned {made!r}; let it "
            "return a vtloop.net.Network, or None for no network",
            pytrace=False,
        )
    return NetworkOfTest(made)


def network_of_suite(text: str) -> Network | Callable[[], Network] | None:
    """Return the option `network=` that a text means, 'none' or the name of a function.

    UsageError if there is no such function.
    """
    from vtloop.values.programs import load

    if text == "none":
        return None
    try:
        function: Callable[[], Network] = load(text)
    except (ImportError, LookupError, OSError, ValueError) as error:
        raise pytest.UsageError(
            f"vtloop_network = {text!r} was given; it is 'none', or the name of a function that "
            f"returns a vtloop.net.Network: {error}"
        ) from None
    return function
