"""What is most likely to break of tests/presence/test_tracker.py, with three shards."""

from tests.presence.test_tracker import (
    test_an_expiry_is_one_call_however_many_workers_hear_it,
    test_both_workers_tell_the_same_in_the_same_order,
    test_expiries_are_decided_once_by_two_workers,
    test_hidden_tab_is_away_and_back_at_once,
    test_without_notifications_the_sweep_gives_the_same,
    test_worker_killed_shows_nothing_of_those_who_come_back,
)

__all__ = [
    "test_an_expiry_is_one_call_however_many_workers_hear_it",
    "test_both_workers_tell_the_same_in_the_same_order",
    "test_expiries_are_decided_once_by_two_workers",
    "test_hidden_tab_is_away_and_back_at_once",
    "test_without_notifications_the_sweep_gives_the_same",
    "test_worker_killed_shows_nothing_of_those_who_come_back",
]
