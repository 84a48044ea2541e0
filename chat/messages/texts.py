"""Texts that come in a file: what one may say, and its HTML, as of those that were typed.

The rule of the file: the same checks and the same renderer as on the way in of a message; whom a
text called is known from the file, so nobody is asked who is a member now.
"""

from collections.abc import Iterable, Sequence

from chat import wire
from chat.messages.emoji import clean_reaction
from chat.messages.inline_marks import Callees
from chat.messages.markdown import RENDERER, refuse_deep, render
from chat.text import clean_body, key_of


class FileTexts:
    """Checks and renders; pure."""

    renderer = RENDERER

    def checked(self, body: str) -> str:
        """The body as it is stored. Raises Invalid as posting does."""
        clean = clean_body(body)
        refuse_deep(clean)
        return clean

    def emoji(self, value: str) -> str:
        """The reaction as it is stored. Raises Invalid."""
        return clean_reaction(value)

    def html(self, body: str, people: Sequence[wire.Person], words: Iterable[str]) -> str:
        """The body as safe HTML in which these people and words for many are mentions."""
        named = {key_of(one.username): one for one in people}
        return render(body, Callees(named, frozenset(words))).html
