"""Networks, and what goes wrong with them, drawn from Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from vtloop.net import faults
from vtloop.net.network import Network
from vtloop.strategies.ties import Drawn
from vtloop.strategies.values import delays
from vtloop.values.options import Option, check, count

_OPTIONS = {"most_faults": Option(count, "a number of faults, from 0 on")}


def network_faults(*places: str) -> st.SearchStrategy[faults.Fault]:
    """Return a strategy for what goes wrong with the messages of some places.

    See `vtloop.net.faults` for places, and for what each of them does. They shrink towards messages
    that are late, by 0 seconds in the end.
    """
    faults.partition(*places)  # refuses what are no places
    late = delays().map(lambda seconds: faults.slow(*places, latency=seconds))
    others = (faults.clog, faults.partition, faults.refused, faults.reset, faults.half_open)
    return late | st.sampled_from(others).map(lambda fault: fault(*places)) | _lossy(*places)


def _lossy(*places: str) -> st.SearchStrategy[faults.Fault]:
    return st.sampled_from((0.1, 0.5)).map(lambda share: faults.loss(share, *places))


@st.composite
def networks(
    draw: st.DrawFn,
    *places: str,
    most_faults: int = 2,
    latency: st.SearchStrategy[float] | None = None,
    times: st.SearchStrategy[float] | None = None,
) -> Network:
    """Return a strategy for networks, each the `network` of a run.

    - `places`: whose messages something happens to, see `vtloop.net.faults`
    - `most_faults`: how many faults there are at most, see `network_faults`
    - `latency`: a strategy for seconds; of jitter as well, which is drawn as the run goes on
    - `times`: a strategy for seconds, when a fault begins and how long it lasts

    They shrink to no latency and no faults. What is drawn is the network's repr.
    """
    check(_OPTIONS, most_faults=most_faults)
    seconds = delays() if latency is None else latency
    network = Network(latency=draw(seconds), jitter=draw(seconds), chooser=Drawn(draw))
    whenever = delays(60, step=1) if times is None else times
    for _ in range(draw(st.integers(0, most_faults))):
        fault = draw(network_faults(*places))
        network.schedule(fault, after=draw(whenever), lasting=draw(whenever))
    return network
