"""Waters each plant when its soil gets dry, for some days.

    python -m greenhouse.control DAYS [SECONDS-TO-THE-HOUR]

Manages its event loop by hand, as programs did before asyncio.run.
"""

import asyncio
import sys

from .plants import Plant, bed


async def tend(plant: Plant, hours: int, hour: float) -> None:
    """Look at a plant once an hour and water it below 40 %."""
    for _ in range(hours):
        await asyncio.sleep(hour)
        plant.dry()
        if plant.moisture < 40:
            plant.water()


def main(arguments: list[str]) -> None:
    days, hour = int(arguments[0]), float(arguments[1]) if len(arguments) > 1 else 3600.0
    if days < 1:
        raise ValueError(f"{days} days are too few")
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        plants = bed()
        tending = [loop.create_task(tend(plant, 24 * days, hour)) for plant in plants]
        loop.run_until_complete(asyncio.gather(*tending))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    for plant in plants:
        print(f"{plant.name}: watered {plant.watered} times, now at {plant.moisture} %")


if __name__ == "__main__":
    main(sys.argv[1:])
