"""A server of the real edge and delivery: once all clients are in, it says what was planned."""

# ruff: noqa: E402 - patched before anything of the chat is loaded, as in a worker
from chat import green

green.patch()

import sys
import time

from tests.chat.green_programs.fan_out_house import House
from tests.chat.green_programs.fan_out_plan import CLIENTS, END, plan


def main() -> None:
    """Serve until this process is ended; the port is printed first."""
    house = House(CLIENTS)

    def speak() -> None:
        for said in plan(int(sys.argv[1])):
            house.say(said.packet, said.is_for)
            if said.pause_s:
                time.sleep(said.pause_s)
        house.say(f'2["{END}"]')

    house.on_all_in = speak
    house.serve()


main()
