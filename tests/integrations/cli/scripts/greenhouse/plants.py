"""The plants, and how they dry out."""

from dataclasses import dataclass


@dataclass
class Plant:
    """A plant whose soil loses `thirst` percent of moisture an hour."""

    name: str
    thirst: int
    moisture: int = 100
    watered: int = 0

    def dry(self) -> None:
        self.moisture = max(0, self.moisture - self.thirst)

    def water(self) -> None:
        self.moisture = 100
        self.watered += 1


def bed() -> list[Plant]:
    return [Plant("tomato", 5), Plant("basil", 4), Plant("cactus", 0)]
