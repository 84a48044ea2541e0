"""Here now, in two real browsers: who has the room in front stands first."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
SOON_MS = 10_000


def group_has(screen: Screen, group: str, person: Person) -> None:
    """The person stands in the roster's group of that name."""
    section = screen.page.locator(".roster-group", has=screen.page.locator("h3", has_text=group))
    line = section.locator(f'li[data-user="{person.username}"]')
    expect(line).to_be_visible(timeout=SOON_MS)


def test_who_has_the_room_in_front_stands_first(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Bob comes to the room and goes to another; the rows stay while Ann's pointer is over them."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    den, attic = ann.creates_room(), bob.creates_room()
    bob.joins(den)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    ours.opens_room(den)
    group_has(ours, "Here now", ann)

    theirs.opens_room(den)
    group_has(ours, "Here now", bob)
    expect(ours.page.locator(".roster-group h3").first).to_have_text("Here now2")

    ours.page.locator(f'li[data-user="{bob.username}"]').hover()
    theirs.page.locator(f'a[href="/rooms/{attic}"]').click()
    expect(ours.page.locator(".here-button")).to_have_attribute(
        "aria-label", "2 members, 1 here now", timeout=SOON_MS
    )
    group_has(ours, "Here now", bob)
    ours.page.locator("h1").first.hover()
    group_has(ours, "Online", bob)


def test_line_that_moves_keeps_the_focus(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Who went to a person by keys stays there when the person comes, goes and leaves."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    den = ann.creates_room()
    bob.joins(den)
    ours = opens_screen(ann, 0)
    ours.opens_room(den)
    group_has(ours, "Offline", bob)
    more = ours.page.locator(f'li[data-user="{bob.username}"] .person-more')
    more.focus()

    theirs = opens_screen(bob, 1)
    theirs.opens_room(den)
    group_has(ours, "Here now", bob)
    expect(more).to_be_focused()
    theirs.page.close()
    group_has(ours, "Offline", bob)
    expect(more).to_be_focused()

    ours.page.keyboard.press("Enter")
    expect(ours.page.get_by_role("dialog")).to_be_visible()


def test_reconnecting_tab_is_here_again(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """A new connection says again which room it shows."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    den = ann.creates_room()
    bob.joins(den)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    ours.opens_room(den)
    theirs.opens_room(den)
    group_has(ours, "Here now", bob)

    theirs.page.close()
    group_has(ours, "Offline", bob)
    again = opens_screen(bob, 1)
    again.opens_room(den)
    group_has(ours, "Here now", bob)
