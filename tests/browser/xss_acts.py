"""What the tests of texts that would run do with a page, in the short form and in the long one."""

from playwright.sync_api import Route, expect

from tests.browser.xss_house import Room
from tests.browser.xss_watch import Watch
from tests.support.screen import Screen
from tests.support.waiting import wait_until


def opens_whole(screen: Screen, room: Room) -> None:
    """Every message of the room is on the screen, and the people of the roster."""
    screen.goes_to(f"/rooms/{room.id}")
    expect(screen.messages.locator("li[data-seq]")).to_have_count(len(room.said))
    expect(screen.page.locator(".person").first).to_be_visible(timeout=10_000)


def judges(screen: Screen, watch: Watch) -> None:
    """Touched in every way, the page holds no element that it should not, and nothing was noted."""
    watch.touches_everything()
    screen.page.wait_for_function("new Promise((done) => requestIdleCallback(() => done(true)))")
    assert watch.strangers() == []
    assert watch.handlers() == []
    assert watch.found == []
    assert screen.unforgiven() == []


def notices(screen: Screen, watch: Watch) -> None:
    """This very page would have told: a raw handler in it is noted, as run or as refused."""
    screen.forgives(".")
    watch.gets_raw()
    wait_until(watch.seen, 10, "a raw handler is noted")


def raw_html(route: Route) -> None:
    """The answer's messages hold what was typed where safe HTML should be."""
    answer = route.fetch()
    page = answer.json()
    for message in page["messages"]:
        message["html"] = message["body"]
    route.fulfill(response=answer, json=page)
