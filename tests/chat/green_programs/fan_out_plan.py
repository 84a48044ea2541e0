"""What the fan-out program sends, and who is to get it: the same for the server and its test."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

CLIENTS = 200
MESSAGES = 60
LONGEST_BYTES = 200_000
POLLING_EVERY = 5  # of the clients one in so many comes by polling
KERNEL_BYTES = 8_192  # what it may keep for a connection: larger messages leave in pieces
END = "end"


@dataclass(frozen=True, slots=True)
class Said:
    """One message: to the clients whose number leaves this remainder; every one: to all."""

    number: int
    size: int
    every: int
    remainder: int
    pause_s: float

    def is_for(self, client: int) -> bool:
        """Whether that client is to get it."""
        return client % self.every == self.remainder

    @property
    def packet(self) -> str:
        """The message as a Socket.IO event."""
        return f'2["say",{self.number},"{"x" * self.size}"]'


def plan(seed: int) -> Iterator[Said]:
    """Sizes from one byte to LONGEST_BYTES, as many small as large; audiences of all and of few."""
    chance = random.Random(seed)
    for number in range(MESSAGES):
        size = max(1, round(LONGEST_BYTES ** chance.random()))
        every = chance.choice((1, 1, 2, 3, 7))
        pause_s = chance.choice((0.0, 0.0, chance.random() / 20))
        yield Said(number, size, every, chance.randrange(every), pause_s)


def is_polling(client: int) -> bool:
    """By which of the transports that client comes."""
    return client % POLLING_EVERY == 0
