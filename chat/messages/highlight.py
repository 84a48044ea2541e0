"""Colours of code: classes for the words of a language, no style.

The rule of the file: a language is one of the list, and its lexer has BUDGET_S for a text: some
take a second for 4 000 line feeds, word after word. What takes longer stays without colours. The
colours themselves are web/styles/code.css. Source: Pygments, token.STANDARD_TYPES for the classes.
"""

import io
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

CLASS_PREFIX: Final = "hl-"
BUDGET_S: Final = 0.05  # of the thread's own CPU; 400 lines of Python take 0.034
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

_formatter = HtmlFormatter(nowrap=True, classprefix=CLASS_PREFIX)


def highlighted(code: str, language: str, _attributes: str = "") -> str:
    """The code as escaped HTML with classes; empty when it cannot be coloured, or not in time."""
    name = language.lower()
    name = _OTHER_NAMES.get(name, name)
    if name not in LANGUAGES:
        return ""
    coloured = io.StringIO()
    try:
        _formatter.format(_in_time(_lexer(name).get_tokens(code)), coloured)
    except TimeoutError:
        return ""
    return coloured.getvalue()


def _in_time(tokens: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:  # as Pygments has it
    """The tokens as long as there is time. Raises TimeoutError."""
    end_s = time.thread_time() + BUDGET_S
    for token in tokens:
        if time.thread_time() > end_s:
            raise TimeoutError
        yield token


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)
