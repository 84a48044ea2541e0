"""Markdown to HTML that is safe to insert: rendered without raw HTML, then sanitised all the same.

The rule of the file: what leaves it went through nh3 with the allow-list below, so a defect of the
renderer cannot reach a browser; a text that asks too much of the parser (`effort.py`) is shown as
it was typed. A change of what comes out gets a new RENDERER, and old messages keep theirs. Not
here: emoji, and who is meant by a name (`mentions.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import MD_TRIM_RE, escapeHtml, mdTrim, unescapeAll
from markdown_it.token import Token

from chat.blocking import RunBlocking
from chat.errors import Invalid
from chat.messages.bare_links import link_bare_addresses
from chat.messages.effort import TooIntricateError, count_effort, effort_for
from chat.messages.highlight import CLASS_PREFIX, Code, colour, load_lexers
from chat.messages.inline_marks import Called, Callees, mark_mentions, mark_spoilers

RENDERER: Final = "md4"
INLINE_MAX: Final = 500  # code points; more goes to a thread
CODE_POSTS: Final = 5  # what colours may cost (highlight.py), in short messages
DEPTH_MAX: Final = 100  # brackets open at once: 3 000 cost 0.15 s, more than 100 nobody means
NOBODY: Final = Callees()
_NESTING_MAX: Final = 100  # quotes and lists deeper than this are cut off

_TAGS: Final = {
    "p", "br", "hr", "em", "strong", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "ol": {"start"},
    "code": {"class"},
    "span": {"class", "data-user-id", "data-mention"},
}
_SCHEMES: Final = {"http", "https", "mailto"}
_PLACES: Final = tuple(f"{scheme}:" for scheme in _SCHEMES)
_KEPT_CLASS: Final = {
    "code": re.compile(r"language-[A-Za-z0-9+-]+"),
    "span": re.compile(rf"mention|spoiler|{CLASS_PREFIX}[a-z0-9]+"),
}
_FENCES: Final = ("```", "~~~")
# One line of letters, digits, and signs that mean nothing to Markdown where a letter comes first.
_SIGNS: Final = r",.;:!?'()\-\u3001\u3002\uff01\uff0c\uff1f\U0001f300-\U0001faff"
_PLAIN: Final = re.compile(rf"[^\W\d_](?:[^\W_]|[{_SIGNS}]|[ ](?![ ]|$))*")

_markdown = MarkdownIt(
    "js-default",
    {"html": False, "breaks": True, "maxNesting": _NESTING_MAX},
)
count_effort(_markdown)
_markdown.disable("image")  # a picture of another site tells that site who reads
link_bare_addresses(_markdown)
mark_spoilers(_markdown)
mark_mentions(_markdown)


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML, and whom the text means: ids in its order, and the words for many."""

    html: str
    user_ids: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()


def render(body: str, callees: Callees = NOBODY) -> Rendered:
    """The message as safe HTML. Pure CPU: some 0.15 ms for a line or two, more when long.

    A line of words and nothing else, as most are, is what it is: a hundredth of that."""
    if _PLAIN.fullmatch(body):
        return Rendered(f"<p>{body}</p>")
    return parsed(body, callees)


def parsed(body: str, callees: Callees = NOBODY) -> Rendered:
    """The message as the parser and the sanitiser have it, however plain it is."""
    draft = _parse(body, callees)
    colour(draft.code)
    return _finish(draft)


def render_anywhere(body: str, run_blocking: RunBlocking, callees: Callees = NOBODY) -> Rendered:
    """The same; a long one, or one with code, is rendered in a thread while the loop goes on.

    Its colours are not: only the loop's own thread can be stopped at them. Raises Invalid when
    brackets are nested deeper than DEPTH_MAX."""
    refuse_deep(body)
    if len(body) <= INLINE_MAX and not _has_code(body):
        return render(body, callees)
    draft = run_blocking(_parse, body, callees)
    colour(draft.code)
    return run_blocking(_finish, draft)


def posts_worth(body: str) -> float:
    """What the text costs to render, in short ones: so many of an author's posts it counts for."""
    return 1 + len(body) // INLINE_MAX + (CODE_POSTS if _has_code(body) else 0)


def refuse_deep(body: str) -> None:
    """The body can be rendered. Raises Invalid: brackets nested deeper than DEPTH_MAX."""
    depth = 0
    for bracket in re.findall(r"[\[\]]", body) if body.count("[") > DEPTH_MAX else ():
        depth = max(0, depth + (1 if bracket == "[" else -1))
        if depth > DEPTH_MAX:
            sentence = f"The field body opens more than {DEPTH_MAX} brackets in one another."
            raise Invalid(sentence, field="body")


@dataclass(slots=True)
class _Draft:
    """A text that was parsed; `code` is what of it waits for colours."""

    tokens: list[Token]
    called: Called
    code: list[Code] = field(default_factory=list)


def _parse(body: str, callees: Callees) -> _Draft:
    """What the text is, pure CPU: bounded by its effort, and as it was typed beyond that."""
    called = Called(callees)
    try:
        tokens = _markdown.parse(body, {"called": called, **effort_for(body)})
    except TooIntricateError:
        return _Draft([Token("as_typed", "", 0, content=body)], Called(NOBODY))
    draft = _Draft(tokens, called)
    for token in tokens:
        if token.type == "fence":
            token.meta["code"] = Code(token.content, _language(token))
            draft.code.append(token.meta["code"])
    load_lexers(draft.code)
    return draft


def _finish(draft: _Draft) -> Rendered:
    html = nh3.clean(
        _markdown.renderer.render(draft.tokens, _markdown.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        attribute_filter=_kept_value,
    )
    return Rendered(html.rstrip("\n"), tuple(draft.called.user_ids), frozenset(draft.called.words))


def _has_code(body: str) -> bool:
    return any(fence in body for fence in _FENCES)


def _language(fence: Token) -> str:
    return MD_TRIM_RE.split(mdTrim(unescapeAll(fence.info)), maxsplit=1)[0]


def _as_typed(_self: Any, tokens: Sequence[Token], index: int, *_: Any) -> str:  # a render rule
    lines = escapeHtml(tokens[index].content).replace("\n", "<br>\n")
    return f"<p>{lines}</p>"


def _coloured(_self: Any, tokens: Sequence[Token], index: int, *_: Any) -> str:  # a render rule
    code: Code = tokens[index].meta["code"]
    mark = f' class="language-{escapeHtml(code.language)}"' if code.language else ""
    return f"<pre><code{mark}>{code.html or escapeHtml(code.text)}</code></pre>\n"


_markdown.add_render_rule("fence", _coloured)
_markdown.add_render_rule("as_typed", _as_typed)


def _kept_value(tag: str, attribute: str, value: str) -> str | None:
    """A class names a language, colour or mark, a link leads to a whole address; else dropped."""
    if attribute == "href":
        return value if value.lower().startswith(_PLACES) else None
    if attribute == "class":
        return value if _KEPT_CLASS[tag].fullmatch(value) else None
    return value
