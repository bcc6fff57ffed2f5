"""A small server that speaks NATS' protocol: subjects without wildcards, replies, no queues."""

import json

from tests.ecosystem.network.servers.streams import Server


class Nats(Server):
    async def __aenter__(self):
        self.subscribers = {}  # lists of (writer, id), by subject
        self.pings = 0
        return await super().__aenter__()

    async def serve(self, reader, writer):
        about = {"server_id": "S", "version": "2.10.0", "max_payload": 2**20, "headers": False}
        writer.write(b"INFO " + json.dumps(about | {"port": self.port}).encode() + b"\r\n")
        while line := await reader.readline():
            match line.decode().split():
                case ["PING"]:
                    self.pings += 1
                    writer.write(b"PONG\r\n")
                case ["SUB", subject, number]:
                    self.subscribers.setdefault(subject, []).append((writer, number))
                case ["UNSUB", number, *_]:
                    for known in self.subscribers.values():
                        known[:] = [s for s in known if s != (writer, number)]
                case ["PUB", subject, *reply, size]:
                    body = await reader.readexactly(int(size) + 2)
                    self.publish(subject, " ".join(reply), body)

    def publish(self, subject, reply, body):
        for name, known in self.subscribers.items():
            if name == subject or (name.endswith("*") and subject.startswith(name[:-1])):
                for writer, number in known:
                    head = f"MSG {subject} {number} {reply} {len(body) - 2}\r\n"
                    writer.write(head.encode() + body)
