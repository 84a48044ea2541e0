"""The order of one's rooms: by dragging, by keyboard, from the menu; the same on every device."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
WITHIN_MS = 15_000


def shows_order(screen: Screen, rooms: list[str]) -> None:
    """The list holds the rooms in that order."""
    for at, room in enumerate(rooms):
        line = screen.page.locator(".room-list [data-room]").nth(at)
        expect(line).to_have_attribute("data-room", room, timeout=WITHIN_MS)


def test_rooms_are_moved_on_every_device(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Dragged with the mouse, stepped by keys with the focus kept, stepped from the room's menu."""
    ann = signs_up(server, "ann")
    rooms = [ann.creates_room() for _ in range(3)]
    first, second, third = rooms
    desk, phone = opens_screen(ann, 0), opens_screen(ann, 1)
    for screen in (desk, phone):
        screen.opens_room(first)
        shows_order(screen, [first, second, third])

    lines = {room: desk.page.locator(f'[data-room="{room}"] a') for room in rooms}
    lines[third].drag_to(lines[first], target_position={"x": 20, "y": 3})
    for screen in (desk, phone):
        shows_order(screen, [third, first, second])

    lines[third].press("Control+Shift+ArrowDown")
    for screen in (desk, phone):
        shows_order(screen, [first, third, second])
    expect(lines[third]).to_be_focused()

    desk.page.get_by_role("button", name="More about this room").press("Enter")
    desk.page.get_by_role("button", name="Move down in the list").press("Enter")
    for screen in (desk, phone):
        shows_order(screen, [third, first, second])
    expect(desk.page.get_by_text("is now number 2 of 3")).to_have_count(1)
    phone.opens_room(first)
    shows_order(phone, [third, first, second])
