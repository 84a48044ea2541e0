"""What must hold of a message's words, as FTS5 and as PostgreSQL say it. Pure.

The rule of the file: both texts say the same, and only words of the index's own alphabet go into
them: letters, digits, symbols and the colon; never a quote. Source: ADR 0017.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chat.search.question import Term


@dataclass(frozen=True, slots=True)
class Match:
    """One term of each of all_of, and none of none_of."""

    all_of: tuple[tuple[Term, ...], ...]
    none_of: tuple[Term, ...] = ()


def fts5(match: Match) -> str:
    """The match as the right side of FTS5's MATCH. Source: sqlite.org/fts5.html, 3."""
    wanted = " AND ".join(_either(map(_fts5_term, some), " OR ") for some in match.all_of)
    if not match.none_of:
        return wanted
    return f"({wanted}) NOT {_either(map(_fts5_term, match.none_of), ' OR ')}"


def tsquery(match: Match) -> str:
    """The match as a tsquery. Source: PostgreSQL's documentation, 8.11.2."""
    wanted = [_either(map(_tsquery_term, some), " | ") for some in match.all_of]
    barred = [f"!({_tsquery_term(term)})" for term in match.none_of]
    return " & ".join([*wanted, *barred])


def _either(parts: "map[str]", or_: str) -> str:
    return f"({or_.join(parts)})"


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.is_open else "")


def _tsquery_term(term: Term) -> str:
    words: Sequence[str] = [f"'{word}'" for word in term.words]
    return f"({' <-> '.join(words)}{':*' if term.is_open else ''})"
