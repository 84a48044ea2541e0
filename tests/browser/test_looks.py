"""Light and dark, English and Chinese, a phone's width, and access for everybody."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 640}
LOOKS = [("light", "en-US"), ("dark", "en-US"), ("light", "zh-CN"), ("dark", "zh-CN")]


@pytest.fixture
def lively(server: Server, signs_up: SignsUp) -> tuple[Person, str]:
    """Ann and a room in which something is said, long words, code and a table among it."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    tab = bob.opens_tab()
    tab.posts(room, "hello **there**, `code` and https://example.org/")
    tab.posts(room, "x" * 400)
    tab.posts(room, "```\n" + "long line of code " * 30 + "\n```")
    tab.posts(room, "你好，世界。こんにちは 👋 مرحبا")
    return ann, room


@pytest.mark.parametrize(("scheme", "locale"), LOOKS)
def test_chat_has_no_violation_that_axe_can_find(
    scheme: str, locale: str, lively: tuple[Person, str], opens_screen: OpensScreen
) -> None:
    """The room with people and messages, and where one goes from it by a few letters, in both
    themes and both languages."""
    ann, room = lively
    screen = opens_screen(ann, color_scheme=scheme, locale=locale)

    screen.opens_room(room)
    screen.holds("hello")

    assert screen.violations() == []
    screen.page.keyboard.press("Control+k")
    expect(screen.page.get_by_role("option").first).to_be_visible()
    assert screen.violations() == []


@pytest.mark.parametrize(("scheme", "locale"), LOOKS)
def test_pages_have_no_violation_that_axe_can_find(
    scheme: str, locale: str, lively: tuple[Person, str], opens_screen: OpensScreen
) -> None:
    """Signing in and up, in both themes and both languages."""
    ann, _ = lively
    screen = opens_screen(ann, signed_in=False, color_scheme=scheme, locale=locale)

    for path in ("/sign-in", "/sign-up"):
        screen.goes_to(path)
        assert screen.violations() == []


@pytest.mark.parametrize("width", [PHONE, NARROWEST], ids=["390", "320"])
def test_phone_scrolls_nothing_sideways(
    width: dict[str, int], lively: tuple[Person, str], opens_screen: OpensScreen
) -> None:
    """Rooms, messages and the sign-in page fit a phone, long words and code included."""
    ann, room = lively
    screen = opens_screen(ann, viewport=width, has_touch=True)

    for path in ("/", f"/rooms/{room}"):
        screen.goes_to(path)
        expect(
            screen.page.get_by_role("navigation", name="Rooms").or_(screen.composer)
        ).to_have_count(1)
        assert screen.sideways_px() == 0, path
    screen.holds("hello")
    assert screen.sideways_px() == 0


def test_phone_shows_one_pane_at_a_time(
    lively: tuple[Person, str], opens_screen: OpensScreen
) -> None:
    """From the rooms into one and back by the button and by the browser's own Back."""
    ann, room = lively
    screen = opens_screen(ann, viewport=PHONE, has_touch=True)
    screen.goes_to("/")
    rooms = screen.page.get_by_role("navigation", name="Rooms")
    expect(rooms).to_be_visible()

    rooms.get_by_role("link").first.click()

    expect(screen.composer).to_be_visible()
    expect(rooms).to_be_hidden()
    screen.page.get_by_role("button", name="Back to the rooms").click()
    expect(rooms).to_be_visible()
    screen.page.go_back()
    expect(screen.composer).to_be_visible()
    assert room in screen.page.url


def test_theme_is_chosen_and_kept(lively: tuple[Person, str], opens_screen: OpensScreen) -> None:
    """Dark, chosen in the menu, is dark at once and after a reload, on a light system too."""
    ann, room = lively
    screen = opens_screen(ann, color_scheme="light")
    screen.opens_room(room)
    assert lightness(screen) > 0.8

    screen.page.get_by_role("button", name="Status, settings and sign out").click()
    screen.page.get_by_text("Dark", exact=True).click()

    assert lightness(screen) < 0.3
    screen.page.reload(wait_until="domcontentloaded")
    assert lightness(screen) < 0.3, "no flash of the wrong theme"


def test_language_follows_the_browser_and_can_be_chosen(
    lively: tuple[Person, str], opens_screen: OpensScreen
) -> None:
    """A Chinese browser gets Chinese; English, chosen in the menu, stays over a reload."""
    ann, room = lively
    screen = opens_screen(ann, locale="zh-CN")
    screen.opens_room(room)
    expect(screen.page.locator("html")).to_have_attribute("lang", re.compile("^zh"))
    assert screen.page.get_by_role("navigation").first.get_attribute("aria-label") == "房间"

    menu = screen.page.get_by_role("button", name=re.compile("设置"))
    menu.click()
    with screen.page.expect_navigation():
        screen.page.get_by_text("English", exact=True).click()

    expect(screen.page.locator("html")).to_have_attribute("lang", "en")
    expect(screen.page.get_by_role("navigation", name="Rooms")).to_be_visible()
    screen.page.reload(wait_until="domcontentloaded")
    expect(screen.page.get_by_role("navigation", name="Rooms")).to_be_visible()


def test_room_is_created_joined_and_left_by_hand(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Ann makes a room in the browser, Bob finds and joins it, talks, and leaves it again."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    name = f"The lounge of {ann.username}"
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    ours.goes_to("/")
    ours.page.get_by_role("button", name="Create a room").first.click()
    dialog = ours.page.get_by_role("dialog", name="Create a room")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create room").click()
    expect(ours.page.get_by_role("main", name=name)).to_be_visible()

    theirs.goes_to("/")
    theirs.page.get_by_role("button", name="Browse rooms").first.click()
    theirs.page.get_by_role("button", name=f"Join {name}").click()
    # His first room opens by itself, behind the dialog, which takes what is typed until it closes.
    expect(theirs.page.get_by_role("dialog")).to_have_count(0)
    theirs.posts("nice here")

    ours.holds("nice here")
    ours.shows(bob, "online")
    theirs.page.get_by_role("button", name="More about this room").click()
    theirs.page.get_by_role("button", name="Leave this room").click()
    theirs.page.get_by_role("dialog").get_by_role("button", name="Leave room").click()
    expect(theirs.page.get_by_role("main", name=name)).to_have_count(0)
    expect(ours.page.locator(f'[data-user="{bob.username}"]')).to_have_count(0)


def lightness(screen: Screen) -> float:
    """Return how light the page's ground is, from 0 (black) to 1 (white)."""
    screen.page.wait_for_load_state("domcontentloaded")
    colour = screen.page.evaluate(
        """() => {
            const canvas = document.createElement('canvas').getContext('2d');
            for (const one of [document.body, document.documentElement]) {
                const ground = getComputedStyle(one).backgroundColor;
                if (ground === 'rgba(0, 0, 0, 0)') continue;
                canvas.fillStyle = ground;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }
            return [255, 255, 255];
        }"""
    )
    return float(sum(colour)) / 3 / 255
