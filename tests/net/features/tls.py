"""TLS: asyncio's own protocol over any transport, certificates, and upgrades both ways."""

import asyncio
import ssl

from tests.support.both_loops import in_thread
from tests.support.links import (
    CERTIFICATE,
    TLS,
    Link,
    Told,
    Unix,
    a_moment,
    client_context,
    closed,
    over,
    server_context,
    two_ends,
    two_streams,
)

MIB = 1 << 20


async def greet(reader, writer):
    writer.write(b"hello")
    await closed(writer)


@over(TLS)
async def both_ends_know_of_the_encryption(log):
    async with two_ends(log) as (client, server):
        for end in (client, server):
            info = end.transport.get_extra_info
            log(len(info("cipher")), info("compression"), info("ssl_object").version())
            log(type(info("ssl_object")).__name__, type(info("sslcontext")).__name__)
            log(info("ssl_object").selected_alpn_protocol(), info("ssl_object").server_hostname)
        log(client.transport.get_extra_info("peercert")["subject"])
        log(client.transport.get_extra_info("peercert")["subjectAltName"])
        log(server.transport.get_extra_info("peercert"))


async def failing(log, context, served_by=None, **options):
    """Tell what a client hears of a server with the certificate."""
    told = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: told.append(context["message"])
    )
    async with await asyncio.start_server(
        greet, "127.0.0.1", 0, ssl=served_by or server_context()
    ) as server:
        host, port = server.sockets[0].getsockname()
        with log.error():
            reader, writer = await asyncio.open_connection(host, port, ssl=context, **options)
            with log.error("read"):
                log(await reader.read())
            await closed(writer)
        await a_moment()
    log(told)


async def a_certificate_that_nobody_trusts_is_refused(log):
    await failing(log, ssl.create_default_context())


async def a_certificate_of_another_name_is_refused(log):
    await failing(log, client_context(), server_hostname="example.org")


async def a_name_of_the_certificate_is_enough(log):
    await failing(log, client_context(), server_hostname="db")


async def who_checks_nothing_is_connected(log):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    await failing(log, context)
    await failing(log, context, server_hostname="")


async def a_client_without_the_certificate_that_is_wanted_is_refused(log):
    context = server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(CERTIFICATE)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    await failing(log, client_context(), context)


async def a_client_with_its_certificate_is_known(log):
    seen = asyncio.get_running_loop().create_future()

    def see(_, writer):
        seen.set_result(writer.get_extra_info("peercert")["subject"])
        writer.close()

    wanting, having = server_context(), client_context()
    wanting.verify_mode = ssl.CERT_REQUIRED
    wanting.load_verify_locations(CERTIFICATE)
    having.load_cert_chain(CERTIFICATE)
    async with await asyncio.start_server(see, "127.0.0.1", 0, ssl=wanting) as server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port, ssl=having)
        log(await seen, await reader.read())
        await closed(writer)


async def no_version_in_common_is_refused(log):
    old, new = server_context(), client_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    new.minimum_version = ssl.TLSVersion.TLSv1_3
    await failing(log, new, old)


async def both_ends_agree_on_a_protocol(log):
    server, client = server_context(), client_context()
    server.set_alpn_protocols(["h2", "http/1.1"])
    client.set_alpn_protocols(["http/1.1"])
    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=server) as serving:
        host, port = serving.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port, ssl=client)
        log(writer.get_extra_info("ssl_object").selected_alpn_protocol(), await reader.read())
        await closed(writer)


async def a_server_that_does_not_answer_the_handshake_is_given_up(log):
    accepted = []
    server = await asyncio.start_server(lambda *ends: accepted.append(ends), "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        with log.error():
            await asyncio.open_connection(
                host, port, ssl=client_context(), ssl_handshake_timeout=0.01
            )
        for _, writer in accepted:
            await closed(writer)


async def a_client_that_does_not_shake_hands_is_given_up(log):
    server = await asyncio.start_server(
        greet, "127.0.0.1", 0, ssl=server_context(), ssl_handshake_timeout=0.01
    )
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        log(await reader.read())
        await closed(writer)


async def a_client_that_speaks_plainly_is_dropped(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0, ssl=server_context()) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        with log.error():
            log(len(await reader.read()) < 20)
        await closed(writer)


async def a_server_that_speaks_plainly_is_no_server_of_tls(log):
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        with log.error():
            await asyncio.open_connection(host, port, ssl=client_context())


async def a_peer_that_never_answers_the_end_is_given_up(log):
    loop = asyncio.get_running_loop()
    server_end = loop.create_future()

    class Deaf(Told):
        def connection_made(self, transport):
            super().connection_made(transport)
            server_end.set_result(self)

    server = await loop.create_server(
        lambda: Deaf(log.of("server:")), "127.0.0.1", 0, ssl=server_context()
    )
    host, port = server.sockets[0].getsockname()
    _, client = await loop.create_connection(
        lambda: Told(log.of("client:")),
        host,
        port,
        ssl=client_context(),
        ssl_shutdown_timeout=0.01,
    )
    deaf = (await server_end).transport
    await a_moment()
    deaf.pause_reading()
    client.transport.close()
    log(await client.lost)
    deaf.abort()
    server.close()
    await server.wait_closed()
    await a_moment()


async def streams_are_upgraded_on_both_ends(log):
    async def serve(reader, writer):
        log(await reader.readline(), writer.get_extra_info("sslcontext"))
        writer.write(b"go ahead\n")
        await writer.drain()
        await writer.start_tls(server_context())
        log(writer.get_extra_info("sslcontext") is not None)
        writer.write(b"secret: " + await reader.readline())
        await closed(writer)

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"STARTTLS\n")
        log(await reader.readline())
        await writer.start_tls(client_context(), server_hostname="localhost")
        writer.write(b"under cover\n")
        log(await reader.read(), writer.get_extra_info("peercert")["subject"])
        await closed(writer)


@over(Link, Unix)
async def transports_are_upgraded_on_both_ends(log):
    loop = asyncio.get_running_loop()
    async with two_ends(log) as (client, server):
        plain = client.transport, server.transport
        upgraded = await asyncio.gather(
            loop.start_tls(plain[0], client, client_context(), server_hostname="localhost"),
            loop.start_tls(plain[1], server, server_context(), server_side=True),
        )
        client.transport, server.transport = upgraded
        client.transport.write(b"from client")
        server.transport.write(b"from server")
        log(await server.received(11), await client.received(11))
        log(client.transport.get_extra_info("cipher") is not None)
        log(type(client.transport).__name__)


async def an_upgrade_that_nobody_answers_is_given_up(log):
    loop = asyncio.get_running_loop()
    log.link = Link(log)
    async with two_ends(log) as (client, server):
        server.transport.pause_reading()
        with log.error():
            await loop.start_tls(
                client.transport,
                client,
                client_context(),
                server_hostname="localhost",
                ssl_handshake_timeout=0.01,
            )
        client.lost.done() or client.lost.set_result(None)


async def an_upgrade_needs_a_context_and_a_transport(log):
    loop = asyncio.get_running_loop()
    log.link = Link(log)
    async with two_ends(log) as (client, _):
        with log.error():
            await loop.start_tls(client.transport, client, None)
        with log.error():
            await loop.start_tls(None, client, client_context(), server_hostname="localhost")


@over(TLS)
async def two_mebibytes_are_encrypted_under_back_pressure(log):
    async with two_streams(log) as ((_, writer), (served_reader, _)):
        writer.transport.set_write_buffer_limits(high=1000)

        async def send():
            for _ in range(32):
                writer.write(bytes(MIB // 16))
                await writer.drain()

        sending = asyncio.create_task(send())
        log(len(await served_reader.readexactly(2 * MIB)))
        await sending


@over(TLS)
async def a_certificate_is_fetched_by_who_trusts_nobody(log):
    server = await log.link.start_server(greet)
    host, port = server.sockets[0].getsockname()
    text = await in_thread(ssl.get_server_certificate, (host, port))
    log(text.strip() in CERTIFICATE.read_text("ascii"))
    server.close()
    await a_moment()


async def tls_goes_through_tls(log):
    loop = asyncio.get_running_loop()
    log.link = TLS(log)
    async with two_ends(log) as (client, server):
        outer = client.transport, server.transport
        client.transport, server.transport = await asyncio.gather(
            loop.start_tls(outer[0], client, client_context(), server_hostname="db"),
            loop.start_tls(outer[1], server, server_context(), server_side=True),
        )
        client.transport.write(b"twice wrapped")
        log(await server.received(13))


@over(TLS)
async def an_abort_needs_no_farewell(log):
    async with two_ends(log) as (client, server):
        client.transport.write(b"said")
        log(await server.received(4))
        client.transport.abort()
        log(await client.lost, await server.lost)
