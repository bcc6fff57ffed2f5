"""Programs for explorations, in a module of their own, as the command line imports it by name."""

import asyncio

from vtloop.net import Network

slow = Network(latency=1)  # from host to host, in seconds


async def sold_twice():
    """The stock is looked at before the payment, which may take longer than it usually does."""
    stock, sold = 1, []

    async def buy(name):
        nonlocal stock
        if stock > 0:
            await asyncio.sleep(0.01)  # the payment
            stock -= 1
            sold.append(name)

    async def later():
        await asyncio.sleep(0.02)
        await buy("Bob")

    await asyncio.gather(buy("Ann"), later())
    assert stock == 0, f"sold to {sold}"


async def in_order():
    """Two tasks end in the order in which they were made, if nobody is held."""
    order = []

    async def work(which, steps):
        for _ in range(steps):
            await asyncio.sleep(0)
        order.append(which)

    await asyncio.gather(work("first", 1), work("second", 2))
    return order


def is_in_order(order):
    assert order == ["first", "second"], f"in the order {order}"


async def safe():
    await asyncio.gather(asyncio.sleep(1), asyncio.sleep(2))


async def exits():
    raise SystemExit(3)


async def asks(host="there.example"):
    """A server of another host is given a second for a round trip."""
    from vtloop.net import current_network

    async def answer(reader, writer):
        writer.close()

    with current_network().host(host):
        server = await asyncio.start_server(answer, host, 80)
    async with server:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(host, 80)
        writer.close()
