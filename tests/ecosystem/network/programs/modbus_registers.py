"""pymodbus: a client and a server over TCP, a register that is not there, and a lost server."""

import asyncio

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def main(log, hour):
    device = SimDevice(1, simdata=[SimData(0, values=[7, 8, 9], datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.listen()
    port = server.transport.sockets[0].getsockname()[1]
    options = {"port": port, "timeout": hour, "retries": 1, "reconnect_delay": 0}
    async with AsyncModbusTcpClient("127.0.0.1", **options) as client:
        log((await client.read_holding_registers(0, count=3, device_id=1)).registers)
        await client.write_register(1, 80, device_id=1)
        log((await client.read_holding_registers(0, count=3, device_id=1)).registers)
        log((await client.read_holding_registers(90, device_id=1)).exception_code)
        await server.shutdown()
        await asyncio.sleep(hour)
        log(client.connected)


TOLD = """\
0 [7, 8, 9]
0 [7, 80, 9]
0 2
3600 False
"""
