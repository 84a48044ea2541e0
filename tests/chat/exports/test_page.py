"""The page of a room: whole, readable by itself, and harmless."""

import re
from html.parser import HTMLParser

import pytest

from chat import wire
from chat.exports.page import Words
from chat.exports.reading import RoomReader
from chat.exports.service import HTML, export_of
from chat.ids import RoomId
from chat.terms import Identity
from tests.chat.exports.conftest import exported
from tests.chat.house import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>"
TAGS = frozenset(
    """
    html head meta title style body header main h1 h2 p a bdi strong em time article div span
    pre code blockquote ul ol li table thead tbody tr th td br hr s
    """.split()  # noqa: SIM905 - a list of words reads better so
)


class Seen(HTMLParser):
    """What a parser finds: tags, attributes, and where links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name == "href"}


def test_page_holds_all_that_was_said_and_runs_nothing(
    house: House, ann: Identity, bob: Identity, lobby: RoomId
) -> None:
    """Hostile texts, names and topics are text; the page's own policy forbids what is left."""
    eve = house.signs_up('eve"><script>alert(2)</script>')
    house.rooms.add_member(ann, lobby, eve.username)
    house.parts.settings.change(ann, lobby, wire.ChangeRoom(topic=HOSTILE[:200]))
    root = house.posts(eve, lobby, HOSTILE)
    house.posts(bob, lobby, "||secret|| and https://example.org", thread_id=root.id)
    house.edits(ann, house.posts(ann, lobby, "draft"), "**final**")
    house.changes.delete(bob, house.posts(bob, lobby, "regretted").id)
    house.pins(ann, root)
    house.reacts(bob, root, "👍")

    page = exported(house.db, lobby, HTML).decode()

    seen = Seen(page)
    assert seen.tags <= TAGS
    assert not [name for name in seen.attributes if name.startswith("on")]
    assert {link for link in seen.links if not link.startswith("#")} == {"https://example.org"}
    assert "default-src 'none'" in page
    assert "regretted" not in page
    for said in ("<strong>final</strong>", "edited", "pinned", "👍 1", "This message was deleted."):
        assert said in page
    assert re.search(r'<article id="m2" class="answer">.*answers <a href="#m1">#1</a>', page)
    assert '<span class="spoiler" tabindex="0">secret</span>' in page
    assert page.endswith("</html>\n")


def test_page_speaks_the_language_of_its_words(house: House, lobby: RoomId, ann: Identity) -> None:
    """What the page says by itself is what it was given, escaped."""
    house.changes.delete(ann, house.posts(ann, lobby, "x").id)
    words = Words(lang="zh-CN", deleted="消息 <已删除>", messages="共 {n} 条")
    export = export_of(RoomReader(house.db, lobby, lambda _: None), HTML, words)

    page = b"".join(part for part, _ in export.parts).decode()

    assert '<html lang="zh-CN">' in page
    assert "消息 &lt;已删除&gt;" in page
    assert "共 1 条" in page
