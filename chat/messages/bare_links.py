"""Addresses in running text become links: a rule for markdown-it, after all of its own.

The rule of the file: only http and https, only outside of links and code, and the punctuation of
the sentence around an address stays outside of it.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_ADDRESS = re.compile(
    r"https?://[^\s<>\"`\u3001\u3002\u300b\u300d\uff01\uff09\uff0c\uff1a\uff1b\uff1f]+"
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_SENTENCE_END = ".,:;!?'*_~"


def link_bare_addresses(markdown: MarkdownIt) -> None:
    """The parser makes links of bare addresses from now on."""

    def rule(state: StateCore) -> None:
        for block in state.tokens:
            if block.type == "inline" and block.children and "://" in block.content:
                block.children = list(_linked(markdown, block.children))

    markdown.core.ruler.after("text_join", "bare_links", rule)


def _linked(markdown: MarkdownIt, tokens: Sequence[Token]) -> Iterator[Token]:
    links_open = 0
    for token in tokens:
        links_open += (token.type == "link_open") - (token.type == "link_close")
        if token.type == "text" and not links_open:
            yield from _split(markdown, token)
        else:
            yield token


def _split(markdown: MarkdownIt, text: Token) -> Iterator[Token]:
    end = 0
    for found in _ADDRESS.finditer(text.content):
        address = _without_sentence_end(found.group())
        href = markdown.normalizeLink(address)
        if found.start() < end or not markdown.validateLink(href):
            continue
        yield _text(text, text.content[end : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": href}, level=text.level)
        yield _text(text, address)
        yield Token("link_close", "a", -1, level=text.level)
        end = found.start() + len(address)
    yield _text(text, text.content[end:])


def _without_sentence_end(address: str) -> str:
    """The address without closing marks that were opened outside of it, and full stops."""
    while address:
        last = address[-1]
        opening = _CLOSING.get(last)
        is_foreign = opening is not None and address.count(last) > address.count(opening)
        if last not in _SENTENCE_END and not is_foreign:
            break
        address = address[:-1]
    return address


def _text(like: Token, content: str) -> Token:
    return Token("text", "", 0, content=content, level=like.level)
