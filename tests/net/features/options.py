"""Options of sockets: what is set is told again, and what they change is changed."""

import asyncio
import socket
import struct

from tests.net.features.raw_sockets import number
from tests.net.features.watching import connected, pair
from tests.support.links import needs_ipv6

TCP = socket.IPPROTO_TCP


async def options_are_kept(log):
    with socket.socket() as sock:
        for level, option in (
            (socket.SOL_SOCKET, socket.SO_REUSEADDR),
            (socket.SOL_SOCKET, socket.SO_REUSEPORT),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            (socket.SOL_SOCKET, socket.SO_BROADCAST),
            (socket.SOL_SOCKET, socket.SO_OOBINLINE),
            (TCP, socket.TCP_NODELAY),
        ):
            before = sock.getsockopt(level, option)
            sock.setsockopt(level, option, 1)
            after = sock.getsockopt(level, option)
            sock.setsockopt(level, option, False)
            log(before, after, sock.getsockopt(level, option))


async def the_times_of_keep_alive_are_kept(log):
    with socket.socket() as sock:
        for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
            before = sock.getsockopt(TCP, option)
            sock.setsockopt(TCP, option, 7)
            log(before, sock.getsockopt(TCP, option))
        sock.setsockopt(TCP, socket.TCP_USER_TIMEOUT, 1500)
        log(sock.getsockopt(TCP, socket.TCP_USER_TIMEOUT))


async def options_are_bytes_when_asked(log):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, struct.pack("i", 1))
        log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 4))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 5))
        log(struct.unpack("ii", sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)))


async def a_socket_tells_its_kind(log):
    for family in (socket.AF_INET, socket.AF_UNIX):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as sock:
                for option in (socket.SO_TYPE, socket.SO_DOMAIN, socket.SO_PROTOCOL):
                    log(sock.getsockopt(socket.SOL_SOCKET, option))
                log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
                log(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


async def buffers_have_twice_the_size_that_is_set(log):
    for ends in (pair, connected):
        with ends() as (one, _):
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
                log(one.getsockopt(socket.SOL_SOCKET, option) > 0)
                one.setsockopt(socket.SOL_SOCKET, option, 20_000)
                log(one.getsockopt(socket.SOL_SOCKET, option))


@needs_ipv6
async def ipv6_alone_is_an_option_before_the_bind(log):
    with socket.socket(socket.AF_INET6) as sock:
        log(sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        log(sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))
        sock.bind(("::1", 0))
        log(number(sock.setsockopt, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0))


@needs_ipv6
async def an_ipv6_socket_of_both_families_keeps_the_port_of_ipv4(log):
    with socket.socket(socket.AF_INET6) as both, socket.socket() as other:
        both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        both.bind(("::", 0))
        log(number(other.bind, ("127.0.0.1", both.getsockname()[1])))
    with socket.socket(socket.AF_INET6) as alone, socket.socket() as other:
        alone.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        alone.bind(("::", 0))
        log(number(other.bind, ("127.0.0.1", alone.getsockname()[1])))


async def an_address_is_used_again_when_nobody_listens_on_it(log):
    with socket.socket() as one, socket.socket() as two:
        for sock in (one, two):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        log(number(two.bind, one.getsockname()))
        one.listen()
        log(number(two.listen))


async def an_address_with_connections_left_over_is_used_again(log):
    server = socket.create_server(("127.0.0.1", 0))
    name = server.getsockname()
    with socket.create_connection(name) as client:
        accepted, _ = server.accept()
        server.close()
        with accepted, socket.socket() as plain, socket.socket() as again:
            log(number(plain.bind, name))
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            log(number(again.bind, name), number(again.listen))
            log(client.getpeername() == name)


async def wrong_options_are_refused(log):
    with socket.socket() as sock:
        log(number(sock.getsockopt, socket.SOL_SOCKET, 9999))
        log(number(sock.setsockopt, TCP, 9999, 1), number(sock.setsockopt, 9999, 1, 1))
        with log.error():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, "text")


async def timeouts_of_a_socket_are_kept(log):
    with socket.socket() as sock:
        for seconds in (1.5, 0, None, 2):
            sock.settimeout(seconds)
            log(sock.gettimeout(), sock.getblocking())
        with log.error():
            sock.settimeout(-1)
        sock.setblocking(False)
        log(sock.gettimeout())


async def timeouts_of_new_sockets_have_a_default(log):
    socket.setdefaulttimeout(3)
    try:
        with socket.socket() as sock:
            log(sock.gettimeout(), socket.getdefaulttimeout())
    finally:
        socket.setdefaulttimeout(None)


async def options_are_inherited_by_what_is_accepted(log):
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        server.setsockopt(TCP, socket.TCP_NODELAY, 1)
        with socket.create_connection(server.getsockname()):
            accepted, _ = await loop.sock_accept(server)
            with accepted:
                log(accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
                log(accepted.getsockopt(TCP, socket.TCP_NODELAY))
                log(accepted.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
