"""Search on both databases finds what a plain model finds, over texts of every kind."""

import random
import re
import unicodedata

from chat import wire
from chat.errors import Invalid
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House

MESSAGES = 120
QUESTIONS = 120
PIECES = (
    *("red", "Red", "green", "GREEN", "café", "cafe", "naïve", "ﬁn", "x1", "42"),
    *("天", "气", "预", "今天", "天气", "天气预报", "明天", "か", "한국", "国어"),
    *("👍", "🎉", "❤️", "->", "...", "—", "(", ")", "!", "&", "|", "<b>", "`", "**"),
)
ODD = ("'", '"', "\\", "\\'", "*", ":", "OR", "AND", "NOT", "NEAR", ";--", "%", "_")
GLUE = (" ", " ", " ", "", ", ", "-", "\n")


def text_of(chance: random.Random, length: int) -> str:
    """Return a text of that many pieces, some of them glued together."""
    pieces = (chance.choice((*PIECES, *ODD)) + chance.choice(GLUE) for _ in range(length))
    return "".join(pieces).strip() or "red"


def plain(text: str) -> str:
    """Return the text as the model compares it: folded, with one space for all that is no word."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(char for char in folded if not unicodedata.combining(char) and char != "\ufe0f")
    kept = unicodedata.normalize("NFC", kept)
    is_word = (char.isalnum() or unicodedata.category(char) == "So" for char in kept)
    return " ".join("".join(c if ok else " " for c, ok in zip(kept, is_word, strict=True)).split())


def units(text: str) -> list[str]:
    """Return the text in units: words, symbols, single characters of scripts without spaces."""
    return re.findall(r"[a-z0-9]+|[^a-z0-9\s]| +", plain(text))


def holds(body: str, asked: str) -> bool:
    """Say whether the units that were asked for stand in the body in that order, side by side.

    Between two characters of a script without spaces a space counts; elsewhere it is none."""
    return bool(spaced(asked)) and f"\0{spaced(asked)}\0" in f"\0{spaced(body)}\0"


def spaced(text: str) -> str:
    """Return the units between marks; a space only where it parts two runs of pairs."""
    found = units(text)
    kept = []
    for at, unit in enumerate(found):
        if not unit.isspace():
            kept.append(unit)
        elif is_paired(found[at - 1]) and is_paired(found[at + 1]):
            kept.append(" ")
    return "\0".join(kept)


def is_paired(unit: str) -> bool:
    """Say whether it is a character of a script without spaces, or Korean."""
    return unit.isalnum() and not unit.isascii()


def test_search_agrees_with_a_plain_model(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Words, phrases, exclusions; quotes, operators and markup in texts and questions."""
    chance = random.Random(17)
    bodies = [text_of(chance, chance.randint(1, 8)) for _ in range(MESSAGES)]
    for body in bodies:
        house.posts(ann, lobby, body)
        moved_clock.passes(0.05)
    some, none = 0, 0
    for _ in range(QUESTIONS):
        moved_clock.passes(60)
        wanted = [text_of(chance, chance.randint(1, 2)) for _ in range(chance.randint(1, 2))]
        barred = [text_of(chance, 1)] if chance.random() < 0.3 else []
        phrases = [re.sub('["*]', " ", one) for one in (*wanted, *barred)]
        wanted, barred = phrases[: len(wanted)], phrases[len(wanted) :]
        q = " ".join([*(f'"{one}"' for one in wanted), *(f'-"{one}"' for one in barred)])
        expected = [
            body
            for body in reversed(bodies)
            if all(holds(body, one) for one in wanted if spaced(one))
            and not any(holds(body, one) for one in barred)
        ]
        try:
            query = wire.SearchQuery(q=q, limit=50)
            hits = house.search.search(ann, query).hits
        except Invalid:
            assert not any(spaced(one) for one in wanted), q
            none += 1
            continue
        assert [hit.message.body for hit in hits] == expected[:50], q
        some += bool(hits)
    assert some > QUESTIONS // 4
    assert none > 0
