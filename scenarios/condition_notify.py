"""A condition is a lock and an event in one.

The event: consumers wait for something to be on the shelf, and the producer wakes one of them with
`notify(1)` or all with `notify_all`. The lock: `wait` gives it back while waiting and has it again
when it returns, so those who were woken together still come in one after the other.
"""

import asyncio


async def consume(shelf: list[str], delivered: asyncio.Condition, name: str) -> None:
    async with delivered:
        print(f"{name} waits")
        await delivered.wait_for(lambda: shelf)
        print(f"{name} enters")
        item = shelf.pop(0)
        await asyncio.sleep(0.5)  # still holding the lock
        print(f"{name} leaves with the {item}")


async def produce(shelf: list[str], delivered: asyncio.Condition) -> None:
    await asyncio.sleep(1)
    async with delivered:
        shelf.append("apple")
        print("notify(1)")
        delivered.notify(1)
    await asyncio.sleep(1)
    async with delivered:
        shelf.extend(["bread", "cheese"])
        print("notify_all()")
        delivered.notify_all()


async def main() -> None:
    shelf: list[str] = []
    delivered = asyncio.Condition()
    async with asyncio.TaskGroup() as group:
        for name in ("anna", "boris", "clara"):
            group.create_task(consume(shelf, delivered, name), name=name)
        group.create_task(produce(shelf, delivered), name="producer")


if __name__ == "__main__":
    asyncio.run(main())
