"""What no fault can be is refused, and a place says which messages are meant."""

import pytest

import vtloop
from vtloop import choices, net

# Misuse


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: net.partition("a", "b", "c"), "pass up to two"),
        (
            lambda: net.partition(5432),  # type: ignore[arg-type]
            "a port such as ':5432'",
        ),
        (lambda: net.loss(1.5), "a number from 0 to 1"),
        (lambda: net.split(0), "an int from 1 on"),
        (lambda: net.reset_after(-1), "an int from 1 on"),
        (lambda: net.coalesce(0), "pass more seconds than 0"),
        (lambda: net.slow(latency=-1), "pass a number of seconds from 0 on"),
        (lambda: net.slow(bandwidth=0), "pass a number of bytes a second"),
        (lambda: net.after(-1), "pass seconds from 0 on"),
        (lambda: net.Network().schedule(net.clog(), after=-1), "pass seconds from 0 on"),
        (lambda: net.Network(seed=1, chooser=choices.Random(1)), "pass one of them"),
    ],
)
def test_what_no_fault_can_be_is_refused(make, error):
    with pytest.raises((TypeError, ValueError), match=error):
        make()


def test_a_network_that_is_not_that_of_the_run_is_told_of():
    other = net.Network()

    async def main():
        with other.rule(net.partition()):
            pass

    notices = vtloop.simulate(main, network=net.Network()).trace.notices
    assert any("in a run that has another network" in str(one) for one in notices)


@pytest.mark.parametrize(
    ("place", "address", "is_there"),
    [
        ("db", "10.0.0.2:5432", True),
        ("10.0.0.2", "10.0.0.2:5432", True),
        ("10.0.0.2:5432", "10.0.0.2:5432", True),
        ("db:5432", "10.0.0.2:5432", True),
        (":5432", "10.0.0.2:5432", True),
        (":543", "10.0.0.2:5432", False),
        ("api", "10.0.0.2:5432", False),
        ("api:5432", "10.0.0.2:5432", False),
        ("10.0.0.20", "10.0.0.2:5432", False),
        ("fd00::2", "[fd00::2]:5432", True),
        ("[fd00::2]:5432", "[fd00::2]:5432", True),
        (":5432", "[fd00::2]:5432", True),
        ("/run/db", "/run/db", True),
        (":run", "/run/db", False),
    ],
)
def test_a_place_is_a_host_an_address_a_port_or_a_path(place, address, is_there):
    assert net.faults._is_at(place, "db", address) is is_there


def test_a_network_tells_its_seed_whatever_that_is():
    assert repr(net.Network()) == "Network()"
    assert repr(net.Network(latency=0.5, seed=0)) == "Network(latency=0.5, seed=0)"
