"""Faults with the timings as they are shipped. A closed tab with the defaults: tests/walks."""

import time
from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.redis_process import RedisProcess
from tests.support.server import Server

SLACK_S = 2.0  # what a slow machine may add


@pytest.mark.fault(9)
@pytest.mark.fault(16)
@pytest.mark.timeout(60)
def test_defaults_hold_without_notifications_and_at_sign_out(
    starts_server: Callable[..., Server],
    private_redis: RedisProcess,
    signs_up: Callable[[Server, str], Person],
) -> None:
    """With keyspace events off a closed tab is offline after 5 s, within 6 s; signed out: 1 s."""
    server = starts_server(redis_url=private_redis.url, settings={})
    ann, bob, carol = (signs_up(server, name) for name in ("ann", "bob", "carol"))
    room = bob.creates_room()
    for person in (ann, carol):
        person.joins(room)
    tab, _, viewer = ann.opens_tab(), carol.opens_tab(), bob.opens_tab()
    for person in (ann, carol):
        viewer.sees(person.id, "online", within_s=5)
    private_redis.mutes_events()
    left_s = time.monotonic()

    tab.closes()
    carol.signs_out()

    assert viewer.sees(carol.id, "offline", within_s=5) - left_s <= 1.0 + SLACK_S
    gone_s = viewer.sees(ann.id, "offline", within_s=10) - left_s
    assert 5.0 <= gone_s <= 6.0 + SLACK_S
    for person in (ann, carol):
        assert viewer.roster.shown_since(person.id, left_s) == ["offline"]
