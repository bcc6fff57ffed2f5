"""What small servers on asyncio's streams have in common."""

import asyncio


class Server:
    """Serves each connection by `serve(reader, writer)`; a connection that breaks off has ended."""

    async def __aenter__(self):
        self.connections = {}  # by task
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        tasks = list(self.connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.server.wait_closed()

    def drop_all(self):
        """Close each connection, as a server does that is started anew."""
        for writer in self.connections.values():
            writer.close()

    def _connected(self, reader, writer):
        task = asyncio.create_task(self._serve(reader, writer))
        self.connections[task] = writer
        task.add_done_callback(self.connections.pop)

    async def _serve(self, reader, writer):
        try:
            await self.serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def serve(self, reader, writer):
        raise NotImplementedError
