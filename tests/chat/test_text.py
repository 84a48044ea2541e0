"""What people may write: seen by the reader as it was meant, or refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import Invalid
from chat.text import (
    BODY_MAX,
    NAME_MAX,
    clean_body,
    clean_emoji,
    clean_name,
    clean_status_text,
    clean_topic,
    key_of,
)

UNSEEN = {
    "nothing": "",
    "spaces": "   ",
    "joiner alone": "\u200d",
    "hangul filler": "\u3164",
    "braille blank": "\u2800",
    "no-break space": "\u00a0",
}
BARRED = {
    "NUL": "a\x00b",
    "line feed": "a\nb",
    "escape": "a\x1bb",
    "C1 control": "a\x85b",
    "right-to-left override": "a\u202eb",
    "isolate": "a\u2066b",
    "right-to-left mark": "a\u200fb",
    "zero width space": "a\u200bb",
    "byte order mark": "\ufeffa",
    "soft hyphen": "a\u00adb",
    "line separator": "a\u2028b",
    "noncharacter": "a\uffffb",
    "noncharacter of a far plane": "a\U0010fffeb",
    "lone surrogate": "a\ud800b",
    "reversed surrogates": "\udc00\ud800",
}


@pytest.mark.parametrize("value", [*UNSEEN.values(), *BARRED.values(), "x" * (NAME_MAX + 1)])
def test_name_that_cannot_be_read_is_refused(value: str) -> None:
    """A name is seen whole and means what it shows, or it is refused with its field."""
    with pytest.raises(Invalid) as refusal:
        clean_name(value, field="name")
    assert refusal.value.field == "name"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("  Ann \u3000 Lee ", "Ann Lee"),
        ("天气预报", "天气预报"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("👩‍👩‍👧 family", "👩‍👩‍👧 family"),
        ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", None),
        ("می‌خواهم", "می‌خواهم"),
        ("שלום", "שלום"),
    ],
)
def test_name_of_any_script_is_kept(value: str, kept: str | None) -> None:
    """Every script, emoji with joiners and flags stay as they are, in NFC."""
    assert clean_name(value, field="name") == (kept or value)


def test_name_of_the_longest_length_is_kept() -> None:
    """The bound counts code points, not bytes."""
    assert clean_name("漢" * NAME_MAX, field="name") == "漢" * NAME_MAX


def test_topic_may_be_empty_and_may_not_have_lines() -> None:
    """A topic is one line or nothing."""
    assert clean_topic("") == ""
    with pytest.raises(Invalid):
        clean_topic("a\nb")


@pytest.mark.parametrize(
    "value", ["", " \n\t ", "a\x00", "a\x1b[31m", "a\u202eb", "a\ud800", "a\uffff", "x" * 4001]
)
def test_body_that_cannot_be_read_is_refused(value: str) -> None:
    """A message shows something, holds no control characters and is bounded."""
    with pytest.raises(Invalid) as refusal:
        clean_body(value)
    assert refusal.value.field == "body"


@pytest.mark.parametrize(
    "value",
    ["", "🍜", "❤️", "👍🏽", "👩‍👩‍👧‍👦", "🇨🇭", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "☕", "🧑🏽‍💻", "🏳️‍🌈", "‼️"],
)
def test_emoji_of_any_make_is_kept(value: str) -> None:
    """Skin tones, families, flags and keycaps are each one emoji."""
    assert clean_emoji(value) == value


@pytest.mark.parametrize("value", ["a", "1", "🍜🍜", "🍜 🍜", "🇨", "漢", "‍", "️", "🍜" * 9, "🍜a"])
def test_what_is_not_one_emoji_is_refused(value: str) -> None:
    """Letters, two of them, halves of a flag: none of these is an emoji."""
    with pytest.raises(Invalid) as refusal:
        clean_emoji(value)
    assert refusal.value.field == "emoji"


def test_status_text_is_one_line_of_at_most_a_hundred() -> None:
    """A hundred code points are kept, one more or a second line is refused."""
    assert clean_status_text("会" * 100) == "会" * 100
    for value in ("会" * 101, "two\nlines"):
        with pytest.raises(Invalid):
            clean_status_text(value)


def test_body_keeps_lines_tabs_and_right_to_left_text() -> None:
    """White space of a message is its author's; line ends become one kind."""
    assert clean_body("a\r\nb\rc\n\td \u2067שלום\u2069") == "a\nb\nc\n\td \u2067שלום\u2069"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Lobby", "lobby"), ("Straße", "STRASSE"), ("ｌｏｂｂｙ", "lobby"), ("ﬁne", "FINE")],
)
def test_names_that_read_the_same_have_one_key(one: str, other: str) -> None:
    """Case, width and ligatures do not make another name."""
    assert key_of(one) == key_of(other)


@given(st.text(max_size=200))
def test_clean_name_of_anything_is_clean(value: str) -> None:
    """Whatever is typed: refused, or NFC, visible, bounded, and cleaned for good."""
    try:
        name = clean_name(value, field="name")
    except Invalid:
        return
    assert 0 < len(name) <= NAME_MAX
    assert unicodedata.is_normalized("NFC", name)
    assert clean_name(name, field="name") == name
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cs", "Zl", "Zp"}


@given(st.text(max_size=6000))
def test_clean_body_of_anything_is_clean(value: str) -> None:
    """Whatever is typed: refused, or storable in both databases, and stable."""
    try:
        body = clean_body(value)
    except Invalid:
        return
    assert 0 < len(body) <= BODY_MAX
    assert "\x00" not in body
    assert body.encode()
    assert clean_body(body) == body


@given(st.text(max_size=80))
def test_key_of_a_key_is_itself(value: str) -> None:
    """The key is a fixed point, so that keys can be compared with keys."""
    assert key_of(key_of(value)) == key_of(value)
