"""A book of prices misses the change between its snapshot and its first update (cryptofeed 1016).

The snapshot is asked for, and when it has come, updates are subscribed to. A price that changes in
between is in neither, and the book is wrong from then on. As a rule prices stay longer than that.

The fix: subscribe first, and keep what is newer. Prices have numbers for that.
"""

import asyncio

from scenarios.races.pauses import Pause


class Exchange:
    def __init__(self) -> None:
        self.number, self.price = 1, 100
        self.books: list[Book] = []

    async def trade(self, pause: Pause) -> None:
        for price in (101, 102):
            for _ in range(4):
                await pause()
            self.number, self.price = self.number + 1, price
            for book in self.books:
                book.update(self.number, price)


class Book:
    def __init__(self) -> None:
        self.number, self.price = 0, 0

    def update(self, number: int, price: int) -> None:
        assert number <= self.number + 1 or not self.number, f"price {number - 1} was missed"
        if number > self.number:
            self.number, self.price = number, price


async def broken(pause: Pause) -> None:
    exchange, book = Exchange(), Book()

    async def follow() -> None:
        number, price = exchange.number, exchange.price
        await pause()  # the snapshot is on its way
        book.update(number, price)
        await pause()  # and now the subscription
        exchange.books.append(book)

    await asyncio.gather(follow(), exchange.trade(pause))
    assert book.price == exchange.price, f"the price is {exchange.price}, not {book.price}"


async def fixed(pause: Pause) -> None:
    exchange, book = Exchange(), Book()

    async def follow() -> None:
        await pause()
        exchange.books.append(book)
        number, price = exchange.number, exchange.price
        await pause()
        book.update(number, price)

    await asyncio.gather(follow(), exchange.trade(pause))
    assert book.price == exchange.price, f"the price is {exchange.price}, not {book.price}"
