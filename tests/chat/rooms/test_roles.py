"""The one rule of who may do what: pure, and nothing slips past a rank."""

import pytest

from chat.rooms import roles

EVERYBODY = (*roles.RANKS, roles.ADMIN)


def test_ranks_are_a_strict_order() -> None:
    """Of two roles one outranks the other, and nobody himself; an administrator all members."""
    for place, role in enumerate(roles.RANKS):
        assert [one for one in roles.RANKS if roles.outranks(role, one)] == [
            *roles.RANKS[place + 1 :]
        ]
        assert roles.outranks(roles.ADMIN, role)
    assert not roles.outranks(roles.ADMIN, roles.ADMIN)


@pytest.mark.parametrize("act", sorted(roles.ON_MEMBERS))
def test_what_is_done_to_a_member_needs_a_higher_role(act: str) -> None:
    """No role does it to its own rank or above; the highest that may reaches all below."""
    for role in EVERYBODY:
        for other in roles.RANKS:
            if roles.may(role, act, on=other):
                assert roles.outranks(role, other)
                assert roles.may(role, act)


def test_a_higher_member_may_all_that_a_lower_one_may() -> None:
    """Promotion takes nothing away."""
    for act in roles.ACTS:
        for role, below in zip(roles.RANKS, roles.RANKS[1:], strict=False):
            assert roles.may(role, act) or not roles.may(below, act), (act, below)


def test_administrators_read_nothing_by_their_office() -> None:
    """What is said in a room, and who is in it, is for its members."""
    for act in ("read", "post", "edit", "react", "pin_foreign", "delete_foreign", "invite"):
        assert not roles.may(roles.ADMIN, act), act


def test_unknown_act_is_a_defect() -> None:
    """A misspelt act is no silent no."""
    with pytest.raises(KeyError):
        roles.may(roles.OWNER, "flog")
