"""A room as one page of HTML: read without a server, printed, searched by the browser.

The rules of the file: nothing in it loads or runs, which its own policy says too; text is escaped
here, except for messages' HTML, which came out of the sanitiser; it follows light and dark. Times
are UTC, as nobody knows where it will be read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from html import escape
from typing import Final

from chat.exports.reading import Page, Told
from chat.exports.records import MessageLine, PersonLine, RoomLine

_SPOILER: Final = '<span class="spoiler">'
_FOCUSED: Final = '<span class="spoiler" tabindex="0">'  # shown while the keyboard is on it

_STYLE: Final = """
:root { color-scheme: light dark; --ink: light-dark(#24221e, #ece8e1);
  --quiet: light-dark(#6b665c, #a29b8f); --line: light-dark(#e5e1d9, #33302b);
  --soft: light-dark(#ebe8e1, #2a2824); --link: light-dark(#2f55c2, #9ab2ff); }
body { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem; color: var(--ink);
  background: light-dark(#fdfcfa, #1f1e1b); font: 16px/1.5 system-ui, sans-serif; }
header { border-bottom: 1px solid var(--line); } header p, .by, .notes { color: var(--quiet); }
h1 { font-size: 1.5rem; margin: 0; } h2 { margin: 2rem 0 .5rem; font-size: .85rem; }
.by, .notes { margin: 0; font-size: .8rem; } .by strong { color: var(--ink); font-size: 1rem; }
article { margin: .8rem 0; overflow-wrap: anywhere; content-visibility: auto;
  contain-intrinsic-size: auto 4rem; } article:target { background: var(--soft); }
.answer { margin-inline-start: 2rem; padding-inline-start: .8rem;
  border-inline-start: 3px solid var(--line); }
a { color: var(--link); } .gone { color: var(--quiet); font-style: italic; }
.body { unicode-bidi: plaintext; } .body > * { margin-block: .3rem; }
.body pre { overflow-x: auto; padding: .6rem .8rem; border: 1px solid var(--line); }
.body code { font: .9em/1.45 ui-monospace, monospace; } .body table { border-collapse: collapse; }
.body th, .body td { border: 1px solid var(--line); padding: .2rem .6rem; }
.body blockquote { margin-inline: 0; padding-inline-start: .8rem;
  border-inline-start: 3px solid var(--line); }
.mention { color: var(--link); } .spoiler { background: currentcolor; }
.spoiler:hover, .spoiler:focus { background: none; }
[class^="hl-k"], .hl-ow, .hl-nt { color: light-dark(#8a2a86, #e29ade); }
[class^="hl-s"] { color: light-dark(#256b2b, #8fd08b); }
[class^="hl-m"] { color: light-dark(#8a4b00, #e8b36a); }
[class^="hl-c"] { color: var(--quiet); font-style: italic; }
@media print { article { content-visibility: visible; } }
[class^="hl-n"] { color: light-dark(#1f53b0, #8fb6ff); } .hl-n, .hl-nt { color: inherit; }
""".replace("\n", " ").strip()

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says by itself, in the reader's language; {n} is a number."""

    lang: str = "en"
    utc: str = "All times are UTC."
    messages: str = "Messages: {n}"
    deleted: str = "This message was deleted."
    edited: str = "edited"
    pinned: str = "pinned"
    answers: str = "answers"
    end: str = "The end of the export."

    def shown(self) -> "Words":
        """The same, ready for HTML."""
        return Words(*(escape(getattr(self, one.name)) for one in fields(self)))


class HtmlPage:
    """Writes one page; its names are those of the people introduced so far."""

    def __init__(self, words: Words) -> None:
        self._words = words.shown()
        self._names: dict[str, str] = {}
        self._day = ""

    def head(self, room: RoomLine, members: Iterable[PersonLine]) -> bytes:
        """The page down to its first message."""
        self._introduce(members)
        name, words = escape(room.name), self._words
        count = words.messages.format(n=room.messages)
        about = "".join(f"<p>{escape(text)}</p>" for text in (room.topic, room.description) if text)
        return (
            f'<!doctype html>\n<html lang="{words.lang}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{name}</title><style>{_STYLE}</style></head>\n"
            f"<body><header><h1>{name}</h1>{about}<p>{count} · {words.utc}</p></header><main>\n"
        ).encode()

    def messages(self, page: Page) -> bytes:
        """The messages of one page."""
        self._introduce(page.people)
        return "".join(part for told in page.messages for part in self._parts(told)).encode()

    def end(self) -> bytes:
        """What stands below the last message; a file without it was cut off."""
        return f'</main><p class="notes">{self._words.end}</p></body></html>\n'.encode()

    def _introduce(self, people: Iterable[PersonLine]) -> None:
        self._names.update((one.username, one.display_name) for one in people)

    def _parts(self, told: Told) -> Iterator[str]:
        line, at = told.line, datetime.fromtimestamp(told.line.at_ms / 1000, tz=UTC)
        if f"{at:%Y-%m-%d}" != self._day:
            self._day = f"{at:%Y-%m-%d}"
            yield f"<h2>{self._day}</h2>\n"
        kind = ' class="answer"' if line.thread else ""
        name, username = escape(self._names[line.author]), escape(line.author)
        yield (
            f'<article id="m{line.seq}"{kind}><p class="by"><strong><bdi>{name}</bdi></strong> '
            f'@{username} <a href="#m{line.seq}">#{line.seq}</a> '
            f'<time datetime="{at:%Y-%m-%dT%H:%M:%S}Z">{at:%H:%M}</time></p>'
            f"{self._body(told)}{self._notes(line)}</article>\n"
        )

    def _body(self, told: Told) -> str:
        if told.line.deleted_at_ms is not None:
            return f'<p class="gone">{self._words.deleted}</p>'
        return f'<div class="body">{told.html.replace(_SPOILER, _FOCUSED)}</div>'

    def _notes(self, line: MessageLine) -> str:
        """What was done to the message, and what it answers, in one line; empty: nothing."""
        words = self._words
        answered = dict.fromkeys(seq for seq in (line.thread, line.reply_to) if seq)
        notes = [f'{words.answers} <a href="#m{seq}">#{seq}</a>' for seq in answered]
        notes += [words.edited] if line.edited_at_ms is not None and line.body else []
        notes += [words.pinned] if line.pinned_at_ms is not None else []
        counts: dict[str, int] = {}
        for reaction in line.reactions:
            counts[reaction.emoji] = counts.get(reaction.emoji, 0) + 1
        notes += [f"{escape(emoji)} {count}" for emoji, count in counts.items()]
        return f'<p class="notes">{" · ".join(notes)}</p>' if notes else ""
