"""What is typed into the search box is understood, or refused with the field at fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import Invalid
from chat.search.matching import Match, fts5, tsquery
from chat.search.question import Filter, Question, Term, question_of, term_of

ODD = st.text("ab é天气👍 \"'-*:()&|!<>\\“”from:in:has:link0123\n", max_size=60) | st.text(
    max_size=60
)


def asked(q: str, utc_offset_min: int = 0) -> Question:
    """Return what is understood of it."""
    return question_of(q, (), utc_offset_min)


def test_words_phrases_filters_and_minus_are_told_apart() -> None:
    """Each part of a question has its meaning."""
    question = asked('Red "green, blue" -gray -"a b" from:@anna -in:"Ops team" HAS:link http://x')

    assert question.terms == [Term(("red",)), Term(("green", "blue")), Term(("http", "x"))]
    assert question.barred_terms == [Term(("gray",)), Term(("a", "b"))]
    assert question.filters == [Filter("from", "@anna"), Filter("has", "link")]
    assert question.barred_filters == [Filter("in", "Ops team")]


def test_chinese_punctuation_works_too() -> None:
    """A full-width colon and curly quotes are those that an input method types."""
    question = asked("from：安娜 “天气预报”")

    assert question.filters == [Filter("from", "安娜")]
    assert question.terms == [Term(("天气", "气预", "预报"))]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("天", Term(("天",), is_open=True)),
        ("天气", Term(("天气",))),
        ("x天", Term(("x", "天"), is_open=True)),
        ("天气 x", Term(("天气", "气", "x"))),
        ("!?", None),
    ],
)
def test_end_of_a_run_of_pairs_is_open(text: str, term: Term | None) -> None:
    """What follows in the message does not matter; what follows in the phrase does."""
    assert term_of(text) == term


def test_days_are_those_of_the_asker() -> None:
    """2026-01-02 begins an hour earlier in a zone that is an hour ahead."""
    midnight_ms = 1_767_312_000_000
    assert asked("x before:2026-01-02").to_ms == midnight_ms
    assert asked("x after:2026-01-02").from_ms == midnight_ms + 86_400_000
    assert asked("x -before:2026-01-02").from_ms == midnight_ms
    assert asked("x before:2026-01-02", utc_offset_min=60).to_ms == midnight_ms - 3_600_000
    assert asked(f"x before:{midnight_ms}").to_ms == midnight_ms


@pytest.mark.parametrize(
    ("q", "field"),
    [
        *(
            (q, "q")
            for q in ("", "   ", "-", '""', '"', "!? … -- **", "-word", "before:2026-01-01")
        ),
        ("-from:ann", "q"),
        ("from:", "from"),
        ('in:""', "in"),
        ("word has:cheese", "has"),
        ("word before:yesterday", "before"),
        ("word after:2026-02-30", "after"),
        (" ".join(["word"] * 33), "q"),
    ],
)
def test_question_that_asks_for_nothing_is_invalid(q: str, field: str) -> None:
    """The refusal names the filter at fault."""
    with pytest.raises(Invalid) as refused:
        asked(q)
    assert refused.value.field == field


@given(ODD)
def test_whatever_is_typed_is_a_question_or_invalid(q: str) -> None:
    """No text is a syntax error to a database: quotes and operators never reach it."""
    try:
        question = asked(q)
    except Invalid:
        return
    terms = [*question.terms, *question.barred_terms]
    words = [word for term in terms for word in term.words]
    assert not set("\"'\\:*()&|!<> ") & set("".join(words))
    match = Match(tuple((term,) for term in terms) or ((Term(("a:x",)),),))
    assert fts5(match).count('"') % 2 == tsquery(match).count("'") % 2 == 0
