"""How much a text may ask of the parser: each step of it is counted, as is each cell of a table.

The rule of the file: a text of n characters has STEPS_FREE + n * STEPS_EACH. What people write
takes a fifth of a step a character, the worst that grows with the text alone two; a hundred quotes
with lines that continue them took 50, brackets in brackets 100. Source: measured, 4 000 characters.
"""

from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_inline import StateInline

STEPS_FREE: Final = 1000
STEPS_EACH: Final = 2
_WHERE: Final = "effort"
# A block is tried at each line of these, to see whether it ends them: the steps that add up.
_ENDED: Final[RuleOptionsType] = {"alt": ["paragraph", "reference", "blockquote", "list"]}


class TooIntricateError(Exception):
    """The text asks for more than it may."""


@dataclass(slots=True)
class Effort:
    """What is left for one text."""

    steps: int

    def take(self, steps: int = 1) -> None:
        """So many steps are made. Raises TooIntricateError."""
        self.steps -= steps
        if self.steps < 0:
            raise TooIntricateError


def effort_for(body: str) -> dict[str, Effort]:
    """What env must hold where the text is parsed."""
    return {_WHERE: Effort(STEPS_FREE + len(body) * STEPS_EACH)}


def count_effort(markdown: MarkdownIt) -> None:
    """The parser counts its steps from now on; before any other rule of it is changed."""
    markdown.inline = _CountedInline()
    markdown.inline.ruler.before("text", _WHERE, _tried_inline)
    markdown.block.ruler.before("table", _WHERE, _tried_block, _ENDED)
    markdown.block.ruler.at("table", _counted_table, {"alt": ["paragraph", "reference"]})


class _CountedInline(ParserInline):
    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - the parser's own name
        """As the parser does; what it remembers is not free either."""
        state.env[_WHERE].take()
        super().skipToken(state)


def _tried_inline(state: StateInline, _silent: bool) -> bool:  # noqa: FBT001 - the parser's call
    state.env[_WHERE].take()
    return False


def _tried_block(state: StateBlock, _line: int, _end: int, _silent: bool) -> bool:  # noqa: FBT001
    state.env[_WHERE].take()
    return False


def _counted_table(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """A table, paid for by cell: a short line is filled up with as many as the first one has."""
    if not table(state, line, end, silent=True):
        return False
    if silent:
        return True
    head = state.src[state.bMarks[line] : state.eMarks[line]]
    rows = next((n for n in range(line, end) if state.isEmpty(n)), end) - line
    state.env[_WHERE].take(head.count("|") * rows)
    return table(state, line, end, silent=False)
