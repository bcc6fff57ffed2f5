"""A small server that speaks RESP, as Redis does: texts, blocking lists, transactions, channels."""

import asyncio
from collections import defaultdict, deque

from tests.ecosystem.network.servers.streams import Server


class Redis(Server):
    """Keeps what it is told; `served` counts the connections that there have been."""

    def __init__(self):
        self.texts = {}
        self.lists = defaultdict(deque)
        self.pushed = asyncio.Condition()
        self.channels = defaultdict(set)
        self.served = 0

    async def serve(self, reader, writer):
        self.served += 1
        queued = None
        while True:
            words = await request(reader)
            name = words[0].decode().upper()
            if name == "MULTI":
                queued = []
                writer.write(b"+OK\r\n")
            elif name == "EXEC":
                answers = [await self.answer(words, writer) for words in queued]
                writer.write(b"*%d\r\n" % len(answers) + b"".join(answers))
                queued = None
            elif queued is not None:
                queued.append(words)
                writer.write(b"+QUEUED\r\n")
            else:
                writer.write(await self.answer(words, writer))
            await writer.drain()

    async def answer(self, words, writer):
        name = words[0].decode().upper()
        match name, words[1:]:
            case "SET", [key, value, *_]:
                self.texts[key] = value
                return b"+OK\r\n"
            case "GET", [key]:
                return bulk(self.texts.get(key))
            case "INCRBY", [key, more]:
                self.texts[key] = b"%d" % (int(self.texts.get(key, 0)) + int(more))
                return b":%b\r\n" % self.texts[key]
            case "LPUSH", [key, value]:
                async with self.pushed:
                    self.lists[key].appendleft(value)
                    self.pushed.notify_all()
                return b":%d\r\n" % len(self.lists[key])
            case "BRPOP", [key, seconds]:
                try:
                    async with asyncio.timeout(float(seconds) or None), self.pushed:
                        await self.pushed.wait_for(lambda: self.lists[key])
                        return array(key, self.lists[key].pop())
                except TimeoutError:
                    return b"*-1\r\n"
            case "SUBSCRIBE", [channel]:
                self.channels[channel].add(writer)
                return b"*3\r\n" + bulk(b"subscribe") + bulk(channel) + b":1\r\n"
            case "UNSUBSCRIBE", channels:
                for channel in channels or list(self.channels):
                    self.channels[channel].discard(writer)
                channel = channels[0] if channels else None
                return b"*3\r\n" + bulk(b"unsubscribe") + bulk(channel) + b":0\r\n"
            case "PUBLISH", [channel, text]:
                for subscriber in self.channels[channel]:
                    subscriber.write(array(b"message", channel, text))
                return b":%d\r\n" % len(self.channels[channel])
            case "CLIENT", _:
                return b"+OK\r\n"
            case "PING", _:
                return b"+PONG\r\n"
        return b"-ERR unknown command '%b'\r\n" % words[0]


async def request(reader):
    count = int((await reader.readuntil(b"\r\n"))[1:])
    words = []
    for _ in range(count):
        length = int((await reader.readuntil(b"\r\n"))[1:])
        words.append((await reader.readexactly(length + 2))[:-2])
    return words


def bulk(text):
    return b"$-1\r\n" if text is None else b"$%d\r\n%b\r\n" % (len(text), text)


def array(*texts):
    return b"*%d\r\n" % len(texts) + b"".join(map(bulk, texts))
