"""What programs do on a network: retries, timeouts, keep-alive, pools, shutdown, back-pressure."""

from __future__ import annotations

from functools import partial

from scenarios.catalogue.scenario import Scenario
from scenarios.claims import of, said
from scenarios.network import (
    graceful_shutdown,
    idle_disconnect,
    pool_exhausted,
    retry_with_backoff,
    slow_reader,
    slowest_of_three,
    thundering_herd,
    timeout_before_the_answer,
)
from vtloop.claims import at_most, connected, fair, printed, received, sent, takes, task

NETWORK = (
    Scenario(
        25,
        "retry_with_backoff",
        "A retry with backoff through a partition",
        (
            said(
                "each try is given up after 2 s, and the pauses double",
                of(
                    retry_with_backoff.main,
                    printed("no answer, again in 1 s").at(2),
                    printed("no answer, again in 2 s").at(5),
                    printed("no answer, again in 4 s").at(9),
                ),
            ),
            said(
                "the first try after the partition gets through, in two round trips",
                of(
                    retry_with_backoff.main,
                    connected("bank", by="shop").at(13.2),
                    sent("bank", by="shop").at(13.2),
                    received("bank", by="shop").at(13.4),
                    printed("the network is mended").before(sent("bank")),
                ),
            ),
        ),
        folder="network",
    ),
    Scenario(
        26,
        "timeout_before_the_answer",
        "A timeout that fires before the answer",
        (
            said(
                "the timeout fires at +1.2 s, the answer is there at +1.9 s",
                of(
                    partial(timeout_before_the_answer.main, keeps=True),
                    printed("A: timeout!").at(1.2),
                    sent("client").at(0.3, 2.3),
                ),
            ),
            said(
                "on the same connection it is taken for the answer to the next question",
                of(
                    partial(timeout_before_the_answer.main, keeps=True),
                    printed("B: answer to A").at(2.2),
                    sent("server", by="client").at(0.2, 2.2),
                ),
            ),
            said(
                "on a new connection each question has its own answer",
                of(
                    partial(timeout_before_the_answer.main, keeps=False),
                    connected("server", by="client").at(0.2, 1.4),
                    printed("B: answer to B").at(2.6),
                    ~printed("B: answer to A"),
                ),
            ),
        ),
        folder="network",
    ),
    Scenario(
        27,
        "idle_disconnect",
        "Keep-alive, and an idle disconnect",
        (
            said(
                "who says something within an hour stays connected",
                of(
                    idle_disconnect.main,
                    connected("server", by="busy").at(0),
                    received("server", by="busy").at(3000, 6000),
                ),
            ),
            said(
                "who is silent for an hour is disconnected, and notices as it asks again",
                of(
                    idle_disconnect.main,
                    printed("an hour of silence, hangs up").at(3600),
                    printed("disconnected, connects again").at(5400),
                    connected("server", by="idle").at(0, 5400),
                    received("server", by="idle").at(5400),
                ),
            ),
        ),
        folder="network",
    ),
    Scenario(
        28,
        "pool_exhausted",
        "A pool exhausted by half-open connections",
        (
            said(
                "without a timeout nobody is served, though the database is back",
                of(
                    pool_exhausted.main,
                    printed("db is back").at(2.5),
                    ~printed("served"),
                    printed("0 are served, 3 wait").at(7.5),
                ),
            ),
            said(
                "who waits for a connection has sent nothing",
                of(
                    pool_exhausted.main,
                    sent("db", by="user 1").at(0.2),
                    ~sent("db", by="user 3"),
                    task("user 3").is_cancelled(by="the run"),
                ),
            ),
            said(
                "with a timeout the connections are replaced, and all are served",
                of(
                    partial(pool_exhausted.main, timeout=3),
                    printed("no answer, once more").at(3.2, 3.2),
                    connected("db").at(0.2, 0.2, 3.4, 3.4),
                    printed("served").at(4.6, 4.6, 5.8),
                ),
            ),
            said(
                "at most two at a time",
                of(partial(pool_exhausted.main, timeout=3), at_most(2, "self.permits")),
            ),
        ),
        folder="network",
    ),
    Scenario(
        29,
        "graceful_shutdown",
        "A graceful shutdown with requests in flight",
        (
            said(
                "what is in flight is answered within the time of grace, and cut off after it",
                of(
                    graceful_shutdown.main,
                    printed("no new requests, 2 in flight").at(1),
                    printed("done").at(2.4),
                    printed("a request is cut off").at(4),
                    received("server", by="quick").at(2.4),
                    ~received("server", by="slow"),
                ),
            ),
            said(
                "who comes later is refused",
                of(
                    graceful_shutdown.main,
                    ~connected("server", by="newcomer"),
                    printed("refused").at(2.4),  # by both of its addresses, one after the other
                ),
            ),
            said(
                "it takes no longer than the time of grace",
                of(graceful_shutdown.main, task("server").takes(4), printed("stopped").at(4)),
            ),
        ),
        folder="network",
    ),
    Scenario(
        30,
        "slow_reader",
        "A slow reader, and back-pressure",
        (
            said(
                "first the buffers take what there is, then the writer waits for the reader",
                of(
                    slow_reader.main,
                    printed("sent 1").at(0.4),
                    printed("sent 3").at(1.2),
                    *(printed(f"sent {block}").at(block - 2) for block in (4, 5, 6)),
                ),
            ),
            said(
                "it waits in drain(), as the end of the other buffer is the network's",
                of(slow_reader.main, task("writer").waits(3.6, on="room to send to 10.0.0.2:9100")),
            ),
        ),
        folder="network",
    ),
    Scenario(
        31,
        "slowest_of_three",
        "A fan-out, and the slowest of three replicas",
        (
            said(
                "who waits for all waits for the slowest",
                of(
                    slowest_of_three.main,
                    received("one").at(0.2),
                    received("two").at(0.4),
                    received("three").at(1.8),
                    printed("all have it").at(1.8),
                    takes(1.8),
                ),
            ),
            said(
                "a majority is there when the second has confirmed",
                of(
                    partial(slowest_of_three.main, majority=True),
                    printed("two have it").at(0.4),
                    printed("two have it").before(received("three")),
                ),
            ),
        ),
        folder="network",
    ),
    Scenario(
        32,
        "thundering_herd",
        "A thundering herd after a reconnect",
        (
            said(
                "all connect again at one instant",
                of(thundering_herd.main, connected("server").at(0.2, 0.2, 0.2, 1.3, 1.3, 1.3, 4)),
            ),
            said(
                "they are logged in one by one, and the last gives up before its turn",
                of(
                    thundering_herd.main,
                    at_most(1, "self.one_by_one"),
                    fair("self.one_by_one"),
                    printed("is back").at(2.5, 3.5, 5.5),
                    printed("gives up").at(3.8),
                ),
            ),
            said(
                "it is logged in twice, once in vain",
                of(
                    thundering_herd.main,
                    task("Server.handle#17").finishes.at(4.4),
                    task("Server.handle#19").finishes.at(5.6),
                ),
            ),
            said(
                "with a pause by chance before they come back nobody gives up",
                of(
                    partial(thundering_herd.main, spread=4),
                    ~printed("gives up"),
                    connected("server").at(0.2, 0.2, 0.2, 3, 4.3, 4.7),
                ),
            ),
        ),
        folder="network",
    ),
)
