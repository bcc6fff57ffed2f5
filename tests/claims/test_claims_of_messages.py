"""Claims about messages: sent, received and connected, at which time, to whom and by whom."""

import pytest

import vtloop
from tests.support.wired import conversation
from vtloop.claims import connected, printed, received, sent, task

SERVER, CLIENT = "127.0.0.1:8080", "127.0.0.1:49152"


@pytest.fixture(scope="module")
def run():
    return vtloop.simulate(conversation)


@pytest.fixture(scope="module")
def between_hosts():
    return vtloop.simulate(lambda: conversation(hosts=("web", "db")))


@pytest.mark.parametrize(
    "claim",
    [
        sent(SERVER).at(0.2, 0.45, 0.95, 1.45),
        sent(by="client").at(0.2, 0.45, 0.95, 1.45),
        sent(CLIENT, by="server").at(0.35, 1.35),
        received(SERVER).at(0.45, 1.45),
        received(SERVER, by="client").before(task("client").finishes),
        received(by="server").at(0.3, 1.3),
        connected(SERVER).at(0.2),
        connected().before(sent(SERVER)),
        connected(SERVER, by="client") & ~sent("10.0.0.1:80"),
        sent(SERVER).after(connected()),
        ~sent(SERVER, by="server"),
        received(SERVER).within(2),
        connected(SERVER).together_with(connected(by="client")),
    ],
    ids=str,
)
def test_what_is_claimed_of_messages_holds(run, claim):
    claim.check(run)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            received(SERVER).at(0.4, 1.45),
            "data from 127.0.0.1:8080 is received at 0.4 s and 1.45 s; in fact client received "
            "data from 127.0.0.1:8080 at 0.45 s, 0.05 s later",
        ),
        (
            sent("10.0.0.1:80", by="client"),
            "data is sent to 10.0.0.1:80 by client; in fact no data was sent to 10.0.0.1:80 by "
            "client; client sent data to 127.0.0.1:8080 and server sent data to 127.0.0.1:49152",
        ),
        (
            connected(by="server"),
            "a connection is made by server; in fact no connection was made by server; client "
            "connected to 127.0.0.1:8080",
        ),
    ],
    ids=str,
)
def test_what_does_not_hold_says_what_was_the_case(run, claim, said):
    with pytest.raises(vtloop.errors.ClaimError) as caught:
        claim.check(run)
    assert str(caught.value).splitlines()[0] == f"Claimed: {said}"


def test_a_host_is_called_by_its_name(between_hosts):
    sent("db", by="client").at(0.2, 0.45, 0.95, 1.45).check(between_hosts)
    connected("db").at(0.2).check(between_hosts)
    with pytest.raises(LookupError, match=r"The host 'bd' was asked for.*: db, web, or"):
        sent("bd").of(between_hosts)


def test_a_task_that_there_is_not_is_no_claim_that_fails(run):
    with pytest.raises(LookupError, match="'cleint'"):
        sent(by="cleint").of(run)


def test_a_run_without_a_network_says_so():
    quiet = vtloop.simulate(printed_nothing)
    assert sent().of(quiet).actual == "no data was sent"
    assert not (connected() | printed("x")).of(quiet)


async def printed_nothing():
    pass
