"""What must hold of a message's words, as FTS5, SQLite and PostgreSQL say it. Pure.

The rule of the file: all texts say the same, and only words of the index's own alphabet go into
them: letters, digits, symbols and the colon; never a quote. Source: ADR 0017.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from chat.search.question import Term


@dataclass(frozen=True, slots=True)
class Match:
    """One term of each of all_of, and none of none_of."""

    all_of: tuple[tuple[Term, ...], ...]
    none_of: tuple[Term, ...] = ()

    @property
    def open_terms(self) -> list[Term]:
        """Those that stand for all words that begin so."""
        terms = [*(term for some in self.all_of for term in some), *self.none_of]
        return [term for term in dict.fromkeys(terms) if term.is_open]

    def also(self, some: tuple[Term, ...]) -> "Match":
        """The match, and one of these besides."""
        return replace(self, all_of=(*self.all_of, some))

    def parted(self, terms: Collection[Term]) -> tuple["Match", "Match"]:
        """What of it asks for none of these terms, and what does: both must hold."""
        asks = [any(term in terms for term in some) for some in self.all_of]
        without = tuple(some for some, is_it in zip(self.all_of, asks, strict=True) if not is_it)
        rest = tuple(some for some, is_it in zip(self.all_of, asks, strict=True) if is_it)
        none_of = tuple(term for term in self.none_of if term not in terms)
        rest_none_of = tuple(term for term in self.none_of if term in terms)
        return Match(without, none_of), Match(rest, rest_none_of)

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.all_of or self.none_of)


def fts5(match: Match) -> str:
    """The match as the right side of FTS5's MATCH. Source: sqlite.org/fts5.html, 3."""
    wanted = " AND ".join(_either(map(_fts5_term, some), " OR ") for some in match.all_of)
    if not match.none_of:
        return wanted
    return f"({wanted}) NOT {_either(map(_fts5_term, match.none_of), ' OR ')}"


def condition(match: Match) -> tuple[str, dict[str, str]]:
    """The match as SQLite says it of `held.words`, and its parameters: pieces to look for there.

    Words stand between single spaces; an open term ends with no space."""
    names: dict[Term, str] = {}
    terms = [*(term for some in match.all_of for term in some), *match.none_of]
    for term in terms:
        names.setdefault(term, f"term_{len(names)}")
    wanted = [_either((_in_row(names[term]) for term in some), " OR ") for some in match.all_of]
    barred = [f"NOT {_in_row(names[term])}" for term in match.none_of]
    return " AND ".join([*wanted, *barred]) or "1", {
        name: f" {' '.join(term.words)}" + ("" if term.is_open else " ")
        for term, name in names.items()
    }


def tsquery(match: Match) -> str:
    """The match as a tsquery. Source: PostgreSQL's documentation, 8.11.2."""
    wanted = [_either(map(_tsquery_term, some), " | ") for some in match.all_of]
    barred = [f"!({_tsquery_term(term)})" for term in match.none_of]
    return " & ".join([*wanted, *barred])


def _either(parts: Iterable[str], or_: str) -> str:
    return f"({or_.join(parts)})"


def _in_row(name: str) -> str:
    return f"instr(' ' || held.words || ' ', :{name}) > 0"


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.is_open else "")


def _tsquery_term(term: Term) -> str:
    words: Sequence[str] = [f"'{word}'" for word in term.words]
    return f"({' <-> '.join(words)}{':*' if term.is_open else ''})"
