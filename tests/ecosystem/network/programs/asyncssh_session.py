"""asyncssh: a client and a server in one process; commands, a forwarded port, and keep-alives."""

import asyncio

import asyncssh

from tests.ecosystem.network.servers.streams import Server


class Shout(Server):
    async def serve(self, reader, writer):
        writer.write((await reader.readline()).upper())


class Guard(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return (username, password) == ("ada", "1815")

    def connection_requested(self, *_):
        return True


async def main(log, hour):
    async def serve(process):
        if process.command == "sleep":
            await asyncio.sleep(hour)
        async for line in process.stdin:
            process.stdout.write(line[::-1].strip() + "\n")
        process.stderr.write("over\n")
        process.exit(3)

    keys = [asyncssh.generate_private_key("ssh-ed25519")]
    listening = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Guard, server_host_keys=keys, process_factory=serve
    )
    options = {"host": "127.0.0.1", "port": listening.get_port(), "known_hosts": None}
    options |= {"config": None, "client_keys": None, "agent_path": None, "username": "ada"}
    async with listening, Shout() as shout:
        try:
            await asyncssh.connect(**options, password="guess")
        except asyncssh.PermissionDenied as error:
            log(error.reason)
        async with asyncssh.connect(**options, password="1815") as connection:
            for command in "echo", "sleep":
                done = await connection.run(command, input="stressed\nlive\n")
                log(done.exit_status, done.stdout.split(), done.stderr.split())
            forwarded = await connection.forward_local_port("127.0.0.1", 0, "127.0.0.1", shout.port)
            reader, writer = await asyncio.open_connection("127.0.0.1", forwarded.get_port())
            writer.write(b"through the tunnel\n")
            log(await reader.read())
            writer.close()
            await writer.wait_closed()


TOLD = r"""
0 Permission denied for user ada on host 127.0.0.1
0 3 ['desserts', 'evil'] ['over']
3600 3 ['desserts', 'evil'] ['over']
3600 b'THROUGH THE TUNNEL\n'
""".lstrip()
