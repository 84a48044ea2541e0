"""What people may write: names, topics and message bodies, cleaned one way everywhere.

The rule of the file: text is put into NFC, counted in code points, and refused (never silently
mended) when it holds characters that nobody can see or that turn the words around them.
Not here: usernames' alphabet and other shapes of fields (`wire/`), markup (`messages/markdown`).
"""

import re
import unicodedata

from chat.errors import Invalid

NAME_MAX = 80
TOPIC_MAX = 250
DESCRIPTION_MAX = 1000
REASON_MAX = 250
BODY_MAX = 4000
STATUS_TEXT_MAX = 100
EMOJI_BYTES = 32  # in UTF-8; the longest families have 25, flags of three regions 28

_JOINERS = "\u200c\u200d"  # Persian and Indic words, and most emoji, need them
_TAGS = range(0xE0020, 0xE0080)  # the flags of England, Scotland and Wales are spelt with them
_ZWJ = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_PICTURED_MARKS = frozenset("\u203c\u2049\u3030\u303d")  # punctuation that has a picture
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")
_REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
_FLAG = re.compile(f"{_REGIONAL.pattern}{{2}}")
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(  # code points that Unicode keeps for no character
    chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF)
)
_NONCHARACTER = re.compile(f"[{_NONCHARACTERS}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Control characters but line feed and tab, and the direction overrides, which show "exe.txt" as
# "txt.exe".
_BARRED_FROM_BODIES = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e{_NONCHARACTERS}]")
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters by category, nothing on the screen


def clean_name(value: str, *, field: str, longest: int = NAME_MAX) -> str:
    """The name as it is stored: NFC, one space between words, none around them.

    longest counts code points. Raises Invalid when it is empty, too long, or holds a character
    that cannot be seen."""
    name = _clean_line(value, field=field, longest=longest)
    _refuse_unseen(name, field)
    return name


def clean_topic(value: str, *, field: str = "topic") -> str:
    """The topic as it is stored: one line as a name is, but it may be empty."""
    return _clean_line(value, field=field, longest=TOPIC_MAX)


def clean_reason(value: str, *, field: str = "reason") -> str:
    """The reason for an act as it is stored: one line as a topic is; it may be empty."""
    return _clean_line(value, field=field, longest=REASON_MAX)


def clean_description(value: str, *, field: str = "description") -> str:
    """The description of a room as it is stored: lines as in a message; it may be empty."""
    return _clean_lines(value, field, DESCRIPTION_MAX).strip()


def clean_status_text(value: str, *, field: str = "text") -> str:
    """The text beside a status as it is stored: one line as a topic is; it may be empty."""
    return _clean_line(value, field=field, longest=STATUS_TEXT_MAX)


def clean_emoji(value: str, *, field: str = "emoji") -> str:
    """The emoji as it is stored; it may be empty. Raises Invalid for what is not one symbol."""
    emoji = _clean_line(value, field=field, longest=EMOJI_BYTES)
    if emoji and (len(emoji.encode()) > EMOJI_BYTES or not _is_one_symbol(emoji)):
        raise Invalid(f"The field {field} must hold one emoji.", field=field)
    return emoji


def clean_body(value: str, *, field: str = "body") -> str:
    """The source of a message as it is stored: NFC, lines end in \\n, white space kept.

    Raises Invalid when it shows nothing, is longer than BODY_MAX code points, or holds control
    characters (line feed and tab may stay) or direction overrides."""
    body = _clean_lines(value, field, BODY_MAX)
    _refuse_unseen(body, field)
    return body


def key_of(name: str) -> str:
    """What two names share when a reader would call them the same: NFKC, casefolded twice.

    Source: Unicode 15, section 3.13, identifier caseless matching (D145)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).casefold()


def _clean_lines(value: str, field: str, longest: int) -> str:
    lines = _normal(value, field, longest).replace("\r\n", "\n").replace("\r", "\n")
    barred = _BARRED_FROM_BODIES.search(lines)
    if barred:
        raise _not_allowed(barred.group(), field)
    return lines


def _clean_line(value: str, *, field: str, longest: int) -> str:
    line = _normal(value, field, longest)
    for char in line:
        if _is_barred_from_lines(char):
            raise _not_allowed(char, field)
    return " ".join(line.split())


def _normal(value: str, field: str, longest: int) -> str:
    """The value in NFC, at most longest code points; what decomposed may be three times that."""
    if len(value) > longest * 3:  # sorting a long run of combining marks costs its square
        raise _too_long(len(value), field, longest)
    if _SURROGATE.search(value):
        raise Invalid(f"The field {field} holds half of a surrogate pair.", field=field)
    normal = unicodedata.normalize("NFC", value)
    if len(normal) > longest:
        raise _too_long(len(normal), field, longest)
    return normal


def _is_one_symbol(text: str) -> bool:
    """One symbol with whatever is joined to it, or a pair of regional letters, or a keycap.

    Close to the emoji sequences of UTS 51, section 1.4, without their tables."""
    if _KEYCAP.fullmatch(text) or _FLAG.fullmatch(text):
        return True
    parts = text.split(_ZWJ)
    return all(_is_symbol(part[:1]) and all(map(_is_modifier, part[1:])) for part in parts)


def _is_symbol(char: str) -> bool:
    if char in _PICTURED_MARKS:
        return True
    return unicodedata.category(char or " ") in {"So", "Sm"} and not _REGIONAL.match(char)


def _is_modifier(char: str) -> bool:
    is_mark = unicodedata.category(char) in {"Mn", "Me"}
    return is_mark or ord(char) in _TAGS or ord(char) in _SKIN_TONES


def _refuse_unseen(value: str, field: str) -> None:
    if not any(_is_visible(char) for char in value):
        raise Invalid(f"The field {field} must not be empty.", field=field)


def _too_long(length: int, field: str, longest: int) -> Invalid:
    sentence = f"The field {field} may have {longest} characters; this one has {length}."
    return Invalid(sentence, field=field)


def _not_allowed(char: str, field: str) -> Invalid:
    sentence = f"The character U+{ord(char):04X} is not allowed in the field {field}."
    return Invalid(sentence, field=field)


def _is_barred_from_lines(char: str) -> bool:
    if char in _JOINERS or ord(char) in _TAGS:
        return False
    if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"}:
        return True
    return _NONCHARACTER.match(char) is not None


def _is_visible(char: str) -> bool:
    is_blank = unicodedata.category(char) in {"Cc", "Cf", "Mn", "Zs", "Zl", "Zp"}
    return not is_blank and char not in _BLANK
