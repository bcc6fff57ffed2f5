"""Bytes that find little room, with the sender or with the receiver, arrive once and in order."""

import socket

import pytest

import vtloop


async def send_into_a_window_that_opens_a_little():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sender, receiver = socket.create_connection(listener.getsockname()), listener.accept()[0]
    with sender, receiver:
        sender.setblocking(False)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4000)  # which are 8000
        numbers = b"".join(number.to_bytes(4, "big") for number in range(100_000))
        window = receiver.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        sent = 0
        while sent < window + 5000:
            sent += sender.send(numbers[sent : min(sent + 5000, window + 5000)])
        received = receiver.recv(10_000)  # too little for the sender to be told of it
        sent += sender.send(numbers[sent : sent + 4000])
        while len(received) < sent:
            received += receiver.recv(1 << 20)
        assert received == numbers[:sent]
        receiver.setblocking(False)
        with pytest.raises(BlockingIOError):
            receiver.recv(1)


def test_what_is_sent_as_a_window_opens_a_little_arrives_once():
    vtloop.run(send_into_a_window_that_opens_a_little())
