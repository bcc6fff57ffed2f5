"""dnspython's resolver: answers over UDP, a lost packet, a truncated answer, and nobody there."""

import asyncio

import dns.asyncresolver
import dns.message
import dns.resolver
import dns.rrset
from dns.rdatatype import A

from tests.ecosystem.network.servers.streams import Server


def answer_to(wire, truncated=False):
    query = dns.message.from_wire(wire)
    response = dns.message.make_response(query)
    name = query.question[0].name
    if truncated:
        response.flags |= dns.flags.TC
    elif str(name) == "nowhere.test.":
        response.set_rcode(dns.rcode.NXDOMAIN)
    else:
        response.answer.append(dns.rrset.from_text(name, 300, "IN", "A", "10.0.0.1", "10.0.0.2"))
    return response.to_wire()


class Names(asyncio.DatagramProtocol):
    """Loses the first packet about lost.test, and has no room for big.test."""

    def __init__(self):
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        name = str(dns.message.from_wire(data).question[0].name)
        self.asked.append(name)
        if name != "lost.test." or self.asked.count(name) > 1:
            self.transport.sendto(answer_to(data, truncated=name == "big.test."), address)


class OverTCP(Server):
    async def serve(self, reader, writer):
        size = int.from_bytes(await reader.readexactly(2), "big")
        answer = answer_to(await reader.readexactly(size))
        writer.write(len(answer).to_bytes(2, "big") + answer)


async def main(log, hour):
    loop = asyncio.get_running_loop()
    async with OverTCP() as tcp:
        where = ("127.0.0.1", tcp.port)
        transport, names = await loop.create_datagram_endpoint(Names, local_addr=where)
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], tcp.port
        resolver.timeout, resolver.lifetime = hour, 10 * hour
        for name in "some.test", "lost.test", "big.test":
            answer = await resolver.resolve(name, A)
            log(name, sorted(record.address for record in answer))
        try:
            await resolver.resolve("nowhere.test", A)
        except dns.resolver.NXDOMAIN as error:
            log(error)
        log(len(names.asked), "packets")
        transport.close()
    try:
        await resolver.resolve("some.test", A, lifetime=4 * hour)
    except dns.resolver.LifetimeTimeout as error:
        log(type(error).__name__)


TOLD = """\
0 some.test ['10.0.0.1', '10.0.0.2']
3600.1 lost.test ['10.0.0.1', '10.0.0.2']
3600.1 big.test ['10.0.0.1', '10.0.0.2']
3600.1 The DNS query name does not exist: nowhere.test.
3600.1 5 packets
18000.9 LifetimeTimeout
"""
