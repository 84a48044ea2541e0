"""What the index is asked and what is looked for besides are the question, and cost little."""

from hypothesis import given
from hypothesis import strategies as st

from chat.search.matching import Match
from chat.search.plan import Costs, Plan, Terms
from chat.search.question import Term

COSTS = Costs(read=150, passed=35, gathered=30, choice=0.2, knows_order=True)
BY_WORDS_ALONE = COSTS._replace(knows_order=False)
# Of a million messages in English, those that hold the word, and the next, and the next.
FREQUENT = (0.47, 0.35, 0.28, 0.23, 0.20, 0.17, 0.15, 0.14)
ROOMS = (Term(("r:1",)), Term(("r:2",)))

WORDS = st.sampled_from(["aa", "ab", "ba", "bb", "r:1", "r:2"])
TERMS = st.builds(Term, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.booleans())
SOME = st.lists(TERMS, min_size=1, max_size=3).map(tuple)
MATCHES = st.builds(
    Match, st.lists(SOME, max_size=4).map(tuple), st.lists(TERMS, max_size=3).map(tuple)
)
COST = st.floats(0, 1000)


def holds(words: list[str], term: Term) -> bool:
    """Say whether the words follow each other there; an open term's last one may go on."""
    text = f" {' '.join(words)} "
    return f" {' '.join(term.words)}{'' if term.is_open else ' '}" in text


def meets(words: list[str], match: Match) -> bool:
    """Say whether a message of these words is what the match asks for."""
    wanted = all(any(holds(words, term) for term in some) for some in match.all_of)
    return wanted and not any(holds(words, term) for term in match.none_of)


def frequent(count: int, *besides: Term) -> dict[Term, float]:
    """Return the shares of so many frequent words, and of those that nearly nobody wrote."""
    shares = {Term((f"w{n}",)): share for n, share in enumerate(FREQUENT[:count])}
    return shares | dict.fromkeys(besides, 0.0005)


def asked_for(match: Match, plan: Plan, rooms: Terms = ()) -> set[str]:
    """Return what the index is asked for, as words."""
    by_index, _ = plan.divided(match, rooms)
    return {" ".join(term.words) for some in by_index.all_of for term in some}


def each(*terms: Term) -> Match:
    """Return what asks for all of them."""
    return Match(tuple((term,) for term in terms))


@given(
    MATCHES,
    st.sampled_from([(), ROOMS, ROOMS[:1]]),
    st.builds(Costs, COST, COST, COST, COST, st.booleans()),
    st.floats(0.001, 1),
    st.data(),
)
def test_both_parts_together_ask_for_what_was_asked(
    match: Match, rooms: Terms, costs: Costs, reach: float, data: st.DataObject
) -> None:
    """Whatever words cost; of rooms nothing is looked for, and a minus alone is no question."""
    share = st.floats(0.0005, 1)
    shares = {term: data.draw(share) for term in dict.fromkeys([*match.words, *rooms])}
    by_index, by_row = Plan(shares, costs, reach).divided(match, rooms)

    for words in data.draw(st.lists(st.lists(WORDS, max_size=5), min_size=1, max_size=6)):
        is_in_room = any(holds(words, room) for room in rooms) if rooms else True
        found = meets(words, by_index) and meets(words, by_row)
        assert (found and is_in_room) == (meets(words, match) and is_in_room)
    assert by_index.all_of or not by_index.none_of


def test_of_many_frequent_words_the_rarest_few_are_asked_for() -> None:
    """The others are looked for in the thousand messages that those leave."""
    shares = frequent(8)

    assert asked_for(each(*shares), Plan(shares, COSTS)) == {"w4", "w5", "w6", "w7"}


def test_beside_a_rare_word_no_frequent_one_is_asked_for() -> None:
    """Nor is a beginning gathered, though it is asked for alone."""
    rare, begins = Term(("rare",)), Term(("w",), is_open=True)
    shares = frequent(8, rare) | {begins: 0.01}

    assert asked_for(each(*shares), Plan(shares, COSTS)) == {"rare"}
    assert asked_for(each(begins), Plan(shares, COSTS)) == {"w"}


def test_beginning_that_fills_the_page_soon_is_looked_for_in_each_message() -> None:
    """The more messages there are, the less is it worth to gather them."""
    begins = Term(("w",), is_open=True)
    shares = {begins: 0.1}

    assert asked_for(each(begins), Plan(shares, COSTS, reach=1.0)) == {"w"}
    assert asked_for(each(begins), Plan(shares, COSTS, reach=0.01)) == set()


def test_phrase_of_many_frequent_words_is_asked_for_by_its_rarest() -> None:
    """One of two is asked for as it is, by an index that knows the order of words."""
    eight = Term(tuple(f"w{n}" for n in range(8)))
    two = Term(("w1", "w0"))
    shares = frequent(8, eight, two)

    assert asked_for(each(eight), Plan(shares, COSTS)) == {"w4", "w5", "w6", "w7"}
    assert asked_for(each(two), Plan(shares, COSTS)) == {"w1 w0"}
    assert len(asked_for(each(two), Plan(shares, BY_WORDS_ALONE))) > 0
    rare = shares | {Term(("w1",)): 0.001}
    assert asked_for(each(two), Plan(rare, COSTS)) == {"w1"}


def test_rooms_are_asked_for_where_they_leave_little() -> None:
    """Few messages of few rooms; beside a rarer word they are not."""
    rare = Term(("rare",))
    quiet, busy = (
        Plan(frequent(8, rare) | dict.fromkeys(ROOMS, share), COSTS) for share in (0.005, 0.3)
    )
    words = each(*frequent(8))

    assert asked_for(words, quiet, ROOMS) == {"r:1", "r:2", "w6", "w7"}
    assert asked_for(Match(()), quiet, ROOMS) == {"r:1", "r:2"}
    assert asked_for(each(rare), busy, ROOMS) == {"rare"}


def test_word_after_a_minus_is_looked_for_where_little_is_left() -> None:
    """Going through its list costs more than to look into those few."""
    rare, often = Term(("rare",)), Term(("w0",))
    plan = Plan(frequent(2, rare), COSTS)

    assert plan.divided(Match(((rare,),), (often,)))[1] == Match((), (often,))
    assert plan.divided(Match(((Term(("w1",)),),), (often,)))[1] == Match(())


def test_what_is_asked_for_when_passing_messages_found_too_little() -> None:
    """The index all the same; nothing, where it would have to name nearly every message."""
    begins, always, rare = Term(("w",), is_open=True), Term(("always",)), Term(("rare",))
    plan = Plan({begins: 0.1, always: 1.0, rare: 0.0005}, BY_WORDS_ALONE, reach=0.01)

    assert plan.divided(each(begins)) == (Match(()), each(begins))
    assert plan.divided_for_index(each(begins)) == (each(begins), Match(()))
    but_rare = Match(((always,),), (rare,))
    assert plan.divided_for_index(but_rare) == (Match(()), but_rare)
