"""R4: nothing depends on an event being delivered. Without notifications the sweep does it all."""

import time
from collections.abc import Callable

import pytest

from tests.support.claims import assert_transition
from tests.support.people import Person
from tests.support.redis_process import RedisProcess
from tests.support.server import Server

SignsUp = Callable[[Server, str], Person]


@pytest.mark.fault(16)
def test_closed_tab_goes_offline_in_time_with_notifications_switched_off(
    starts_server: Callable[..., Server], private_redis: RedisProcess, signs_up: SignsUp
) -> None:
    """An operator's CONFIG SET that ends all keyspace events changes no bound."""
    server = starts_server(redis_url=private_redis.url)
    ann, bob = signs_up(server, "ann"), signs_up(server, "bob")
    ann.joins(bob.creates_room())
    viewer = bob.opens_tab()

    with private_redis.client() as client:
        for _ in range(3):
            tab = ann.opens_tab()
            viewer.sees(ann.id, "online", within_s=2)
            client.config_set("notify-keyspace-events", "")
            client.client_kill_filter(_type="pubsub")
            closed_s = time.monotonic()
            tab.closes()
            gone_s = assert_transition(viewer, ann, "online", "offline", within_s=5) - closed_s
            assert 1.0 <= gone_s <= viewer.ready["bounds_ms"]["tab_closed"] / 1000
