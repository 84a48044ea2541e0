"""Ids: one form, sorted by age, never twice."""

from hypothesis import given
from hypothesis import strategies as st

from chat.ids import LENGTH, id_for, new_id, new_id_after

MS = st.integers(min_value=0, max_value=2**45 - 1)


@given(MS)
def test_id_has_one_form_at_any_time(now_ms: int) -> None:
    """Twenty characters of lower-case base32, from 1970 to 3084."""
    made = new_id(now_ms)
    assert len(made) == LENGTH
    assert set(made) <= set("0123456789abcdefghjkmnpqrstvwxyz")


@given(MS, MS)
def test_ids_of_different_times_sort_by_age(one_ms: int, other_ms: int) -> None:
    """Text order is the order of time."""
    if one_ms < other_ms:
        assert new_id(one_ms) < new_id(other_ms)


def test_ids_of_one_millisecond_differ() -> None:
    """Ten thousand in one millisecond are ten thousand ids."""
    assert len({new_id(1) for _ in range(10_000)}) == 10_000


@given(MS, MS)
def test_id_after_another_sorts_after_it_whatever_the_clock_says(
    one_ms: int, other_ms: int
) -> None:
    """Of the same form, and of its own time when that is later."""
    earlier = new_id(one_ms)
    later = new_id_after(earlier, other_ms)
    assert later > earlier
    assert (len(later), len(new_id_after(None, other_ms))) == (LENGTH, LENGTH)
    if one_ms < other_ms:
        assert new_id(other_ms - 1) < later


@given(MS, st.text(), st.text())
def test_id_for_something_is_the_same_each_time(at_ms: int, one: str, other: str) -> None:
    """It has the form of all ids and the time it was given, and is another for something else."""
    made = id_for(at_ms, one)
    assert made == id_for(at_ms, one)
    assert (made == id_for(at_ms, other)) == (one == other)
    assert len(made) == LENGTH
    assert made[:9] == new_id(at_ms)[:9]
