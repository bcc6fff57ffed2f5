"""Names, services and addresses are looked up as by glibc; an unknown name says what is known."""

import asyncio
import pickle
import socket
import sys

import pytest

from vtloop.net import services
from vtloop.net.names import Names

linux = pytest.mark.skipif(sys.platform != "linux", reason="compares with glibc")

INET, INET6 = socket.AF_INET, socket.AF_INET6
STREAM, DGRAM, RAW = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW

HOSTS = {
    "db": ["10.0.0.2", "fd00::2"],
    "cache": ["10.0.1.7", "10.0.1.3"],
    "six": ["fd00::5"],
    "xn--bcher-kva.example": ["10.0.0.9"],
}
NAMES = Names(lambda name: HOSTS.get(name, ()), "desk.example", lambda: HOSTS)


def result(function, *args):
    """Return what a function returns, or its error; of our longer texts the usual beginning."""
    try:
        return function(*args)
    except Exception as error:
        text = [
            arg.partition(": ")[0] if isinstance(error, socket.gaierror) and n == 1 else arg
            for n, arg in enumerate(error.args)
        ]
        return type(error), text


def ips(*args):
    return [answer[4][0] for answer in NAMES.getaddrinfo(*args)]


@linux
@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "*",
        "127.0.0.1",
        b"127.0.0.1",
        "127.1",
        "010.1",
        "0x7f000001",
        "12",
        "256.0.0.1",
        "1.2.3.4.5",
        " 127.0.0.1",
        "127.0.0.1 ",
        "127.0.0.1\0",
        "::1",
        "::",
        "FE80::0:A",
        "::ffff:1.2.3.4",
        "::ffff:0:1",
        "::1.2.3.4",
        "1::2::3",
        "fe80::1%lo",
        "fe80::1%7",
        "ff02::1%lo",
        "::1%3",
        "<broadcast>",
        5,
        bytearray(b"::1"),
        "a" * 70,
        "\ud800",
    ],
)
def test_what_needs_no_look_up_is_as_the_real_resolver_says(host):
    questions = [
        (80,),
        (None,),
        ("ssh", 0, STREAM),
        (80, INET),
        (80, INET6),
        (80, INET6, STREAM, 0, socket.AI_V4MAPPED),
        (80, INET6, DGRAM, 0, socket.AI_V4MAPPED | socket.AI_ALL),
        (80, 0, 0, 0, socket.AI_PASSIVE),
        (80, INET, STREAM, 0, socket.AI_PASSIVE),
        (80, INET6, STREAM, 0, socket.AI_PASSIVE),
        (80, 0, 0, 0, socket.AI_CANONNAME),
        ("80", 0, STREAM, 0, socket.AI_NUMERICSERV),
        ("ssh", 0, STREAM, 0, socket.AI_NUMERICSERV),
        (80, socket.AF_UNIX),
        (80, 0, 99),
        (80, 0, 0, 99),
        (80, 0, 0, 0, -1),
        (80, 0, 0, 0, 0x10000),
    ]
    for question in questions:
        service, family, kind, protocol, flags = (*question, 0, 0, 0, 0)[:5]
        flags |= socket.AI_NUMERICHOST  # so that no test asks a name server
        asked = (host, service, family, kind, protocol, flags)
        assert result(NAMES.getaddrinfo, *asked) == result(socket.getaddrinfo, *asked), asked


@linux
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", None])
@pytest.mark.parametrize(
    "port",
    [
        0,
        -1,
        65535,
        65536,
        70000,
        1 << 31,
        (1 << 32) - 1,
        1 << 40,
        "",
        "*",
        "80",
        " 80",
        "80 ",
        "+5",
        "-5",
        "- 5",
        "0x50",
        "9" * 25,
        b"80",
        b"ssh",
        "ssh",
        "domain",
        "SSH",
        "no-such-service",
        80.0,
        *[True][: sys.version_info < (3, 14)],  # which takes it as a text from then on
    ],
)
def test_a_service_is_what_the_real_resolver_makes_of_it(host, port):
    for kind in [
        (0, 0),
        (STREAM, 0),
        (DGRAM, 0),
        (RAW, 0),
        (5, 0),
        (0, 17),
        (0, 132),
        (STREAM, 17),
    ]:
        expected = result(socket.getaddrinfo, host, port, 0, *kind)
        assert result(NAMES.getaddrinfo, host, port, 0, *kind) == expected, kind


@linux
@pytest.mark.parametrize(
    "sockaddr",
    [
        ("127.0.0.1", 80),
        ("10.1.2.3", 22),
        ("127.1", 80),
        ("127.0.0.1", 70000),
        ("127.0.0.1", -1),
        ("::1", 80),
        ("::ffff:1.2.3.4", 80, 0, 0),
        ("::1", 80, 0, 1),
        ("fe80::1", 80, 0, 1),
        ("fe80::1", 80, 0, 77),
        ("127.0.0.1", 80, 0, 0),
        ("::1", 80, 1 << 20, 0),
        ("::1", 80, -1, 0),
        ("localhost", 80),
        ("", 80),
        ("*", 80),
        ("127.0.0.1",),
        ("127.0.0.1", "80"),
        (b"127.0.0.1", 80),
        (None, 80),
        ["127.0.0.1", 80],
        None,
    ],
)
def test_getnameinfo_tells_numbers_as_the_real_one(sockaddr):
    numeric = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
    for flags in (numeric, numeric | socket.NI_DGRAM, numeric | socket.NI_NAMEREQD, 0x8000 | 3):
        expected = result(socket.getnameinfo, sockaddr, flags)
        assert result(NAMES.getnameinfo, sockaddr, flags) == expected
    named = socket.NI_NUMERICHOST  # and the service by its name
    assert result(NAMES.getnameinfo, sockaddr, named) == result(socket.getnameinfo, sockaddr, named)


@linux
@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", b"127.0.0.1", "127.1", "0.0.0.0", "", "::1", 5, None, "a\0b"),
        *["<broadcast>"][: sys.version_info < (3, 14)],
    ],
)
def test_the_older_questions_have_the_real_answers(host):
    for question in ("gethostbyname", "gethostbyname_ex"):
        expected = result(getattr(socket, question), host)
        assert result(getattr(NAMES, question), host) == expected
    if host in ("127.0.0.1", "127.1", "", 5, None, "a\0b"):
        expected = result(socket.gethostbyaddr, host)
        if isinstance(expected[1], list) and expected[0] == "localhost":
            expected = (expected[0], [], expected[2])  # a machine may have more names for it
        assert result(NAMES.gethostbyaddr, host) == expected


def test_localhost_is_both_loopback_addresses_as_is_no_host():
    for family in (0, INET, INET6):
        assert NAMES.getaddrinfo("localhost", 80, family) == NAMES.getaddrinfo(None, 80, family)
    assert ips("localhost", 80, 0, STREAM) == ["::1", "127.0.0.1"]
    assert ips("LocalHost.", 80, 0, STREAM, 0, socket.AI_ADDRCONFIG) == ["::1", "127.0.0.1"]


@linux
def test_localhost_is_over_ipv4_what_it_really_is():
    real = set(socket.getaddrinfo("localhost", "ssh", INET, STREAM))
    assert set(NAMES.getaddrinfo("localhost", "ssh", INET, STREAM)) == real


def test_asyncio_reaches_a_server_that_listens_on_one_of_the_addresses_of_localhost():
    async def main():
        loop = asyncio.get_running_loop()

        async def getaddrinfo(host, port, **hints):
            return NAMES.getaddrinfo(host, port, **hints)

        async def served(reader, writer):
            writer.write(b"served")
            writer.close()
            await writer.wait_closed()

        loop.getaddrinfo = getaddrinfo
        server = await asyncio.start_server(served, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("localhost", port)
            assert await reader.read() == b"served"
            writer.close()
            await writer.wait_closed()

    with asyncio.Runner() as runner:
        runner.run(main())


def test_a_host_of_the_simulation_has_its_addresses_with_private_ones_of_ipv6_last():
    assert ips("db", 80, 0, STREAM) == ["10.0.0.2", "fd00::2"]
    assert ips("DB.", 80, INET, STREAM) == ["10.0.0.2"]
    assert ips(b"db", 80, INET6, STREAM) == ["fd00::2"]
    assert ips("cache", 80, 0, STREAM) == ["10.0.1.7", "10.0.1.3"]
    assert ips("bücher.example", 80, 0, STREAM) == ["10.0.0.9"]
    assert NAMES.gethostbyname("db") == "10.0.0.2"
    assert NAMES.gethostbyname_ex("cache") == ("cache", [], ["10.0.1.7", "10.0.1.3"])
    assert NAMES.gethostbyaddr("six") == ("six", [], ["fd00::5"])
    assert NAMES.address("db", INET) == "10.0.0.2"


def test_addresses_of_ipv4_are_mapped_if_one_asks_for_it():
    mapped = socket.AI_V4MAPPED
    assert ips("cache", 80, INET6, STREAM, 0, mapped) == ["::ffff:10.0.1.7", "::ffff:10.0.1.3"]
    assert ips("db", 80, INET6, STREAM, 0, mapped) == ["fd00::2"]
    every = mapped | socket.AI_ALL
    assert ips("db", 80, INET6, STREAM, 0, every) == ["fd00::2", "::ffff:10.0.0.2"]


def test_the_canonical_name_stands_at_the_first_address():
    answers = NAMES.getaddrinfo("DB", 80, 0, STREAM, 0, socket.AI_CANONNAME)
    assert [answer[3] for answer in answers] == ["db", ""]


def test_an_address_has_the_name_of_its_host():
    assert NAMES.getnameinfo(("10.0.0.2", 5432), 0) == ("db", "postgresql")
    assert NAMES.getnameinfo(("fd00::2", 53, 0, 0), socket.NI_DGRAM) == ("db", "domain")
    assert NAMES.getnameinfo(("::1", 123, 0, 0), socket.NI_DGRAM) == ("localhost", "ntp")
    assert NAMES.getnameinfo(("::1", 123, 0, 0), 0) == ("localhost", "123")
    assert NAMES.gethostbyaddr("10.0.1.3") == ("cache", [], ["10.0.1.3"])
    assert NAMES.getnameinfo(("10.9.9.9", 80), 0) == ("10.9.9.9", "http")
    with pytest.raises(socket.gaierror, match="Name or service not known"):
        NAMES.getnameinfo(("10.9.9.9", 80), socket.NI_NAMEREQD)
    with pytest.raises(socket.herror, match="Unknown host"):
        NAMES.gethostbyaddr("10.9.9.9")


def test_the_own_name_always_has_an_address():
    assert NAMES.gethostname() == "desk.example"
    assert NAMES.gethostbyname("desk.example") == "127.0.1.1"
    assert NAMES.gethostbyaddr("desk.example")[0] == "desk.example"
    assert NAMES.getnameinfo(("127.0.1.1", 80), socket.NI_NOFQDN) == ("desk", "http")
    assert Names(lambda name: HOSTS.get(name, ()), "db").gethostbyname("db") == "10.0.0.2"


def test_a_name_that_is_unknown_says_what_is_known_and_how_to_add_it():
    with pytest.raises(socket.gaierror) as unknown:
        NAMES.getaddrinfo("Mail.example", 25)
    assert unknown.value.args[0] == socket.EAI_NONAME
    assert str(unknown.value) == (
        f"[Errno {socket.EAI_NONAME}] Name or service not known: 'Mail.example' was looked up in a "
        "simulation while its network knows only localhost, db, cache, six, xn--bcher-kva.example, "
        "desk.example; let a host have that name (network.host('Mail.example')), or a server "
        "listen on it, or give its address"
    )
    again = pickle.loads(pickle.dumps(unknown.value))
    assert again.args == unknown.value.args


def test_of_many_names_that_are_known_the_first_are_told():
    many = Names(lambda name: (), "desk", lambda: [f"host-{n}" for n in range(1, 2001)])
    with pytest.raises(socket.gaierror, match=r"host-10, host-11 and 1,990 more; let a host have"):
        many.getaddrinfo("db", 80)


def test_a_name_without_an_address_of_the_family_says_what_it_has():
    with pytest.raises(socket.gaierror) as unknown:
        NAMES.getaddrinfo("cache", 80, INET6)
    assert str(unknown.value).endswith(
        "Name or service not known: an IPv6 address of 'cache' was looked up in a simulation while "
        "it has only 10.0.1.7, 10.0.1.3; give it one more, or ask for another family"
    )


def test_a_name_is_not_looked_up_where_only_numbers_are_asked_for():
    with pytest.raises(socket.gaierror, match=r"Name or service not known$"):
        NAMES.getaddrinfo("db", 80, 0, 0, 0, socket.AI_NUMERICHOST)


@linux
def test_services_of_the_table_have_the_ports_that_this_machine_knows_for_them():
    wrong = {
        name: port
        for name, (port, protocols, _) in services.SERVICES.items()
        for protocol in protocols.split()
        if result(socket.getservbyname, name, protocol)
        not in (port, (OSError, ["service/proto not found"]))
    }
    assert wrong == {}


def test_services_are_known_by_all_their_names_and_by_their_ports():
    assert NAMES.getservbyname("http") == NAMES.getservbyname("www", "tcp") == 80
    assert NAMES.getservbyname("imap") == 143
    assert NAMES.getservbyname("redis") == 6379
    assert NAMES.getservbyport(443, "udp") == "https"
    with pytest.raises(OSError, match=r"^service/proto not found$"):
        NAMES.getservbyname("http", "udp")
    with pytest.raises(OSError, match=r"^port/proto not found$"):
        NAMES.getservbyport(80, "udp")


def test_other_services_are_what_the_machine_says_of_them():
    for question in [("no-such-service",), ("no-such-service", "tcp"), (5,)]:
        expected = result(socket.getservbyname, *question)
        assert result(NAMES.getservbyname, *question) == expected
    for question in [(64999,), (64999, "udp"), (-1,), (70000,), ("80",)]:
        expected = result(socket.getservbyport, *question)
        assert result(NAMES.getservbyport, *question) == expected
