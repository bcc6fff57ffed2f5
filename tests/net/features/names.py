"""Names: literals, localhost, services, flags, and what nobody has."""

import asyncio
import socket

from tests.support.links import needs_ipv6


async def literals_stand_for_themselves(log):
    loop = asyncio.get_running_loop()
    for host in ("127.0.0.1", "10.1.2.3", "::1", "2001:db8::7"):
        log(await loop.getaddrinfo(host, 80, type=socket.SOCK_STREAM))
        log(await loop.getaddrinfo(host, 80, type=socket.SOCK_DGRAM))


async def without_a_type_there_is_one_of_each(log):
    loop = asyncio.get_running_loop()
    for host in ("127.0.0.1", "::1"):
        log(await loop.getaddrinfo(host, 80))


async def localhost_is_the_loopback_address(log):
    loop = asyncio.get_running_loop()
    log(await loop.getaddrinfo("localhost", 80, family=socket.AF_INET, type=socket.SOCK_STREAM))


async def ports_are_numbers_texts_bytes_or_none(log):
    loop = asyncio.get_running_loop()
    for port in (8080, "8080", b"8080", None, 0, "0"):
        log(port, await loop.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM))


async def well_known_services_have_ports(log):
    loop = asyncio.get_running_loop()
    for port in ("http", "https", "domain"):
        log(port, await loop.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM))


async def an_unknown_service_is_an_error(log):
    loop = asyncio.get_running_loop()
    with log.error():
        await loop.getaddrinfo("127.0.0.1", "no-such-service", type=socket.SOCK_STREAM)


@needs_ipv6
async def no_host_is_the_loopback_or_any_address(log):
    loop = asyncio.get_running_loop()
    for flags in (0, socket.AI_PASSIVE):
        found = await loop.getaddrinfo(None, 80, type=socket.SOCK_STREAM, flags=flags)
        log(sorted(found))
        log(await loop.getaddrinfo(None, 80, family=2, type=socket.SOCK_STREAM, flags=flags))


async def flags_are_taken(log):
    loop = asyncio.get_running_loop()
    options = {"family": socket.AF_INET, "type": socket.SOCK_STREAM}
    for flags in (
        socket.AI_PASSIVE,
        socket.AI_NUMERICHOST,
        socket.AI_NUMERICSERV,
        socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    ):
        log(await loop.getaddrinfo("127.0.0.1", 80, flags=flags, **options))
    for flags in (socket.AI_CANONNAME,):
        log(await loop.getaddrinfo("127.0.0.1", 80, flags=flags, **options))
    with log.error():
        await loop.getaddrinfo("localhost", 80, flags=socket.AI_NUMERICHOST)
    with log.error():
        await loop.getaddrinfo("127.0.0.1", "http", flags=socket.AI_NUMERICSERV)


async def an_ipv4_address_is_mapped_when_asked(log):
    loop = asyncio.get_running_loop()
    options = {"family": socket.AF_INET6, "type": socket.SOCK_STREAM}
    log(await loop.getaddrinfo("127.0.0.1", 80, flags=socket.AI_V4MAPPED, **options))
    with log.error():
        await loop.getaddrinfo("127.0.0.1", 80, **options)


async def nobody_and_nothing_are_unknown(log):
    loop = asyncio.get_running_loop()
    with log.error():
        await loop.getaddrinfo(None, None)


async def a_name_that_nobody_has_is_an_error(log):
    loop = asyncio.get_running_loop()
    for look_up in (
        loop.getaddrinfo("no-such-host.invalid", 80),
        asyncio.to_thread(socket.getaddrinfo, "no-such-host.invalid", 80),
        asyncio.to_thread(socket.gethostbyname, "no-such-host.invalid"),
    ):
        try:
            await look_up
        except socket.gaierror as error:
            log(type(error).__name__)


async def addresses_are_named_by_numbers(log):
    loop = asyncio.get_running_loop()
    flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    for address in (("127.0.0.1", 80), ("::1", 443), ("::1", 443, 0, 0), ("10.0.0.7", 8080)):
        log(await loop.getnameinfo(address, flags))
    log(await loop.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST))
    with log.error():
        await loop.getnameinfo(("localhost", 80), flags)


async def the_loopback_address_is_named_localhost(log):
    loop = asyncio.get_running_loop()
    log(await loop.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICSERV))


async def the_module_looks_up_as_the_loop_does(log):
    for host in ("127.0.0.1", "::1"):
        log(socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM))
    log(socket.gethostbyname("localhost"), socket.gethostbyname("10.1.2.3"))
    log(socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV))
    log(socket.gethostbyname_ex("127.0.0.1")[2])


async def addresses_are_turned_into_bytes_and_back(log):
    log(socket.inet_aton("127.0.0.1"), socket.inet_ntoa(b"\x0a\x00\x00\x07"))
    log(socket.inet_pton(socket.AF_INET6, "::1"), socket.inet_ntop(socket.AF_INET6, bytes(16)))


async def this_machine_has_a_name(log):
    log(type(socket.gethostname()), type(await asyncio.to_thread(socket.getfqdn)))
