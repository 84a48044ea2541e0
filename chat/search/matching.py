"""What must hold of a message's words, as FTS5, SQLite and PostgreSQL say it. Pure.

The rule of the file: all texts say the same, and only words of the index's own alphabet go into
them: letters, digits, symbols and the colon; never a quote. Source: ADR 0017.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chat.search.question import Term

_ALL = "!':'"  # no word is a colon alone; an empty tsquery finds nothing


@dataclass(frozen=True, slots=True)
class Match:
    """One term of each of all_of, and none of none_of."""

    all_of: tuple[tuple[Term, ...], ...]
    none_of: tuple[Term, ...] = ()

    @property
    def terms(self) -> list[Term]:
        """All that it speaks of, each once."""
        terms = [*(term for some in self.all_of for term in some), *self.none_of]
        return list(dict.fromkeys(terms))

    @property
    def words(self) -> list[Term]:
        """The same, and each word of its phrases."""
        each = (word for term in self.terms for word in term.each_word)
        return list(dict.fromkeys([*self.terms, *each]))

    @property
    def is_one_word(self) -> bool:
        """Whether it asks for a whole word, and for nothing else."""
        return bool(self.all_of) and len(self.words) == 1 and not self.words[0].is_open


def fts5(match: Match) -> str:
    """The match as the right side of FTS5's MATCH. Source: sqlite.org/fts5.html, 3."""
    wanted = " AND ".join(_either(map(_fts5_term, some), " OR ") for some in match.all_of)
    if not match.none_of:
        return wanted
    return f"({wanted}) NOT {_either(map(_fts5_term, match.none_of), ' OR ')}"


def condition(match: Match) -> tuple[str, dict[str, str]]:
    """The match as SQLite says it of `held.words`, and its parameters: pieces to look for there.

    Words stand between single spaces; an open term ends with no space."""
    names = {term: f"term_{n}" for n, term in enumerate(match.terms)}
    wanted = [_either((_in_row(names[term]) for term in some), " OR ") for some in match.all_of]
    barred = [f"NOT {_in_row(names[term])}" for term in match.none_of]
    pieces = {name: piece_of(term) for term, name in names.items()}
    return " AND ".join([*wanted, *barred]) or "1", pieces


def piece_of(term: Term) -> str:
    """What stands in the words of a message that holds the term, with a space before and after."""
    return f" {' '.join(term.words)}" + ("" if term.is_open else " ")


def tsquery(match: Match) -> str:
    """The match as a tsquery; of nothing, one that all messages meet.

    Source: PostgreSQL's documentation, 8.11.2."""
    wanted = [_either(map(_tsquery_term, some), " | ") for some in match.all_of]
    barred = [f"!({_tsquery_term(term)})" for term in match.none_of]
    return " & ".join([*wanted, *barred]) or _ALL


def _either(parts: Iterable[str], or_: str) -> str:
    return f"({or_.join(parts)})"


def _in_row(name: str) -> str:
    return f"instr(' ' || held.words || ' ', :{name}) > 0"


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + (" *" if term.is_open else "")


def _tsquery_term(term: Term) -> str:
    words: Sequence[str] = [f"'{word}'" for word in term.words]
    return f"({' <-> '.join(words)}{':*' if term.is_open else ''})"
