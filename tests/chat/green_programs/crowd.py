"""A server of the real edge and delivery: any client has it say something to everybody."""

# ruff: noqa: E402 - patched before anything of the chat is loaded, as in a worker
from chat import green

green.patch()

import sys

from tests.chat.green_programs.fan_out_house import House


def main() -> None:
    """Serve until this process is ended; the port is printed first."""
    house = House(int(sys.argv[1]))

    def say(_sid: str, number: int, size: int) -> None:
        house.say(f'2["say",{number},"{"x" * size}"]')

    house.server.on("say", say)
    house.serve()


main()
