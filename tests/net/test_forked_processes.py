"""A process that is forked from a run has none of its network, and says so."""

import socket
from multiprocessing import Pipe, get_context

import pytest

import vtloop


def use(one, results):
    try:
        one.send(b"x")
    except OSError as error:
        results.send((repr(one), str(error)))
    one.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_socket_of_the_run_is_stale_there_and_goes_on_here():
    async def main():
        receiving, sending = Pipe(duplex=False)
        one, two = socket.socketpair()
        with one, two, receiving, sending:
            process = get_context("fork").Process(target=use, args=[one, sending])
            process.start()
            said = receiving.recv()
            process.join()
            one.send(b"y")
            return said, two.recv(2)

    (shown, said), got = vtloop.run(main)
    assert shown.startswith("<socket.socket fd=1000000")
    assert "was used in a forked process" in said
    assert got == b"y"
