"""R8: leaving means leaving. The live sockets of an ended session feel it within a second."""

import time
from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.server import QUICK, Server

SignsUp = Callable[[Server, str], Person]
BOUND_S = 1.0
NO_BEAT = {"ROLLCALL_HEADS_MS": "15000"}  # the beat finds ended sessions too, only later


@pytest.mark.fault(9)
def test_sign_out_closes_every_tab_and_shows_offline_within_a_second(
    starts_server: Callable[..., Server], signs_up: SignsUp
) -> None:
    """Tabs on both workers are told and closed, others see offline, without the grace."""
    server = starts_server(settings={**QUICK, **NO_BEAT})
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    first, viewer = ann.opens_tab(), bob.opens_tab()
    held_by = server.worker_of(first.local_port)
    second = ann.opens_tab_on(lambda pid: pid != held_by)
    viewer.sees(ann.id, "online", within_s=1)
    left_s = time.monotonic()

    assert ann.signs_out().status == 204

    assert viewer.sees(ann.id, "offline", within_s=5) - left_s <= BOUND_S
    for tab in (first, second):
        ended = tab.waits_for("session:ended", within_s=BOUND_S)
        assert ended.payload["code"]
        tab.is_disconnected(within_s=BOUND_S)
    assert ann.tab().is_refused() == "not_signed_in"


def test_sign_out_leaves_the_other_browser_alone(server: Server, signs_up: SignsUp) -> None:
    """Signing out in one browser neither closes nor hides the same person's other browser."""
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    room = bob.creates_room()
    ann.joins(room)
    phone = ann.other_browser()
    on_laptop, on_phone, viewer = ann.opens_tab(), phone.opens_tab(), bob.opens_tab()
    viewer.sees(ann.id, "online", within_s=1)

    ann.signs_out()
    on_laptop.waits_for("session:ended", within_s=BOUND_S)

    on_phone.posts(room, "still here")
    viewer.holds(room, 1, within_s=1)
    assert viewer.roster.status_of(ann.id) == "online"
    phone.leaves_the_house()


def test_signing_out_all_others_keeps_only_this_browser(server: Server, signs_up: SignsUp) -> None:
    """DELETE /sessions ends every other session of the user, and closes their tabs."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    phone = ann.other_browser()
    here, there = ann.opens_tab(), phone.opens_tab()

    assert ann.api.delete("/api/v1/sessions").status in {200, 204}

    there.waits_for("session:ended", within_s=BOUND_S)
    assert phone.tab().is_refused() == "not_signed_in"
    assert phone.api.get("/api/v1/rooms").error == "not_signed_in"
    here.posts(room, "still here")


def test_ended_session_cannot_write_any_more(server: Server, signs_up: SignsUp) -> None:
    """Once signing out was answered, no message of that session is accepted on any worker."""
    ann = signs_up(server, "ann")
    room = ann.creates_room()
    phone = ann.other_browser()
    ann.opens_tab()
    cookie, token = ann.api.cookie, ann.api.csrf_token

    ann.signs_out()
    ann.api.csrf_token = token
    answer = ann.api.call(
        "POST",
        f"/api/v1/rooms/{room}/messages",
        {"client_id": "late", "body": "late"},
        headers={"Cookie": cookie},
    )

    assert answer.status in {401, 403}
    assert phone.history(room) == []
