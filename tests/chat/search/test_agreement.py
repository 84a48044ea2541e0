"""Search on both databases finds what a plain model finds, over texts of every kind."""

import random
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import pytest

from chat import wire
from chat.errors import Invalid
from chat.ids import RoomId
from chat.search import found
from chat.search.plan import Costs, Plan
from chat.terms import Identity
from tests.chat.conftest import MovedClock
from tests.chat.house import House

MESSAGES = 60
QUESTIONS = 60
PIECES = (
    *("red", "Red", "green", "GREEN", "café", "cafe", "naïve", "ﬁn", "x1", "42"),
    *("天", "气", "预", "今天", "天气", "天气预报", "明天", "か", "한국", "国어"),
    *("👍", "🎉", "❤️", "->", "...", "—", "(", ")", "!", "&", "|", "<b>", "`", "**"),
)
ALL_BY_INDEX = Costs(read=1e9, passed=1e10, gathered=0, choice=0, knows_order=True)
ALL_BY_ROW = ALL_BY_INDEX._replace(read=0, passed=0)
BEGINNINGS = ("re", "GRE", "caf", "naï", "fi", "x1", "zz")


def any_plan(wanted: found.Wanted, _sample: object, costs: Costs) -> Plan:
    """Return what messages might say of how common words are: another thing each time."""
    terms = [*wanted.match.words, *wanted.of_rooms]
    shares = {term: ANYTHING.choice((0.001, 0.1, 0.9, 1.0)) for term in terms}
    return Plan(shares, costs, reach=ANYTHING.choice((0.001, 0.1, 1.0)))


ANYTHING = random.Random(7)
BY_INDEX = {"SQLITE": ALL_BY_INDEX, "POSTGRESQL": ALL_BY_INDEX}
BY_ROW = {"SQLITE": ALL_BY_ROW, "POSTGRESQL": ALL_BY_ROW}
MANY_ROOMS = {"ROOMS_IN_MATCH": 0, "POSTGRESQL_WEIGHS": 0}
# How the databases find it: as few messages need it, and as a million would.
WAYS: tuple[dict[str, Any], ...] = (  # Any: a figure, costs, a function
    {},
    BY_INDEX,
    BY_INDEX | MANY_ROOMS,
    BY_ROW,
    BY_ROW | {"PATIENCE": 0.05},
    {"_plan": any_plan, "PATIENCE": 0.05},
    {"_plan": any_plan, "PATIENCE": 0.05, **MANY_ROOMS},
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


def begins(body: str, letters: str) -> bool:
    """Say whether a word of the body begins with these letters."""
    return any(unit.startswith(plain(letters)) for unit in units(body))


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


@dataclass(frozen=True)
class Asked:
    """Phrases and beginnings that a message has, and those that it has not."""

    phrases: list[str]
    barred: list[str]
    beginnings: list[str]
    barred_beginnings: list[str]

    @classmethod
    def by(cls, chance: random.Random) -> "Asked":
        """Return a question of one to three parts."""
        beginnings = [chance.choice(BEGINNINGS)] if chance.random() < 0.4 else []
        least = 0 if beginnings else 1
        wanted = [text_of(chance, chance.randint(1, 2)) for _ in range(chance.randint(least, 2))]
        part = chance.choice((text_of(chance, 1), chance.choice(BEGINNINGS)))  # no word by itself
        barred = [part] if chance.random() < 0.3 else []
        barred_beginnings = [chance.choice(BEGINNINGS)] if chance.random() < 0.15 else []
        wanted, barred = ([re.sub('["*]', " ", one) for one in some] for some in (wanted, barred))
        return cls(wanted, barred, beginnings, barred_beginnings)

    @property
    def q(self) -> str:
        """The question as it is typed."""
        parts = [*(f'"{one}"' for one in self.phrases), *(f'-"{one}"' for one in self.barred)]
        parts += [f"{one}*" for one in self.beginnings]
        return " ".join([*parts, *(f"-{one}*" for one in self.barred_beginnings)])

    @property
    def is_something(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.beginnings) or any(map(spaced, self.phrases))

    def is_answered_by(self, body: str) -> bool:
        """Whether a message is what was asked for."""
        return (
            all(holds(body, one) for one in self.phrases if spaced(one))
            and not any(holds(body, one) for one in self.barred)
            and all(begins(body, one) for one in self.beginnings)
            and not any(begins(body, one) for one in self.barred_beginnings)
        )


@pytest.fixture(params=range(len(WAYS)))
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The number of a way, by which the databases are asked from now on."""
    number: int = request.param
    for name, value in WAYS[number].items():
        monkeypatch.setattr(found, name, value)
    return number


def test_search_agrees_with_a_plain_model(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock, way: int
) -> None:
    """Words, phrases, beginnings, exclusions; quotes, operators and markup in texts and questions;
    by whatever way the database is asked."""
    chance = random.Random(17 + way)
    bodies = [text_of(chance, chance.randint(1, 8)) for _ in range(MESSAGES)]
    for body in bodies:
        house.posts(ann, lobby, body)
        moved_clock.passes(0.05)
    some, none = 0, 0
    for _ in range(QUESTIONS):
        moved_clock.passes(60)
        asked = Asked.by(chance)
        expected = [body for body in reversed(bodies) if asked.is_answered_by(body)]
        try:
            hits = house.search.search(ann, wire.SearchQuery(q=asked.q, limit=50)).hits
        except Invalid:
            assert not asked.is_something, asked.q
            none += 1
            continue
        assert [hit.message.body for hit in hits] == expected[:50], asked.q
        some += bool(hits)
    assert some > QUESTIONS // 4
    assert none > 0
