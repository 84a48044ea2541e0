"""Search and moving in history: what was found is shown in its place, and nothing moves it."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]
DRIFT_MAX_PX = 1
# Downwards in steps, until the newest messages are there without a hole.
GOES_DOWN = """async (last) => {
    const box = document.querySelector('.messages');
    for (let step = 0; step < 200; step += 1) {
        box.scrollTop += 600;
        await new Promise((done) => setTimeout(done, 60));
        if (document.querySelector(`.messages li[data-seq="${last}"]`)) break;
    }
    return [...document.querySelectorAll('.messages li[data-seq]')].map((li) => +li.dataset.seq);
}"""


def test_found_message_is_shown_in_its_place_and_history_goes_on_from_there(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """By keys alone: ask, go to the hit, read on to the newest; new messages move nothing."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = bob.creates_room()
    tab = bob.opens_tab()
    for n in range(1, 301):
        said = "the Café is closed 今天天气很好" if n == 20 else f"message {n}"
        tab.posts_until_acked(room, said)
    ann.joins(room)
    screen = opens_screen(ann)
    screen.opens_room(room)
    page = screen.page
    expect(screen.messages.locator('li[data-seq="300"]')).to_be_visible()

    screen.forgives("400")  # of a question that names nobody
    page.get_by_role("region", name="Messages").press("/")
    box = page.get_by_role("searchbox", name="Search for")
    expect(box).to_be_focused()
    for asked, hit in (("天气", "天气"), ("cafe from:nobody-at-all", ""), ("cafe has:link", "")):
        box.fill(asked)
        box.press("Enter")
        marks = page.locator(".hit mark")
        expect(marks).to_have_text([hit] if hit else [])
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
    page.get_by_role("button", name="Remove the filter has: link").click()
    expect(page.locator(".hit mark")).to_have_text(["Café"])

    box.press("ArrowDown")
    expect(page.locator(".hit")).to_be_focused()
    page.keyboard.press("Enter")
    aimed = screen.messages.locator("li.is-aimed")
    expect(aimed).to_have_attribute("data-seq", "20")
    expect(aimed).to_be_in_viewport()
    before = aimed.bounding_box()
    tab.posts_until_acked(room, "while you read")
    expect(page.get_by_role("button", name=re.compile(r"new messages?$"))).to_be_visible()
    after = aimed.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) <= DRIFT_MAX_PX

    seqs = page.evaluate(GOES_DOWN, 301)

    assert seqs == list(range(seqs[0], 302))
    screen.holds("while you read")
    page.get_by_role("button", name="More about this room").click()
    page.get_by_role("button", name="Jump to a date").click()
    page.get_by_label("Day").fill("2020-01-31")
    page.get_by_role("button", name="Jump", exact=True).click()
    expect(screen.messages.locator("li.is-aimed")).to_have_attribute("data-seq", "1")
    expect(screen.messages.locator('li[data-seq="1"]')).to_be_in_viewport()
    page.get_by_role("button", name=re.compile(r"^Jump to latest$|new messages?$")).click()
    expect(screen.messages.locator('li[data-seq="301"]')).to_be_in_viewport()
