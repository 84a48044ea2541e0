"""What is most likely to break of tests/presence/test_recovery.py, with three shards."""

from tests.presence.test_recovery import (
    test_close_whose_call_broke_is_made_up_for,
    test_redis_restarted_empty_shows_no_false_offline,
    test_those_who_left_while_redis_was_away_are_offline_once,
    test_worker_that_was_away_is_put_right_by_the_others_and_by_itself,
)

__all__ = [
    "test_close_whose_call_broke_is_made_up_for",
    "test_redis_restarted_empty_shows_no_false_offline",
    "test_those_who_left_while_redis_was_away_are_offline_once",
    "test_worker_that_was_away_is_put_right_by_the_others_and_by_itself",
]
