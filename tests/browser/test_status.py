"""The reader sets his status in a real browser; another reader sees it in a second one."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.conftest import OpensScreen
from tests.browser.test_looks import PHONE
from tests.support.people import Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]


def menu_of(screen: Screen) -> Locator:
    """Return the part of the menu that says how others shall see the reader, opened."""
    screen.page.get_by_role("button", name=re.compile("^(Status, settings|状态、设置)")).click()
    return screen.page.get_by_role("group", name=re.compile("^(Your status|你的状态)$"))


def line_of(screen: Screen, person: Person) -> Locator:
    """Return the person's line in the roster."""
    return screen.page.locator(f'[data-user="{person.username}"]')


def test_status_with_text_is_on_the_other_screen(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Busy by the menu, a text by a suggestion: both beside the name, live in another browser."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    ours.opens_room(room)
    theirs.opens_room(room)

    menu_of(ours).get_by_role("button", name="Do not disturb").click()
    theirs.shows(ann, "busy")
    menu_of(ours).get_by_role("button", name="Set a text or a time").click()
    dialog = ours.page.get_by_role("dialog", name="Your status")
    dialog.get_by_role("button", name="Lunch break").click()
    expect(dialog.get_by_label("Clear after")).to_have_value("half_hour")
    dialog.get_by_role("button", name="Save").click()

    expect(line_of(theirs, ann)).to_contain_text("🍜 Lunch break")
    expect(ours.page.locator("footer.user-bar")).to_contain_text("🍜 Lunch break")
    menu_of(ours).get_by_role("button", name="Lunch break").click()
    dialog.get_by_role("button", name="Clear").click()
    expect(line_of(theirs, ann)).not_to_contain_text("Lunch break")
    theirs.shows(ann, "busy")


def test_invisible_is_said_to_the_reader_and_to_nobody_else(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """By keyboard alone; all pages of the reader know, also after a reload; others see offline."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = ann.creates_room()
    bob.joins(room)
    ours, theirs = opens_screen(ann, 0), opens_screen(bob, 1)
    ours.opens_room(room)
    theirs.opens_room(room)
    other_device = opens_screen(ann, 1)
    other_device.goes_to(f"/rooms/{room}")

    opener = ours.page.get_by_role("button", name="Status, settings and sign out")
    opener.focus()
    ours.page.keyboard.press("Enter")
    invisible = ours.page.get_by_role("button", name="Invisible")
    expect(invisible).to_be_enabled()
    for _ in range(4):
        ours.page.keyboard.press("Tab")
    expect(invisible).to_be_focused()
    ours.page.keyboard.press("Enter")

    theirs.shows(ann, "offline")
    for screen in (ours, other_device):
        expect(screen.page.get_by_text("Others see you as offline.")).to_be_visible()
    ours.page.reload(wait_until="domcontentloaded")
    expect(ours.page.get_by_text("Others see you as offline.")).to_be_visible()
    expect(line_of(theirs, ann)).to_contain_text("Last seen just now")
    chosen = menu_of(ours).get_by_role("button", name="Invisible")
    expect(chosen).to_have_attribute("aria-pressed", "true")


def test_status_on_a_phone_in_chinese_has_no_violation(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Menu and dialog, in the dark: nothing that axe can find, nothing that scrolls sideways."""
    ann = signs_up(server, "ann")
    ann.creates_room()
    screen = opens_screen(ann, viewport=PHONE, has_touch=True, color_scheme="dark", locale="zh-CN")
    screen.goes_to("/")

    menu = menu_of(screen)
    expect(menu.get_by_role("button", name="隐身")).to_be_enabled()
    assert screen.violations() == []
    menu.get_by_role("button", name="设置文字或时间").click()
    dialog = screen.page.get_by_role("dialog", name="你的状态")
    dialog.get_by_role("textbox", name="表情符号").fill("ab")
    dialog.get_by_role("textbox", name="状态文字").fill("在" * 100)
    dialog.get_by_role("button", name="保存").click()

    expect(dialog.get_by_role("alert")).to_have_text("这不是一个表情符号。")
    assert screen.violations() == []
    assert screen.sideways_px() == 0
    dialog.get_by_role("textbox", name="表情符号").fill("👩🏽‍💻")
    dialog.get_by_role("button", name="保存").click()
    expect(screen.page.locator("footer.user-bar")).to_contain_text("👩🏽‍💻 在在")
    assert screen.sideways_px() == 0
