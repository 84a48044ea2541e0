"""Take the README's pictures: a real server, real people, a real Chromium.

    python -m bench.pictures [FOLDER]

Writes a picture of each theme, language and size into docs/pictures (or FOLDER)."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.api import Api
from tests.support.chromium import find_chromium
from tests.support.people import PASSWORD, Person
from tests.support.server import Server

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PEOPLE = {
    "ann": "Ann Meyer",
    "bo": "Bo Lindqvist",
    "chen": "陈晓梅",
    "dara": "Dara Okafor",
    "eli": "Eli Navarro",
    "fay": "Fay Johansson",
}
CONVERSATION = (
    ("bo", "Morning! Deploy of **2.4** is at ten. I will restart the workers one by one."),
    ("bo", "Nobody should notice. If you see anyone flash offline, tell me right away."),
    ("chen", "早上好！我这边一切正常，手机和电脑都在线。"),
    ("ann", "Nice. What do I watch?"),
    ("bo", "The roster, and this:\n\n```\nkill -9 $(pgrep rollcall-worker | head -1)\n```"),
    ("dara", "> Nobody should notice\n\nYou said that last time, too 😄"),
    ("bo", "Last time we did not have leases."),
    ("chen", "第一个 worker 重启完了，没有人掉线 ✅"),
    ("ann", "Confirmed from here: five online before, five online after, not one flicker."),
)


def signed_up(server: Server, username: str, display_name: str) -> Person:
    """A new person with a name to read."""
    api = Api(server.host)
    account = {"username": username, "password": PASSWORD, "display_name": display_name}
    answer = api.post("/api/v1/accounts", account)
    api.refresh_csrf()
    return Person(server, username, api, str(answer.json["user"]["id"]))


def furnished(server: Server) -> dict[str, Person]:
    """People in three rooms, with a conversation behind them; most have a tab open."""
    people = {name: signed_up(server, name, shown) for name, shown in PEOPLE.items()}
    body = {"name": "Launch day", "visibility": "public", "topic": "2.4 goes out at ten"}
    launch = people["bo"].api.post("/api/v1/rooms", body).json["room"]["id"]
    for name in PEOPLE.keys() - {"bo"}:
        people[name].joins(launch)
    for name, visibility in (("Design", "public"), ("Kitchen", "public"), ("On call", "private")):
        people["ann"].creates_room(name, visibility)
    for name in ("bo", "chen", "dara", "eli"):
        people[name].opens_tab()
    for name in ("bo", "chen"):
        people[name].tabs[0].ask("presence:visible", {"visible": True, "room_id": launch})
    people["eli"].tabs[0].ask("presence:visible", {"visible": True, "idle": True})
    tab, viewer = people["fay"].opens_tab(), people["bo"].tabs[0]
    viewer.sees(people["fay"].id, "online", within_s=5)
    tab.closes()
    viewer.sees(people["fay"].id, "offline", within_s=10)
    for number, (name, text) in enumerate(CONVERSATION):
        message = {"client_id": f"picture-{number}", "body": text}
        people[name].api.post(f"/api/v1/rooms/{launch}/messages", message)
    return people


@contextmanager
def page_of(
    browser: Browser, person: Person, *, size: tuple[int, int], theme: str, locale: str
) -> Iterator[Page]:
    """The chat as the person sees it, signed in through the form."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        locale=locale,
        device_scale_factor=2,
    )
    page = context.new_page()
    page.goto(f"{person.server.url}/sign-in")
    page.locator("input[name=username]").fill(person.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form button[type=submit]").first.click()
    page.get_by_role("link", name="Launch day").first.click()
    page.locator("li[data-seq]").last.wait_for()
    page.wait_for_load_state("networkidle")
    yield page
    context.close()


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rollcall-pictures-")))
        server = Server(data, workers=2, settings={})
        server.start()
        stack.callback(server.stop)
        people = furnished(server)
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium.binary,
            args=list(chromium.args),
            ignore_default_args=list(chromium.ignore_default_args) or None,
            env=dict(chromium.env) or None,
        )
        for theme in ("light", "dark"):
            for locale in ("en-US", "zh-CN"):
                for name, size in (("desktop", (1280, 800)), ("phone", (390, 780))):
                    view = page_of(browser, people["ann"], size=size, theme=theme, locale=locale)
                    with view as page:
                        page.screenshot(path=folder / f"{name}-{theme}-{locale[:2]}.png")
        browser.close()


if __name__ == "__main__":
    main()
