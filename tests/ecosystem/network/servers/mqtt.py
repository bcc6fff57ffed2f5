"""A small broker that speaks MQTT 3.1.1: topics without wildcards, delivery at most once."""

from tests.ecosystem.network.servers.streams import Server


class Broker(Server):
    def __init__(self):
        self.subscribers = {}  # sets of writers, by topic
        self.pings = 0

    async def serve(self, reader, writer):
        while True:
            kind = (await reader.readexactly(1))[0] >> 4
            body = await reader.readexactly(await remaining(reader))
            if kind == 1:  # CONNECT
                writer.write(b"\x20\x02\0\0")
            elif kind == 3:  # PUBLISH
                size = int.from_bytes(body[:2], "big")
                for subscriber in self.subscribers.get(body[2 : 2 + size], ()):
                    subscriber.write(b"\x30" + length(len(body)) + body)
            elif kind == 8:  # SUBSCRIBE
                size = int.from_bytes(body[2:4], "big")
                self.subscribers.setdefault(body[4 : 4 + size], {})[writer] = True
                writer.write(b"\x90\x03" + body[:2] + b"\0")
            elif kind == 10:  # UNSUBSCRIBE
                size = int.from_bytes(body[2:4], "big")
                self.subscribers[body[4 : 4 + size]].pop(writer)
                writer.write(b"\xb0\x02" + body[:2])
            elif kind == 12:  # PINGREQ
                self.pings += 1
                writer.write(b"\xd0\0")
            elif kind == 14:  # DISCONNECT
                return


async def remaining(reader):
    """Read a number in digits of 128, the least significant first."""
    number = shift = 0
    while True:
        digit = (await reader.readexactly(1))[0]
        number |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return number


def length(number):
    digits = []
    while number > 127:
        digits.append(number % 128 | 128)
        number //= 128
    return bytes([*digits, number])
