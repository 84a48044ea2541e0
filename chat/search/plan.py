"""What of a question an index answers, and what is looked for in the messages it names. Pure.

An index goes through all messages that hold a word, to find those that hold the others too: eight
frequent words are two million steps among a million messages. The four rarest of them leave a
thousand messages, and reading those costs less than going through four lists more.

The rules of the file: nothing is asked less strictly, for what the index is not asked is looked for
in each message; costs are counted in steps of the index through a word that all messages hold, as
if there were one message. Source: ADR 0017.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, prod
from typing import NamedTuple

from chat.search.matching import Match
from chat.search.question import Term

Terms = tuple[Term, ...]
"""Terms of which one is enough."""


class Costs(NamedTuple):
    """What a database takes, in steps of its index from one message of a word to the next.

    read: to read a message that the index named; passed: one that comes next by time. gathered: for
    each message that holds a beginning, all of which are gathered before the first is named.
    choice: at each step, for each further word where one of several is enough. knows_order: the
    index tells a phrase from its words, and names the newest first, so that it can be stopped."""

    read: float
    passed: float
    gathered: float
    choice: float
    knows_order: bool


class _Part(NamedTuple):
    """What the index can be asked for: the steps it takes, and the share of messages it leaves."""

    terms: Terms
    steps: float
    leaves: float
    is_barred: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """How matches are divided. shares: of the newest messages, those that hold a term.

    reach: the share of all messages that are gone through until the page is full."""

    shares: Mapping[Term, float]
    costs: Costs
    reach: float = 1.0

    def divided(self, match: Match, rooms: Terms = ()) -> tuple[Match, Match]:
        """What the index is asked for, and what is looked for in each message that it names.

        rooms are one more that it may be asked for, and nothing that is looked for. It is asked for
        nothing where the messages should rather be passed, the newest first."""
        whole = dict.fromkeys([*match.all_of, rooms] if rooms else match.all_of)
        cut = dict.fromkeys(piece for terms in whole for piece in _cut(terms))
        barred = [self._barred(term) for term in match.none_of]
        ways = [self._taken([*map(self._wanted, some), *barred]) for some in (whole, cut)]
        _, taken = min([*ways, (self.costs.passed, [])], key=lambda way: way[0])
        all_of = tuple(part.terms for part in taken if not part.is_barred)
        none_of = tuple(part.terms[0] for part in taken if part.is_barred and all_of)
        return Match(all_of, none_of), Match(
            tuple(terms for terms in match.all_of if terms not in all_of),
            tuple(term for term in match.none_of if term not in none_of),
        )

    def divided_for_index(self, match: Match, rooms: Terms = ()) -> tuple[Match, Match]:
        """The same, where passing messages has found too few: the index is asked if it can be."""
        costs = self.costs._replace(passed=inf)
        return replace(self, costs=costs).divided(match, rooms)

    def _taken(self, parts: Iterable[_Part]) -> tuple[float, list[_Part]]:
        """Each part that costs less than to read what it keeps away; and what all costs then, for
        each message that would be passed."""
        taken, steps, left = list[_Part](), 0.0, 1.0
        for part in sorted(parts, key=lambda part: part.steps):
            if part.steps < left * (1 - part.leaves) * self.costs.read:
                taken.append(part)
                steps += part.steps
                left *= part.leaves
        cost = steps + left * self.costs.read
        return cost if self.costs.knows_order else cost / self.reach, taken

    def _wanted(self, terms: Terms) -> _Part:
        steps = sum(map(self._steps, terms)) * (1 + self.costs.choice * (len(terms) - 1))
        return _Part(terms, steps, min(1.0, sum(map(self._leaves, terms))))

    def _barred(self, term: Term) -> _Part:
        return _Part((term,), self._steps(term), 1 - self._leaves(term), is_barred=True)

    def _steps(self, term: Term) -> float:
        gathered = self.costs.gathered / (self.reach if self.costs.knows_order else 1)
        return sum(self.shares[one] * (gathered if one.is_open else 1) for one in term.each_word)

    def _leaves(self, term: Term) -> float:
        if self.costs.knows_order:
            return self.shares[term]
        return prod(self.shares[one] for one in term.each_word)


def _cut(terms: Terms) -> Sequence[Terms]:
    """The words of a phrase; where one of several is enough, they stay together."""
    return [terms] if len(terms) > 1 else [(word,) for word in terms[0].each_word]
