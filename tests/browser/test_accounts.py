"""Signing up, in and out as people do it: by the forms of the pages."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import OpensScreen
from tests.support.api import Api
from tests.support.people import PASSWORD, Person
from tests.support.screen import Screen
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]


def test_sign_up_leads_into_the_chat(server: Server, opens_screen: OpensScreen) -> None:
    """A new person fills in the form and is in the chat, signed in, welcomed by an empty state."""
    newcomer = Person(server, "newcomer", Api(server.host))
    screen = opens_screen(newcomer, signed_in=False)
    screen.goes_to("/sign-up")

    fill(screen, {"Username": newcomer.username, "Password": PASSWORD})
    screen.page.get_by_role("button", name=re.compile("Sign up|Create")).click()

    expect(screen.page.get_by_role("navigation", name="Rooms")).to_be_visible()
    expect(screen.page.get_by_text(newcomer.username).first).to_be_visible()


def test_sign_up_with_a_wrong_name_says_so_beside_the_field(
    server: Server, opens_screen: OpensScreen
) -> None:
    """A name that cannot be keeps the form, what was typed, and says what is wrong."""
    screen = opens_screen(Person(server, "nobody", Api(server.host)), signed_in=False)
    screen.forgives("status of 4")
    screen.goes_to("/sign-up")

    fill(screen, {"Username": "no spaces here", "Password": PASSWORD})
    screen.page.locator("form").first.evaluate("(form) => { form.noValidate = true; }")
    screen.page.get_by_role("button", name=re.compile("Sign up|Create")).click()

    username = screen.page.get_by_label("Username")
    expect(username).to_have_value("no spaces here")
    expect(username).to_have_attribute("aria-invalid", "true")


def test_sign_in_with_a_wrong_password_is_refused_in_words(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """The form stays, says that name or password is wrong, and signs nobody in."""
    screen = opens_screen(signs_up(server, "ann"), signed_in=False)
    screen.forgives("status of 401")
    screen.goes_to("/sign-in")

    fill(screen, {"Username": screen.person.username, "Password": "not the password"})
    screen.page.get_by_role("button", name="Sign in").click()

    expect(screen.page.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))
    screen.goes_to("/")
    expect(screen.page).to_have_url(re.compile("/sign-in"))


def test_sign_in_and_out(server: Server, signs_up: SignsUp, opens_screen: OpensScreen) -> None:
    """Somebody with an account signs in, is in the chat, signs out, and has to sign in again."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = bob.creates_room()
    ann.joins(room)
    viewer = bob.opens_tab()
    screen = opens_screen(ann, signed_in=False)
    screen.goes_to(f"/rooms/{room}")
    expect(screen.page).to_have_url(re.compile("/sign-in"))

    fill(screen, {"Username": ann.username, "Password": PASSWORD})
    screen.page.get_by_role("button", name="Sign in").click()

    expect(screen.composer).to_be_visible()
    assert room in screen.page.url, "signing in leads to where one wanted to go"
    viewer.sees(ann.id, "online", within_s=3)
    screen.page.get_by_role("button", name="Status, settings and sign out").click()
    screen.page.get_by_role("button", name="Sign out", exact=True).click()
    expect(screen.page).to_have_url(re.compile("/sign-in"))
    viewer.sees(ann.id, "offline", within_s=1)
    screen.goes_to(f"/rooms/{room}")
    expect(screen.page).to_have_url(re.compile("/sign-in"))


def test_session_ended_elsewhere_is_said_in_words(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Signed out from another device, the page says so and leads to signing in."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    phone = ann.other_browser()
    screen = opens_screen(ann)
    screen.opens_room(room)

    phone.api.delete("/api/v1/sessions")

    expect(screen.page.get_by_role("heading", name="Your session has ended")).to_be_visible()
    screen.page.get_by_role("link", name=re.compile("Sign in")).click()
    expect(screen.page.get_by_role("button", name="Sign in")).to_be_visible()


def test_forms_work_without_javascript(
    server: Server, signs_up: SignsUp, opens_screen: OpensScreen
) -> None:
    """Signing in is a plain form: it works where scripts are off."""
    ann = signs_up(server, "ann")
    screen = opens_screen(ann, signed_in=False, java_script_enabled=False)
    screen.goes_to("/sign-in")

    fill(screen, {"Username": ann.username, "Password": PASSWORD})
    screen.page.get_by_role("button", name="Sign in").click()

    expect(screen.page).not_to_have_url(re.compile("/sign-in"))


def fill(screen: Screen, fields: dict[str, str]) -> None:
    """Each labelled field holds its text."""
    for label, text in fields.items():
        screen.page.get_by_label(label, exact=True).fill(text)
