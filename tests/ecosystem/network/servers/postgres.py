"""A small server that speaks PostgreSQL's protocol, version 3: simple queries, without types."""

import asyncio
import struct

from tests.ecosystem.network.servers.streams import Server


class Postgres(Server):
    """`answers` has the rows of each query, all texts; `pg_sleep(3)` sleeps, and FAIL fails."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    async def serve(self, reader, writer):
        code = None
        while code != 196608:  # the version 3.0; what asks for TLS or GSSAPI before is denied
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            (code,) = struct.unpack_from("!i", body)
            if code != 196608:
                writer.write(b"N")
        writer.write(message(b"R", struct.pack("!i", 0)))
        for name, value in PARAMETERS.items():
            writer.write(message(b"S", f"{name}\0{value}\0".encode()))
        writer.write(message(b"K", struct.pack("!ii", 1, 2)) + message(b"Z", b"I"))
        while True:
            kind, length = struct.unpack("!ci", await reader.readexactly(5))
            body = await reader.readexactly(length - 4)
            if kind == b"X":
                return
            assert kind == b"Q", kind
            query = body[:-1].decode().rstrip(";")
            self.asked.append(query)
            if query.startswith("SELECT pg_sleep("):
                await asyncio.sleep(float(query[16:-1]))
            writer.write(self.answer(query) + message(b"Z", b"I"))

    def answer(self, query):
        if query in self.answers:
            rows = self.answers[query]
            head = struct.pack("!h", len(rows[0]))
            for number in range(len(rows[0])):
                text = struct.pack("!ihihih", 0, 0, 25, -1, -1, 0)
                head += b"column%d\0" % number + text
            parts = [message(b"T", head)]
            for row in rows:
                values = b"".join(struct.pack("!i", len(v)) + v.encode() for v in row)
                parts.append(message(b"D", struct.pack("!h", len(row)) + values))
            return b"".join(parts) + message(b"C", b"SELECT %d\0" % len(rows))
        if query == "FAIL":
            return message(b"E", b"SERROR\0C42601\0Msyntax error\0\0")
        return message(b"C", query.split()[0].encode() + b"\0")


PARAMETERS = {
    "server_version": "17.0",
    "client_encoding": "UTF8",
    "server_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
}


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body
