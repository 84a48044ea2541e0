"""The names of what presence keeps in Redis."""

import pytest

from presence.keys import Keys, expired_channel
from presence.terms import LeaseRef


def test_lease_key_and_its_lease_are_each_others_inverse() -> None:
    """The key that expires names the lease it stands for."""
    ref = LeaseRef("ann:1", "c0ffee")
    assert Keys("{x}").lease_named(Keys("{x}").lease(ref)) == ref


@pytest.mark.parametrize("key", ["{x}:v2:user:ann", "{y}:v2:lease:ann c1", "lease:ann c1", ""])
def test_other_keys_name_no_lease(key: str) -> None:
    """A key of another kind, prefix or application is nobody's lease."""
    assert Keys("{x}").lease_named(key) is None


def test_all_keys_share_one_hash_tag() -> None:
    """Redis Cluster keeps every key of presence on one slot."""
    names = [*Keys("{x}").for_scripts(), Keys("{x}").held("w"), Keys("{x}").probe("w")]
    assert all(name.startswith("{x}:v2:") for name in names)
    assert len(set(names)) == len(names)


def test_channel_is_that_of_the_database() -> None:
    """Events of another database of the same Redis are not ours."""
    assert expired_channel(3) == "__keyevent@3__:expired"
