"""Marks in running text that Markdown does not know: `||spoilers||` and `@mentions`.

The rule of the file: rules for markdown-it after all of its own, so that code and links are what
they are. Whom a name means comes in with the text, and who was meant goes out the same way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from chat import wire
from chat.text import key_of

HERE: Final = "here"
ROOM: Final = "room"
_SPOILER: Final = "||"
# Letters of scripts that put no spaces between words: a name may stand right beside them.
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_SPACED: Final = f"[^\\W{_UNSPACED}]"
_NAME = re.compile(
    rf"(?<!{_SPACED})(?<![@./:-])@([A-Za-z0-9][A-Za-z0-9._-]{{0,31}})(?!{_SPACED}|@)"
)
_SENTENCE_END: Final = "._-"


@dataclass(frozen=True, slots=True)
class Callees:
    """Whom a text may mean: members by the key of their names, and the two words for many."""

    people: Mapping[str, wire.Person] = field(default_factory=dict)
    words: frozenset[str] = frozenset()


@dataclass(slots=True)
class Called:
    """Whom a text does mean, in the order of the text."""

    callees: Callees
    user_ids: dict[str, None] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)


def names_in(body: str) -> set[str]:
    """The keys of all that could be names in the source, also where it is code after all."""
    if "@" not in body:
        return set()
    return {key for found in _NAME.finditer(body) for key in _keys(found.group(1))}


def mark_spoilers(markdown: MarkdownIt) -> None:
    """`||text||` is a spoiler from now on."""
    markdown.core.ruler.after("text_join", "spoilers", _spoil)


def mark_mentions(markdown: MarkdownIt) -> None:
    """`@name` is a mention from now on, when env["called"] knows the name."""
    markdown.core.ruler.push("mentions", _call)


def _spoil(state: StateCore) -> None:
    for block in state.tokens:
        if block.type == "inline" and block.children and _SPOILER in block.content:
            block.children = _spoiled(list(_cut(block.children)))


def _cut(tokens: Sequence[Token]) -> Iterator[Token]:
    """Each `||` of the running text is a token of its own."""
    for token in tokens:
        if token.type != "text" or _SPOILER not in token.content:
            yield token
            continue
        for at, part in enumerate(token.content.split(_SPOILER)):
            if at:
                yield Token("spoiler", "span", 0, content=_SPOILER, level=token.level)
            if part:
                yield Token("text", "", 0, content=part, level=token.level)


def _spoiled(tokens: list[Token]) -> list[Token]:
    """Two marks in the same element, with something between them, enclose a spoiler."""
    waiting: dict[int, int] = {}  # level -> place of a mark that is not closed yet
    for at, token in enumerate(tokens):
        if token.nesting < 0:
            waiting = {level: place for level, place in waiting.items() if level <= token.level}
        if token.type != "spoiler":
            continue
        opened = waiting.pop(token.level, None)
        if opened is None or at == opened + 1:
            waiting[token.level] = at
        else:
            tokens[opened] = Token("spoiler_open", "span", 1, attrs={"class": "spoiler"})
            tokens[at] = Token("spoiler_close", "span", -1)
    return [_as_text(token) if token.type == "spoiler" else token for token in tokens]


def _as_text(mark: Token) -> Token:
    return Token("text", "", 0, content=mark.content, level=mark.level)


def _call(state: StateCore) -> None:
    called = state.env.get("called")
    if called is None:
        return
    for block in state.tokens:
        if block.type == "inline" and block.children and "@" in block.content:
            block.children = list(_with_mentions(block.children, called))


def _with_mentions(tokens: Sequence[Token], called: Called) -> Iterator[Token]:
    links_open = 0
    for token in tokens:
        links_open += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not links_open:
            yield from _split(token, called)
        else:
            yield token


def _split(text: Token, called: Called) -> Iterator[Token]:
    end = 0
    for found in _NAME.finditer(text.content):
        mention = _mention(found.group(1), called)
        if mention is None:
            continue
        attributes, shown, length = mention
        yield Token("text", "", 0, content=text.content[end : found.start()], level=text.level)
        yield Token("mention_open", "span", 1, attrs={"class": "mention", **attributes})
        yield Token("text", "", 0, content=f"@{shown}", level=text.level + 1)
        yield Token("mention_close", "span", -1)
        end = found.start() + 1 + length
    yield Token("text", "", 0, content=text.content[end:], level=text.level)


def _mention(name: str, called: Called) -> tuple[dict[str, str | int | float], str, int] | None:
    """Attributes of the mention, what is shown, and how long the name was; None: of nobody."""
    for key in _keys(name):
        if key in called.callees.words:
            called.words.add(key)
            return {"data-mention": key}, key, len(key)
        person = called.callees.people.get(key)
        if person is not None:
            called.user_ids[person.id] = None
            return {"data-user-id": person.id}, person.username, len(key)
    return None


def _keys(name: str) -> Iterator[str]:
    """The name, then without the full stop of the sentence, and so on; the longest comes first."""
    while name:
        yield key_of(name)
        if name[-1] not in _SENTENCE_END:
            return
        name = name[:-1]
