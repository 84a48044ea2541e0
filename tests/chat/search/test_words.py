"""Texts as words: the same whether places are wanted or not, whatever the text holds."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.search.question import term_of
from chat.search.snippets import LENGTH, snippet_of
from chat.search.words import WORD_MAX, placed_words, words_of

TEXTS = st.text("aAéßİœ天气预ガ한ก👍🏽\u200d\ufe0f ._-\"'\n½ﬁ", max_size=40) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café CAFE ＣＡＦＥ", ["cafe", "cafe", "cafe"]),
        ("Straße Łódź œuvre Ελλάς", ["strasse", "lodz", "oeuvre", "ελλασ"]),
        ("foo_bar, http://x.org/a-b", ["foo", "bar", "http", "x", "org", "a", "b"]),
        ("天气预报", ["天气", "气预", "预报", "报"]),
        ("iPhone手机", ["iphone", "手机", "机"]),
        ("한국어", ["한국", "국어", "어"]),
        ("👍🏽 ❤️", ["👍", "❤"]),
        ("हिन्दी", ["हिन्दी"]),
        ("a" * 100, ["a" * WORD_MAX]),
    ],
)
def test_texts_are_cut_into_words(text: str, words: list[str]) -> None:
    """Folded; letters and digits; pairs; symbols."""
    assert words_of(text) == words


@given(TEXTS)
def test_places_are_of_the_same_words(text: str) -> None:
    """Each word stands where it is said to stand, in order, and nothing of it ends a word."""
    placed = placed_words(text)
    assert [one.word for one in placed] == words_of(text)
    assert all(0 <= one.start < one.end <= len(text) for one in placed)
    assert all(one.word and not set(" \"'\\:*") & set(one.word) for one in placed)


@given(TEXTS, st.text("aé天气👍 ", min_size=1, max_size=3))
@example("今天天气很好", "天")
def test_snippet_is_the_text_and_marks_are_what_was_asked(text: str, asked: str) -> None:
    """The parts are the text, white space aside; each hit begins with what was asked for."""
    term = term_of(asked)
    parts = snippet_of(text, [term] if term else [])

    assert len(text) > LENGTH or "".join(one.text for one in parts).split() == text.split()
    for one in parts:
        if one.hit and term:
            assert term.words[0][0] in words_of(one.text)[0]
