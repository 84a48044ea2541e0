"""bench/roster_view.py: what a client of the crowd shows, held to the words of PROTOCOL.md."""

from bench.roster_view import Change, Diff, RosterView, Synced

PLACES = {"ann": 0, "bob": 1, "stranger": 2}


def synced_view() -> RosterView:
    """A view that knows ann and bob as of rev 10."""
    view = RosterView(PLACES)
    view.sync(Synced("e", 10, [Change("ann", "online"), Change("bob", "offline")], reset=True))
    return view


def test_sync_shows_exactly_who_was_named() -> None:
    """Who was not named is not on the roster."""
    assert synced_view().statuses() == {"ann": "online", "bob": "offline"}


def test_diff_of_a_later_rev_is_shown_and_an_old_one_is_not() -> None:
    """A diff at or below the rev of the sync is in it already."""
    view = synced_view()

    view.hear(Diff("e", 10, [Change("ann", "offline")]))
    view.hear(Diff("e", 12, [Change("bob", "away")]))

    assert view.statuses() == {"ann": "online", "bob": "away"}


def test_diff_before_the_sync_is_applied_after_it_unless_it_is_older() -> None:
    """Nothing that happened while the client asked is lost, and nothing old comes back."""
    view = RosterView(PLACES)
    view.hear(Diff("e", 9, [Change("ann", "away")]))
    view.hear(Diff("e", 11, [Change("bob", "online")]))

    view.sync(Synced("e", 10, [Change("ann", "online"), Change("bob", "offline")], reset=True))

    assert view.statuses() == {"ann": "online", "bob": "online"}


def test_late_answer_does_not_undo_a_newer_diff() -> None:
    """Each status carries the rev at which it was true."""
    view = synced_view()
    view.hear(Diff("e", 15, [Change("ann", "away")]))

    view.sync(Synced("e", 12, [Change("ann", "online")]))

    assert view.statuses()["ann"] == "away"


def test_client_that_heads_are_ahead_of_is_behind() -> None:
    """Only in the same epoch, and only once it knows anything."""
    view = synced_view()

    assert view.is_behind("e", 11)
    assert not view.is_behind("e", 10)
    assert not view.is_behind("another", 11)


def test_another_epoch_is_asked_for_whole_and_replaces_everything() -> None:
    """A store that forgot its past has said nothing of those it does not name."""
    view = synced_view()
    assert view.asks_from == {"epoch": "e", "rev": 10}

    view.sync(Synced("new", 1, [Change("ann", "away")]))

    assert view.statuses() == {"ann": "away"}
