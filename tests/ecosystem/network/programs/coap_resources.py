"""aiocoap over UDP: a resource that is slow, and one that takes what is sent in blocks."""

import asyncio

import aiocoap
from aiocoap import resource


async def main(log, hour):
    class Slow(resource.Resource):
        async def render_get(self, request):
            await asyncio.sleep(hour)
            return aiocoap.Message(payload=b"at last")

    class Echo(resource.Resource):
        async def render_post(self, request):
            return aiocoap.Message(code=aiocoap.CHANGED, payload=request.payload[::-1])

    site = resource.Site()
    site.add_resource(["slow"], Slow())
    site.add_resource(["echo"], Echo())
    server = await aiocoap.Context.create_server_context(
        site, bind=("127.0.0.1", 5683), transports=["simplesocketserver"]
    )
    client = await aiocoap.Context.create_client_context(transports=["simple6"])
    echo = aiocoap.Message(code=aiocoap.POST, uri="coap://127.0.0.1/echo", payload=b"drawer")
    log((await client.request(echo).response).payload)
    big = aiocoap.Message(code=aiocoap.POST, uri="coap://127.0.0.1/echo", payload=b"x" * 5000)
    log(len((await client.request(big).response).payload))
    slow = aiocoap.Message(code=aiocoap.GET, uri="coap://127.0.0.1/slow")
    log((await client.request(slow).response).payload)
    await client.shutdown()
    await server.shutdown()


TOLD = """\
0 b'reward'
0 5000
3600 b'at last'
"""
