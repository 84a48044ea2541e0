"""The part of a message around what was found, cut where it was found. Pure.

The rules of the file: plain text in parts, never markup: whoever shows it sets the marks. What a
spoiler hides is no part of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from chat import wire
from chat.search.question import Term
from chat.search.words import Word, is_paired, placed_words

LENGTH = 220  # characters around the first hit
BEFORE = 60  # of these before it
_BLANKS = re.compile(r"\s+")
_MARK = "||"
_EACH_SPOILER = re.compile(r"\|\|.+?\|\|", re.DOTALL)
_FIRST_TO_LAST = re.compile(r"\|\|.+\|\|", re.DOTALL)

Span = tuple[int, int]


def quotable(body: str, html: str) -> str:
    """The body with a sign in place of each spoiler. html: what the body was rendered to.

    Where other marks stand between (in code, say), all from the first to the last is left out."""
    spoilers = html.count('<span class="spoiler">')
    if not spoilers:
        return body
    hidden = _EACH_SPOILER if body.count(_MARK) == 2 * spoilers else _FIRST_TO_LAST
    return hidden.sub("…", body)


def snippet_of(body: str, terms: Sequence[Term]) -> list[wire.SnippetPart]:
    """The body around its first hit, in parts; those found say so. Its beginning without a hit."""
    hits = _joined(sorted(_hits(placed_words(body), terms)))
    begin, end = _window(body, hits[0][0] if hits else 0)
    parts = [_part("…" if begin else "", hit=False)]
    at = begin
    for first, last in hits:
        if first >= end:
            break
        parts += [_part(body[at:first], hit=False), _part(body[first : min(last, end)], hit=True)]
        at = min(last, end)
    parts += [_part(body[at:end], hit=False), _part("…" if end < len(body) else "", hit=False)]
    return [part for part in parts if part.text]


def _hits(words: Sequence[Word], terms: Sequence[Term]) -> Iterator[Span]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(words):
        places[one.word].append(place)
    for term in terms:
        is_beginning = term.is_open and len(term.words) == 1
        for at in range(len(words)) if is_beginning else places.get(term.words[0], ()):
            run = words[at : at + len(term.words)]
            if _is_there(run, term):
                yield run[0].start, _end_of(run[-1], term)


def _is_there(run: Sequence[Word], term: Term) -> bool:
    if len(run) < len(term.words):
        return False
    *whole, last = zip(run, term.words, strict=True)
    if any(held.word != asked for held, asked in whole):
        return False
    held, asked = last
    return held.word.startswith(asked) if term.is_open else held.word == asked


def _end_of(last: Word, term: Term) -> int:
    is_half = term.is_open and is_paired(last.word[0]) and len(last.word) > len(term.words[-1])
    return last.end - 1 if is_half else last.end


def _joined(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _window(body: str, first: int) -> Span:
    """Around the first hit, from the beginning of a word when one is near."""
    begin = max(0, first - BEFORE)
    if begin:
        blank = _BLANKS.search(body, begin, first)
        begin = blank.end() if blank else begin
    return begin, min(len(body), begin + LENGTH)


def _part(text: str, *, hit: bool) -> wire.SnippetPart:
    return wire.SnippetPart(text=_BLANKS.sub(" ", text), hit=hit)
