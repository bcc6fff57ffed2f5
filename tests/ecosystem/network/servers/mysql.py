"""A small server that speaks MySQL's protocol: everybody may enter, and queries give one text."""

import asyncio
import struct

from tests.ecosystem.network.servers.streams import Server

PLUGIN = b"mysql_native_password"
# Long passwords, protocol 4.1, transactions, secure connection, plugins for authentication.
ABILITIES = 0x1 | 0x200 | 0x2000 | 0x8000 | 0x80000
GREETING = (
    b"\x0a8.0.0\0" + struct.pack("<I", 1) + b"saltsalt\0" + struct.pack("<H", ABILITIES & 0xFFFF)
    + b"\x2d" + struct.pack("<HH", 2, ABILITIES >> 16) + b"\x15" + bytes(10) + b"saltsaltsalt\0"
    + PLUGIN + b"\0"
)  # fmt: skip
OK = b"\x00\x00\x00" + struct.pack("<HH", 2, 0)
EOF = b"\xfe" + struct.pack("<HH", 0, 2)


class MySQL(Server):
    """`SELECT SLEEP(3)` takes its time, other SELECTs give back their own text."""

    async def serve(self, reader, writer):
        writer.write(packet(0, GREETING))
        number, _ = await received(reader)
        writer.write(packet(number + 1, OK))
        while True:
            number, body = await received(reader)
            command, text = body[0], body[1:].decode()
            if command == 1:  # it leaves
                return
            if text.startswith("SELECT SLEEP("):
                await asyncio.sleep(float(text[13:-1]))
            if text.startswith("SELECT"):
                rows = [b"\x01", column("text"), EOF, lengthy(text.encode()), EOF]
            elif command == 3 and text == "FAIL":
                rows = [b"\xff" + struct.pack("<H", 1064) + b"#42000You have an error"]
            else:
                rows = [OK]
            writer.writelines(packet(number + 1 + n, row) for n, row in enumerate(rows))


async def received(reader):
    head = await reader.readexactly(4)
    return head[3], await reader.readexactly(int.from_bytes(head[:3], "little"))


def packet(number, body):
    return len(body).to_bytes(3, "little") + bytes([number % 256]) + body


def lengthy(text):
    return bytes([len(text)]) + text


def column(name):
    names = b"".join(map(lengthy, (b"def", b"", b"", b"", name.encode(), name.encode())))
    return names + b"\x0c" + struct.pack("<HIBHB", 45, 1024, 0xFD, 0, 0) + bytes(2)
