"""Search: what is found, by whom, in which order; on both databases."""

import pytest
from msgspec import UNSET
from sqlalchemy import Connection, select, text

from chat import wire
from chat.errors import Invalid, RateLimited, SearchTooSlow
from chat.ids import RoomId
from chat.search import found
from chat.search.index import Index
from chat.search.matching import Match, piece_of
from chat.search.models import message_words
from chat.search.question import Term
from chat.search.service import SEARCHES_OF_USER
from chat.terms import Identity, OwnRoom
from tests.chat.conftest import MovedClock
from tests.chat.house import House
from tests.chat.search.conftest import Asks

DAY_S = 86_400


def test_words_phrases_and_pairs_are_found(
    house: House, ann: Identity, lobby: RoomId, asks: Asks
) -> None:
    """Whatever case and accents; two Chinese characters in a sentence; phrases in their order."""
    bodies = ("Meet me at the Café", "今天天气很好", "red green blue", "green red", "red blue")
    for body in bodies:
        house.posts(ann, lobby, body)

    cafe, weather, rgb, gr, rb = ([body] for body in bodies)
    assert asks(ann, "cafe") == asks(ann, "CAFÉ") == asks(ann, "caf*") == cafe
    assert asks(ann, "caf") == []
    assert asks(ann, "天气") == asks(ann, "天") == asks(ann, "天气很好") == weather
    assert asks(ann, "今气") == []
    assert asks(ann, "red green") == gr + rgb
    assert asks(ann, '"red green"') == rgb
    assert asks(ann, "red -green") == rb
    assert asks(ann, 'red -"green red" -"red blue"') == rgb


def test_message_is_found_by_what_it_says_now(
    house: House, ann: Identity, lobby: RoomId, asks: Asks
) -> None:
    """An edited one by its new text alone; a deleted one by nothing at all."""
    edited = house.edits(ann, house.posts(ann, lobby, "apples"), "pears")
    house.changes.delete(ann, house.posts(ann, lobby, "a secret").id)

    assert asks(ann, "apples") == asks(ann, "secret") == []
    assert asks(ann, "pears") == asks(ann, "from:ann") == ["pears"]
    house.changes.delete(ann, edited.id)
    assert asks(ann, "pears") == asks(ann, "from:ann") == []


def test_only_members_find_and_only_while_they_are(
    house: House, ann: Identity, bob: Identity, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger, one who left, and one who was banned find nothing; nor does in: help."""
    cyd, lobby = house.signs_up("cyd"), house.opens_room(ann, bob)
    house.opens_room(bob, cyd, name="Elsewhere")
    house.posts(ann, lobby, "for members")
    assert asks(bob, "members") == ["for members"]
    assert asks(cyd, "members") == []

    house.parts.bans.ban(ann, lobby, wire.BanUser(user_id=bob.user_id))

    assert asks(bob, "members") == []
    monkeypatch.setattr(found, "ROOMS_IN_MATCH", 0)  # as with very many rooms
    monkeypatch.setattr(found, "POSTGRESQL_WEIGHS", 0)
    assert asks(ann, "members") == ["for members"]
    assert asks(bob, "members") == asks(cyd, "members") == []
    for asker in (bob, cyd):
        with pytest.raises(Invalid) as refused:
            asks(asker, "members in:lobby")
        assert refused.value.field == "in"


def test_filters_narrow_what_is_found(
    house: House, ann: Identity, bob: Identity, asks: Asks, moved_clock: MovedClock
) -> None:
    """from, in and has; typed or beside q; and none of them after a minus."""
    lobby, other = house.opens_room(ann, bob), house.opens_room(ann, bob, name="Ops team")
    house.posts(ann, lobby, "look at https://example.org word")
    house.posts(bob, lobby, "word in `code`")
    moved_clock.passes(1)
    house.posts(bob, other, "word elsewhere")

    assert asks(ann, "word from:bob") == asks(ann, "word", sender="@Bob")
    assert asks(ann, "word from:bob") == ["word elsewhere", "word in `code`"]
    assert asks(bob, "from:me") == ["word elsewhere", "word in `code`"]
    assert asks(ann, 'word in:"ops  TEAM"') == asks(ann, "word", room=other) == ["word elsewhere"]
    assert asks(ann, "in:lobby") == ["word in `code`", "look at https://example.org word"]
    assert asks(ann, "has:link") == ["look at https://example.org word"]
    assert asks(ann, "word has:code") == ["word in `code`"]
    assert asks(ann, "word -has:code -has:link") == ["word elsewhere"]
    assert asks(ann, "word -from:bob") == ["look at https://example.org word"]
    assert asks(ann, "word -in:lobby") == ["word elsewhere"]
    assert asks(ann, "word from:ann from:bob in:lobby") == asks(ann, "word in:lobby")


def test_days_bound_what_is_found(
    house: House, ann: Identity, lobby: RoomId, asks: Asks, moved_clock: MovedClock
) -> None:
    """before: ends where the day begins, after: begins where it ends, in the asker's own zone."""
    moved_clock.at_ms = 1_767_225_600_000  # 2026-01-01T00:00Z
    for body in ("word of the 1st", "word of the 2nd", "word of the 3rd"):
        house.posts(ann, lobby, body)
        moved_clock.passes(DAY_S)

    assert asks(ann, "word before:2026-01-02") == ["word of the 1st"]
    assert asks(ann, "word after:2026-01-02") == ["word of the 3rd"]
    assert asks(ann, "word after:2026-01-01 before:2026-01-03") == ["word of the 2nd"]
    assert asks(ann, "word before:2026-01-02", utc_offset_min=-60) == [
        "word of the 2nd",
        "word of the 1st",
    ]
    assert asks(ann, "word", after="1767225600000") == ["word of the 3rd", "word of the 2nd"]


def test_pages_by_cursor_hold_everything_once_newest_first(
    house: House, ann: Identity, lobby: RoomId, moved_clock: MovedClock
) -> None:
    """Also what was posted in the same millisecond; and what comes meanwhile moves no page."""
    bodies = [f"word {n}" for n in range(7)]
    rooms = (lobby, house.opens_room(ann, name="Other"))
    for n, body in enumerate(bodies):
        house.posts(ann, rooms[n // 2 % 2], body)
        moved_clock.passes(n % 2)  # two of a room in each millisecond
    told: list[str] = []
    cursor = None
    while True:
        page = house.search.search(ann, wire.SearchQuery(q="word", limit=3, cursor=cursor))
        told += [hit.message.body for hit in page.hits]
        moved_clock.passes(1)
        house.posts(ann, lobby, "word that came later")
        if isinstance(page.cursor, str):
            cursor = page.cursor
        else:
            break
    assert told == bodies[::-1]


def test_snippet_shows_what_was_found(house: House, ann: Identity, lobby: RoomId) -> None:
    """The hit is a part of its own, around it a piece of the message, as plain text."""
    house.posts(ann, lobby, "x " * 200 + "the <b>Café</b> is closed " + "y " * 200)

    (hit,) = house.search.search(ann, wire.SearchQuery(q="cafe")).hits

    assert [part.text for part in hit.snippet if part.hit] == ["Café"]
    whole = "".join(part.text for part in hit.snippet)
    assert "the <b>Café</b> is closed" in whole
    assert whole.startswith("…")
    assert whole.endswith("…")
    assert len(whole) < 300


@pytest.mark.parametrize(
    ("body", "quoted"),
    [
        ("it was ||the butler||, and ||the cook|| too", "it was …, and … too"),
        ("word `a || b` then ||the butler|| did", "word `a … did"),
        ("a || b\n\nword ||the butler|| did", "a … did"),
        ("word `a || b || c` did", "word `a || b || c` did"),
    ],
)
def test_snippet_does_not_tell_what_a_spoiler_hides(
    house: House, ann: Identity, lobby: RoomId, body: str, quoted: str
) -> None:
    """Not beside a hit, nor when the hit is in it; marks that hide nothing are as they were."""
    house.posts(ann, lobby, body)

    for asked in ("butler", "it", "did"):
        for hit in house.search.search(ann, wire.SearchQuery(q=asked)).hits:
            assert "".join(part.text for part in hit.snippet) == quoted


def test_user_who_asks_too_fast_is_told_to_wait(house: House, ann: Identity) -> None:
    """The burst is answered, one more is refused with a time."""
    for _ in range(int(SEARCHES_OF_USER.burst)):
        house.search.search(ann, wire.SearchQuery(q="word"))
    with pytest.raises(RateLimited) as refused:
        house.search.search(ann, wire.SearchQuery(q="word"))
    assert refused.value.retry_after_s


def test_search_that_takes_too_long_is_ended(
    house: House, ann: Identity, lobby: RoomId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement is stopped at its deadline, and the next search is answered."""
    house.posts(ann, lobby, "word")
    endless = "WITH RECURSIVE all_n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM all_n)"
    hasty = house.makes_search(limit_s=0.05)
    with monkeypatch.context() as patched:
        patched.setattr(found, "_BY_ROW_IN_SQLITE", f"{endless} SELECT max(n) FROM all_n")
        patched.setattr(found, "_LOWEST_PASSED", text("SELECT pg_sleep(60)"))
        with pytest.raises(SearchTooSlow):
            hasty.search(ann, wire.SearchQuery(q="word"))
    with monkeypatch.context() as patched:  # nor may finding out how common a word is
        patched.setattr(found, "_SAMPLE_IN_SQLITE", f"{endless} SELECT max(n) FROM all_n")
        patched.setattr(found, "_SAMPLE", "SELECT pg_sleep(60)")
        with pytest.raises(SearchTooSlow):
            hasty.search(ann, wire.SearchQuery(q="wor*"))
    assert len(house.search.search(ann, wire.SearchQuery(q="word")).hits) == 1


HOSTILE = (
    *('"' * 500, "*" * 500, "- " * 250, "(" * 500, ")" * 500, "\\'" * 250, "%_" * 250),
    *("AND OR NOT NEAR(", "a:b r:x h:link", "'; DROP TABLE messages; --", "\0\0", "\ud7ff" * 500),
    *("x" * 500, "天" * 500, '"' + "word " * 99 + '"', "wo* " * 32, "-wo* " * 31 + "word"),
    *("in:" * 100, "from:" * 90, "has:has:has:", "before:9999-99-99", "after:" + "9" * 400),
)


@pytest.mark.parametrize("read", [0, 10**9])  # by each row, or by the index
def test_hostile_question_is_answered_or_refused(
    house: House, ann: Identity, asks: Asks, monkeypatch: pytest.MonkeyPatch, read: float
) -> None:
    """Operators, quotes, wildcards, zeros: an answer or Invalid, never an error of a database."""
    monkeypatch.setattr(found, "SQLITE", found.SQLITE._replace(read=read))
    monkeypatch.setattr(found, "POSTGRESQL", found.POSTGRESQL._replace(read=read))
    house.posts(ann, house.opens_room(ann), "word")
    refused = 0
    for q in HOSTILE:
        try:
            assert set(asks(ann, q)) <= {"word"}
        except Invalid:
            refused += 1
    assert 0 < refused < len(HOSTILE)
    assert asks(ann, "word") == ["word"]


def test_question_of_ten_thousand_characters_is_refused() -> None:
    """Before anything looks at it; the refusal names it."""
    with pytest.raises(Invalid) as refused:
        wire.request_from_query({"q": "a" * 10_000}, wire.SearchQuery)
    assert refused.value.field == "q"


def test_messages_that_meet_at_one_place_are_all_found(
    house: House, ann: Identity, lobby: RoomId, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who finds his place taken goes one further, among what comes with him and what was there."""
    monkeypatch.setattr("chat.search.index.SLOTS_A_MS", 1)
    other = house.opens_room(ann, name="Other")
    for room in (lobby, other, lobby):
        house.posts(ann, room, "word")
    rows = [
        {"id": f"m{n}", "room_id": lobby, "author_id": ann.user_id, "seq": n, "at_ms": 5}
        | {"body": "body", "html": ""}
        for n in range(3)
    ]
    with house.db.transaction() as sql:
        Index().add(sql, rows[:1])
        Index().add(sql, rows)
        held = sql.execute(select(message_words.c.n).where(message_words.c.n < 6 * 4096))
        assert sorted(held.scalars()) == [5 * 4096 + step for step in range(4)]

    assert asks(ann, "word") == ["word"] * 3


def test_deleted_text_leaves_the_index(house: House, ann: Identity, lobby: RoomId) -> None:
    """Not only is it not shown: its words are stored nowhere."""
    message = house.posts(ann, lobby, "a secret")
    query = select(message_words.c.words).where(message_words.c.message_id == message.id)
    with house.db.reading() as sql:
        assert sql.execute(query).scalars().all()

    house.changes.delete(ann, message.id)

    with house.db.reading() as sql:
        assert sql.execute(query).scalars().all() == []


def test_who_left_while_the_search_ran_is_shown_nothing(
    house: House, ann: Identity, bob: Identity, lobby: RoomId
) -> None:
    """Membership counts at the moment of the answer, not at that of the question."""
    house.posts(ann, lobby, "word")
    house.rooms.leave(bob, lobby)
    late = house.makes_search(own_rooms=lambda _sql, _user_id: {lobby: OwnRoom("lobby", 1)})

    assert late.search(bob, wire.SearchQuery(q="word")).hits == []


def test_rooms_of_others_take_no_place_on_a_page(
    house: House, ann: Identity, bob: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the asker may not read is left out before the page is counted, however many rooms."""
    own, foreign = house.opens_room(ann), house.opens_room(bob, name="Elsewhere")
    for room, author in ((own, ann), (foreign, bob), (foreign, bob)):
        house.posts(author, room, "word")
    house.posts(ann, own, "another")
    for most, passed in ((0, 0), (5000, 0), (0, 10**9), (5000, 10**9)):
        monkeypatch.setattr(found, "ROOMS_IN_MATCH", most)
        monkeypatch.setattr(found, "POSTGRESQL_WEIGHS", most)
        for database in ("SQLITE", "POSTGRESQL"):
            costs = getattr(found, database)._replace(passed=passed)
            monkeypatch.setattr(found, database, costs)
        page = house.search.search(ann, wire.SearchQuery(q="word", limit=1))
        assert len(page.hits) == 1
        assert page.cursor is UNSET


def test_messages_are_passed_no_longer_than_they_should_have_taken(
    house: House, ann: Identity, lobby: RoomId, asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then PostgreSQL's index answers for the older ones; SQLite has passed none."""
    for body in ("word", "another", "word", "word"):
        house.posts(ann, lobby, body)
    asked_of_index: list[int] = []
    by_index = found._by_index  # whether it was asked is seen nowhere else

    def counted(sql: Connection, wanted: found.Wanted, *parts: Match) -> list[found.Found]:
        asked_of_index.append(wanted.limit)
        return by_index(sql, wanted, *parts)

    monkeypatch.setattr(found, "_by_index", counted)
    monkeypatch.setattr(found, "POSTGRESQL", found.POSTGRESQL._replace(passed=0))
    assert asks(ann, "word", limit=5) == ["word"] * 3
    assert asked_of_index == []

    monkeypatch.setattr(found, "PATIENCE", 0)
    assert asks(ann, "word", limit=5) == ["word"] * 3
    assert asked_of_index == ([] if house.db.is_sqlite else [5])


def test_looks_at_the_newest_messages_have_an_end() -> None:
    """The more words a question has, the fewer messages are asked about them."""
    phrase = Term(tuple(f"w{n}" for n in range(99)))
    for term in (phrase, Term(("w",))):
        match = Match(((term,),))
        wanted = found.Wanted(match, (), messages=1, from_n=0, to_n=1, limit=1)
        _, asked = found._sample(wanted, "{}", piece_of)  # the number of rows is its own
        assert 0 < asked["sampled"] * len(match.words) <= found.LOOKS
