"""Addresses are what real sockets take them for, with the same errors for those that are wrong."""

import pathlib
import socket
import sys
from typing import Any

import pytest

from vtloop.net import addresses

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="compares with Linux")

INET, INET6 = socket.AF_INET, socket.AF_INET6
UNIX = getattr(socket, "AF_UNIX", None)


class One:
    def __index__(self):
        return 1


MALFORMED: list[tuple[Any, Any]] = [
    (INET, address)
    for address in (
        "127.0.0.1",
        None,
        ["127.0.0.1", 0],
        (),
        ("127.0.0.1",),
        ("127.0.0.1", 0, 0),
        (1, 0),
        (None, 0),
        (memoryview(b"127.0.0.1"), 0),
        ("127.0.0.1", "0"),
        ("127.0.0.1", 1.0),
        ("127.0.0.1", None),
        ("127.0.0.1", -1),
        ("127.0.0.1", 65536),
        ("127.0.0.1", 1 << 40),
        ("a\0b", 0),
        (b"a\0b", 0),
        ("é\ud800", 0),
        ("é" * 64, 0),
    )
]
MALFORMED += [
    (INET6, address)
    for address in (
        "::1",
        (),
        ("::1",),
        ("::1", 0, 0, 0, 0),
        (5, 0),
        ("::1", "0"),
        ("::1", -1),
        ("::1", 1 << 40),
        ("::1", 65536, 1 << 20),
        ("::1", 0, 1 << 20),
        ("::1", 0, -1),
        ("::1", 0, "0"),
        ("::1", 0, 0, 1.0),
    )
]
MALFORMED += [
    (UNIX, address)
    for address in (
        5,
        None,
        ("a", 1),
        pathlib.Path("a"),
        "a" * 108,
        b"a" * 108,
        b"\0" * 109,
        "\ud800",
    )
]


def error_of(function, *args):
    try:
        returned = function(*args)
    except Exception as error:
        return type(error), error.args
    pytest.fail(f"no error, but {returned!r}")


@pytest.mark.parametrize("method", ["bind", "connect", "connect_ex"])
@pytest.mark.parametrize(("family", "address"), MALFORMED, ids=repr)
def test_a_malformed_address_has_the_error_of_a_real_socket(family, address, method):
    with socket.socket(family, socket.SOCK_DGRAM) as real:
        expected = error_of(getattr(real, method), address)
    assert error_of(addresses.checked, family, address, method) == expected


def test_a_family_that_has_no_addresses_here_is_refused():
    with pytest.raises(OSError, match=r"^bind\(\): bad family$"):
        addresses.checked(12345, ("127.0.0.1", 0), "bind")


def has_ipv6():
    try:
        with socket.socket(INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def name_of_bound(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as real:
        real.bind(address)
        return real.getsockname()


def name_here(family, address):
    checked = addresses.checked(family, address, "bind")
    return addresses.shown(family, *addresses.canonical(family, checked))


FOUR = [
    ("", 0),
    ("<broadcast>", 0),
    ("255.255.255.255", 0),
    (b"127.0.0.1", 0),
    (bytearray(b"127.0.0.1"), 0),
    ("127.1", 0),
    ("0x7f000001", 0),
    ("::ffff:127.0.0.1", 0),
    ("127.0.0.1", False),
]
SIX = [
    ("", 0),
    ("::", 0),
    ("0:0::1", 0),
    ("::1", 0, 5),
    *[("::1", 0, 1 << 32)][: sys.version_info < (3, 15)],  # warned of from then on
    ("::1", 0, 0, -1),
    ("::1%1", 0),
    ("::FFFF:127.0.0.1", 0),
    ("::ffff:7f00:1", 0),
]
FAMILIES = [(INET, address) for address in FOUR] + [
    pytest.param(INET6, address, marks=needs_ipv6) for address in SIX
]


@pytest.mark.parametrize(("family", "address"), FAMILIES, ids=repr)
def test_an_address_is_shown_as_a_real_socket_that_is_bound_to_it_shows_it(family, address):
    real, here = name_of_bound(family, address), name_here(family, address)
    assert (here[0], *here[2:]) == (real[0], *real[2:])  # the port is the kernel's choice
    assert len(here) == len(real)


def test_a_port_is_any_object_that_is_an_index():
    assert addresses.checked(INET, ("127.0.0.1", One()), "bind") == ("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("family", "host"),
    [(INET, "::1"), (INET6, "127.0.0.1"), (INET6, "<broadcast>"), (INET6, "255.255.255.255")],
)
def test_a_host_of_the_other_family_has_the_error_of_a_real_socket(family, host):
    with socket.socket(family, socket.SOCK_DGRAM) as real:
        expected = error_of(real.bind, (host, 0))
    assert error_of(addresses.canonical, family, (host, 0)) == expected


def test_a_mapped_address_is_the_one_of_ipv4():
    assert addresses.canonical(INET6, ("::ffff:10.0.0.2", 80, 0, 0)) == ("10.0.0.2", 80)
    assert addresses.shown(INET6, "10.0.0.2", 80) == ("::ffff:10.0.0.2", 80, 0, 0)
    assert addresses.unmapped("::1.2.3.4") == "::1.2.3.4"


def test_a_name_is_looked_up_by_what_the_caller_brings():
    asked = []

    def look_up(host, family):
        asked.append((host, family))
        return "::ffff:10.0.0.2"

    checked = addresses.checked(INET6, ("bücher.example", 80), "connect")
    assert addresses.canonical(INET6, checked, look_up) == ("10.0.0.2", 80)
    assert asked == [("xn--bcher-kva.example", INET6)]
    with pytest.raises(socket.gaierror, match="Name or service not known"):
        addresses.canonical(INET6, checked)


@pytest.mark.parametrize(
    "path",
    ["a.sock", b"a.sock", bytearray(b"a.sock"), "é", b"\xff", b"a\0b", b"\0a", "\0é", b"\0a\0"],
)
def test_a_unix_address_is_shown_as_by_a_real_socket(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(UNIX, socket.SOCK_DGRAM) as real:
        real.bind(path)
        assert addresses.checked(UNIX, path, "bind") == real.getsockname()


def test_the_longest_addresses_of_unix_are_taken():
    assert addresses.checked(UNIX, "a" * 107, "bind") == "a" * 107
    assert addresses.checked(UNIX, b"\0" * 108, "bind") == b"\0" * 108
    assert addresses.checked(UNIX, "", "bind") == ""


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("10.0.0.2", 5432), "10.0.0.2:5432"),
        (("db", 5432), "db:5432"),
        (("", 80), "*:80"),
        (("::1", 80), "[::1]:80"),
        (("::1", 80, 0, 0), "[::1]:80"),
        (("fe80::1", 80, 0, 1), "[fe80::1%lo]:80"),
        (("fe80::1", 80, 0, 7), "[fe80::1%7]:80"),
        (("::1", 80, 0, 1), "[::1%1]:80"),
        ("/run/db.sock", "/run/db.sock"),
        (pathlib.Path("/run/db.sock"), "/run/db.sock"),
        (b"/run/db.sock", "/run/db.sock"),
        (b"\0db", "@db"),
        ("\0db", "@db"),
        ("", "(unnamed)"),
        ((None, 80), "*:80"),
    ],
)
def test_an_address_is_printed_as_one_writes_it(address, text):
    assert addresses.printable(address) == text


def test_what_an_ip_is_for_can_be_asked():
    ips = ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "0.0.0.0", "::", "fe80::1", "ff02::1"]
    ips += ["224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "ff::1", "fd00::1"]
    assert [ip for ip in ips if addresses.is_loopback(ip)] == ["127.0.0.1", "127.9.9.9", "::1"]
    assert [ip for ip in ips if addresses.is_any(ip)] == ["0.0.0.0", "::"]
    assert [ip for ip in ips if addresses.is_multicast(ip)] == ["ff02::1", "224.0.0.1", "239.1.1.1"]
    assert [ip for ip in ips if addresses.is_broadcast(ip)] == ["255.255.255.255"]
    assert [ip for ip in ips if addresses.is_link_local(ip)] == ["fe80::1", "ff02::1"]
