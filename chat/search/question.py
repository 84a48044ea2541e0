"""What somebody typed into the search box, understood. Pure.

The rules of the file: words and "phrases" must all be there, those after a minus must not; a word
that ends in * stands for all that begin with it; `from: in: before: after: has:` are filters. Any
other punctuation only separates words, so no input is a syntax error: it is understood, or it asks
for nothing. Not here: who and which room a filter names (`service.py`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chat.errors import Invalid
from chat.search.words import is_paired, words_of

TERMS_MAX = 32
PREFIX_MIN = 2  # letters before a *
KINDS = ("code", "link")
DAY_MS = 86_400_000

_QUOTE = '["“”„«»]'
_PART = re.compile(
    rf"(?P<minus>[-−－]?)"
    rf"(?:(?P<filter>from|in|before|after|has)[:：](?:{_QUOTE}(?P<quoted>.*?)(?:{_QUOTE}|$)|(?P<value>\S*))"
    rf"|{_QUOTE}(?P<phrase>.*?)(?:{_QUOTE}|$)"
    rf"|(?P<word>\S+))",
    re.IGNORECASE | re.DOTALL,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other; is_open: the last one only begins so."""

    words: tuple[str, ...]
    is_open: bool = False

    @property
    def each_word(self) -> tuple["Term", ...]:
        """Its words, each for itself and once; of an open one the last is open."""
        *closed, last = self.words
        each = [*(Term((word,)) for word in closed), Term((last,), self.is_open)]
        return tuple(dict.fromkeys(each))


@dataclass(frozen=True, slots=True)
class Filter:
    """name is from, in or has; value as it was typed."""

    name: str
    value: str


@dataclass(slots=True)
class Question:
    """Parts that must hold, parts that must not, and from when to when: from_ms <= time < to_ms."""

    terms: list[Term] = field(default_factory=list)
    barred_terms: list[Term] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    barred_filters: list[Filter] = field(default_factory=list)
    from_ms: int = 0
    to_ms: int | None = None

    def add_filter(self, name: str, value: str, *, utc_offset_min: int, barred: bool) -> None:
        """The filter holds too. Raises Invalid, naming it, for a value that says nothing."""
        value = value.strip()
        if not value:
            raise Invalid(f"The filter {name}: needs a value.", field=name)
        if name in {"before", "after"}:
            self._bound(name, value, utc_offset_min, barred=barred)
            return
        if name == "has" and value.lower() not in KINDS:
            raise Invalid(f"The filter has: takes one of {', '.join(KINDS)}.", field="has")
        (self.barred_filters if barred else self.filters).append(Filter(name, value))

    def require_something(self) -> None:
        """Raises Invalid when nothing was asked for, or more than can be answered."""
        if not self.terms and not self.filters:
            raise Invalid(
                "There is nothing to search for: give a word, a phrase in quotes, "
                "or one of the filters from:, in: and has:.",
                field="q",
            )
        terms, filters = self.terms + self.barred_terms, self.filters + self.barred_filters
        if len(terms) + len(filters) > TERMS_MAX:
            raise Invalid(f"A search takes {TERMS_MAX} words and filters.", field="q")

    def _bound(self, name: str, value: str, utc_offset_min: int, *, barred: bool) -> None:
        first_ms, after_ms = _day(name, value, utc_offset_min)
        if (name == "before") != barred:
            until_ms = first_ms if name == "before" else after_ms
            self.to_ms = until_ms if self.to_ms is None else min(self.to_ms, until_ms)
        else:
            self.from_ms = max(self.from_ms, after_ms if name == "after" else first_ms)


def question_of(typed: str, given: Iterable[tuple[str, str]], utc_offset_min: int) -> Question:
    """The question: what was typed, and the filters that were given beside it (name, value).

    Dates are days in a zone that is that many minutes ahead of UTC. Raises Invalid."""
    question = Question()
    for found in _PART.finditer(typed):
        _understand(question, found, utc_offset_min)
    for name, value in given:
        question.add_filter(name, value, utc_offset_min=utc_offset_min, barred=False)
    question.require_something()
    return question


def _understand(question: Question, found: re.Match[str], utc_offset_min: int) -> None:
    barred = bool(found["minus"])
    if found["filter"] is not None:
        value = found["value"] if found["quoted"] is None else found["quoted"]
        name = found["filter"].lower()
        question.add_filter(name, value, utc_offset_min=utc_offset_min, barred=barred)
        return
    text = found["word"] if found["phrase"] is None else found["phrase"]
    term = term_of(text, is_open=found["word"] is not None and text.endswith(("*", "＊")))
    if term is not None:
        (question.barred_terms if barred else question.terms).append(term)


def term_of(text: str, *, is_open: bool = False) -> Term | None:
    """The words as a message would hold them; None when the text holds none.

    The end of a run of pairs is open: 天气 is found in 天气预报, and 天 in both."""
    words = words_of(text)
    if not words:
        return None
    if is_paired(words[-1][0]):
        if len(words) > 1 and len(words[-2]) > 1 and words[-2][-1] == words[-1]:
            return Term(tuple(words[:-1]))
        return Term(tuple(words), is_open=True)
    return Term(tuple(words), is_open=is_open and len(words[-1]) >= PREFIX_MIN)


def _day(name: str, value: str, utc_offset_min: int) -> tuple[int, int]:
    """When the day, or the millisecond, begins, and when the next one does."""
    if value.isascii() and value.isdigit():
        at_ms = int(value[:16])
        return at_ms, at_ms + 1
    day = value if _DATE.fullmatch(value) else ""
    try:
        midnight = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
        first = midnight - timedelta(minutes=utc_offset_min)
    except (ValueError, OverflowError):
        raise Invalid(f"The filter {name}: takes a day as 2026-01-31.", field=name) from None
    first_ms = int(first.timestamp() * 1000)
    return max(0, first_ms), max(0, first_ms + DAY_MS)
