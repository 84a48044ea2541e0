"""The marks of a snippet: where what was asked for stands, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.search.question import Term
from chat.search.snippets import LENGTH, snippet_of
from chat.search.words import placed_words

WORDS = st.sampled_from(["tea", "teapot", "pot", "a", "the"])
TERMS = st.builds(Term, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.booleans())


def marked(body: str, *terms: Term) -> list[str]:
    """What is marked, in order."""
    return [part.text for part in snippet_of(body, terms) if part.hit]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        (Term(("tea",)), ["tea", "Tea"]),
        (Term(("tea",), is_open=True), ["tea", "Teapot", "Tea"]),
        (Term(("green", "tea")), ["green tea"]),
        (Term(("a", "tea"), is_open=True), ["a Teapot"]),
        (Term(("tea", "green")), []),
        (Term(("tea", "again")), []),  # begins at the last word, and the text is over
    ],
)
def test_marks_are_where_it_stands(term: Term, found: list[str]) -> None:
    """A word, a beginning, a phrase, one that ends in a beginning; one that nobody wrote."""
    assert marked("Some green tea in a Teapot, then Tea", term) == found


@given(st.lists(WORDS, max_size=12), st.lists(TERMS, max_size=3))
def test_every_place_is_marked_and_no_other(said: list[str], terms: list[Term]) -> None:
    """The model: each run of words is held against each term."""
    body = " ".join(said)
    assert len(body) < LENGTH
    words, wanted = placed_words(body), set[int]()
    for term in terms:
        for at in range(len(words) - len(term.words) + 1):
            run = words[at : at + len(term.words)]
            *whole, last = [one.word for one in run]
            is_same = last.startswith(term.words[-1]) if term.is_open else last == term.words[-1]
            if tuple(whole) == term.words[:-1] and is_same:
                wanted.update(range(run[0].start, run[-1].end))
    marks, at = set[int](), 0
    for part in snippet_of(body, terms):
        if part.hit:
            marks.update(range(at, at + len(part.text)))
        at += len(part.text)
    assert marks == wanted
