"""Colours of code: classes for the words of a language, no style.

The rule of the file: a language is one of the list, and all code of a text has BUDGET_S; after that
the rest stays without colours. A lexer may take seconds within one regular expression (C, and a
word before 3 900 spaces: 1.4 s), and no other thread runs meanwhile: hence `cut_off_after`. The
colours themselves are web/styles/code.css. Source: Pygments, token.STANDARD_TYPES for the classes.
"""

import io
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final

from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from chat.cut_off import cut_off_after

CLASS_PREFIX: Final = "hl-"
BUDGET_S: Final = 0.02  # of the process's CPU; 4 000 characters of Python take 0.01
LANGUAGES: Final = frozenset(
    """
    bash c clojure cmake console cpp csharp css dart diff docker elixir erlang go graphql groovy
    haskell html java javascript json julia kotlin lua make nginx perl php powershell
    protobuf python r ruby rust scala scss sql swift toml typescript xml yaml zig
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_OTHER_NAMES: Final = {
    "c#": "csharp", "c++": "cpp", "cs": "csharp", "dockerfile": "docker", "golang": "go",
    "hs": "haskell", "js": "javascript", "jsx": "javascript", "kt": "kotlin", "makefile": "make",
    "proto": "protobuf", "ps1": "powershell", "py": "python", "python3": "python", "rb": "ruby",
    "rs": "rust", "sh": "bash", "shell": "bash", "ts": "typescript", "tsx": "typescript",
    "yml": "yaml", "zsh": "bash",
}  # fmt: skip

_FIRST: Final = """\
<style>a{}</style><script>a</script>
CMD ["a"]
RUN a
$ a
a:
\ta
"""  # a lexer of HTML, Docker, console or make meets others here, and Swift's lists are read

_formatter = HtmlFormatter(nowrap=True, classprefix=CLASS_PREFIX)


@dataclass(slots=True)
class Code:
    """A piece of code in the language of that name; html is its colours, once it has them."""

    text: str
    language: str
    html: str = ""


def load_lexers(pieces: Iterable[Code]) -> None:
    """The lexers of these are there, with those within them: up to 0.2 s of CPU, in any thread."""
    for piece in pieces:
        name = _name(piece.language)
        if name in LANGUAGES:
            _lexer(name)


def colour(pieces: Sequence[Code]) -> None:
    """Each piece whose language is known is escaped HTML with classes, while there is time.

    Only in the main thread; the others stay as they are."""
    known = [piece for piece in pieces if _name(piece.language) in LANGUAGES]
    if not known:
        return
    load_lexers(known)
    with suppress(TimeoutError):
        cut_off_after(BUDGET_S, _colour, known)


def _colour(pieces: Iterable[Code]) -> None:
    for piece in pieces:
        coloured = io.StringIO()
        lexer = _lexer(_name(piece.language))
        _formatter.format(lexer.get_tokens(piece.text), coloured)
        piece.html = coloured.getvalue()


def _name(language: str) -> str:
    name = language.lower()
    return _OTHER_NAMES.get(name, name)


@cache
def _lexer(name: str) -> Lexer:
    """Return the lexer, who has met what he makes or imports when he first meets it."""
    lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
    deque(lexer.get_tokens(_FIRST), maxlen=0)
    return lexer
