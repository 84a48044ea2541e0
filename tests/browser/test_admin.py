"""The administrator's page, as he sees it."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.people import Person
from tests.support.server import QUICK, Server

SignsUp = Callable[[Server, str], Person]
PHONE = {"width": 390, "height": 844}


def test_administrator_sees_workers_probes_and_who_leaves_live(
    starts_server: Callable[..., Server], signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Without a reload: both workers, what the probes found, and a closed tab with its lag; in both
    themes and languages axe finds nothing, and a phone scrolls nothing sideways."""
    server = starts_server(settings={**QUICK, "ROLLCALL_PROBE_MS": "500"})
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    tab = bob.opens_tab()
    screen = opens_screen(ann)
    screen.goes_to("/admin")
    page = screen.page

    expect(page.locator("article.worker")).to_have_count(2, timeout=10_000)
    expect(page.locator(".transition", has_text=bob.username)).to_have_count(1)
    tab.closes()

    newest = page.locator(".transition").first
    expect(newest).to_contain_text("tab closed", timeout=10_000)
    expect(newest).to_contain_text("Offline")
    expect(page.locator("[data-kind=tab_closed]")).to_be_visible()
    expect(page.locator("[data-verdict]")).to_contain_text("views of probes", timeout=20_000)
    row = page.get_by_role("table", name="Latest transitions").get_by_role("row").nth(1)
    expect(row.get_by_role("cell").nth(1)).to_contain_text(bob.username)
    assert screen.violations() == []
    phone = opens_screen(ann, color_scheme="dark", locale="zh-CN", viewport=PHONE)
    phone.goes_to("/admin")
    expect(phone.page.get_by_role("row")).not_to_have_count(0, timeout=10_000)
    assert (phone.violations(), phone.sideways_px()) == ([], 0)
