"""docs/ROOMS.md says who may do what, and chat/rooms/roles.py agrees."""

from pathlib import Path

from chat.rooms import roles

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ROOMS.md").read_text()
COLUMNS = (*roles.RANKS, roles.ADMIN)


def written() -> dict[str, frozenset[str]]:
    """Return the table of acts: each with the roles that may."""
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(COLUMNS) + 1 and cells[0].startswith("`"):
            may = {role for role, cell in zip(COLUMNS, cells[1:], strict=True) if cell == "yes"}
            found[cells[0].strip("`")] = frozenset(may)
    return found


def test_table_of_acts_is_the_rule() -> None:
    """Every act of the code has its row, with exactly the roles that may do it."""
    assert written() == roles.ACTS


def test_acts_of_direct_rooms_are_those_of_the_code() -> None:
    """What everybody may do in a direct room is said in words, and is an act of the table."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith("- In a direct room")]
    words = {"read", "post", "edit", "react", "delete_own", "add_member", "leave"}
    words |= {"pin_own", "pin_foreign"}

    assert words == roles.IN_DIRECT
    for word in words:
        assert word.partition("_")[0] in line, word
