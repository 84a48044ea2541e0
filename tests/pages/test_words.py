"""The words: every sentence translated, the language chosen as the reader wants it."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from flask import Flask

import build_assets
from tests.pages.plain_browser import PlainBrowser

ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def catalogues() -> list[tuple[str, Catalog]]:
    """Return each locale with what its .po holds."""
    found = []
    for locale, po in build_assets.translations(ROOT):
        with po.open("rb") as file:
            found.append((locale, read_po(file, locale=locale)))
    return found


def said() -> list[Message]:
    """Return every sentence of web/, the templates and the pages."""
    both = (*build_assets.messages_of_web(ROOT), *build_assets.messages_of_pages(ROOT))
    return [message for message in both if message.id]


def key(message: Message) -> str:
    """Return the sentence, the singular of one with a plural."""
    return str(message.id if isinstance(message.id, str) else message.id[0])


def test_every_sentence_is_found() -> None:
    """The extractor sees both sides: JSX attributes, plurals, templates, Python."""
    found = {key(message) for message in said()}
    assert {"Browse rooms", "{n} new message", "Create an account"} <= found
    assert "Please try again in %(num)d second." in found


@pytest.mark.parametrize(("locale", "catalogue"), catalogues())
def test_no_sentence_is_without_translation(locale: str, catalogue: Catalog) -> None:
    """Each sentence of both sides stands in the .po, translated; nothing else stands there."""
    known = {key(one): one for one in catalogue if one.id}
    wanted = {key(message) for message in said()}
    assert wanted - known.keys() == set(), f"run: python build_assets.py --messages ({locale})"
    assert known.keys() - wanted == set()
    assert [text for text in known if not build_assets.is_translated(known[text].string)] == []


@pytest.mark.parametrize(("locale", "catalogue"), catalogues())
def test_translations_keep_the_placeholders(locale: str, catalogue: Catalog) -> None:
    """What is filled in stands in the translation under the same name."""
    for message in (one for one in catalogue if one.id):
        forms = [message.string] if isinstance(message.string, str) else message.string or []
        wanted = set(PLACEHOLDER.findall(key(message)))
        for form in forms:
            assert set(PLACEHOLDER.findall(form)) == wanted, (locale, message.id)


@pytest.mark.parametrize(
    ("asked", "lang", "heading"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "<h1>登录</h1>"),
        ("zh-TW", "zh-CN", "<h1>登录</h1>"),
        ("de, en-GB;q=0.7, zh;q=0.3", "en", "<h1>Sign in</h1>"),
        ("fr", "en", "<h1>Sign in</h1>"),
        ("*;q=0.1, <script>", "en", "<h1>Sign in</h1>"),
    ],
)
def test_language_is_what_the_browser_asks_for(
    app: Flask, asked: str, lang: str, heading: str
) -> None:
    """Accept-Language decides until somebody chooses; `lang` says which it is."""
    page = PlainBrowser(app, asked).opens("/sign-in").text
    assert f'<html lang="{lang}">' in page
    assert heading in page


def test_language_that_was_chosen_stays(app: Flask) -> None:
    """The link at the foot of the page chooses a language for all pages after it."""
    reader = PlainBrowser(app, "en")
    assert "<h1>登录</h1>" in reader.opens("/sign-in?lang=zh_CN").text
    assert "<h1>创建账号</h1>" in reader.opens("/sign-up").text
    assert "<h1>Sign in</h1>" in reader.opens("/sign-in?lang=en").text


def test_page_loads_the_words_that_it_says(app: Flask) -> None:
    """The administrator's page has all of them, the chat none that only that page says, and at
    first none that only its later parts say."""
    reader = PlainBrowser(app, "zh-CN")
    reader.signs_up("ann")
    said = {}
    for path in ("/admin", "/"):
        (name,) = re.findall(r'src="/assets/([^"]*zh_CN[^"]*)"', reader.opens(path).text)
        said[path] = (ROOT / build_assets.DIST / name).read_text()
    assert all('"Send"' in words for words in said.values())
    assert ['"Presence"' in words for words in said.values()] == [True, False]
    assert ['"Sign out"' in words for words in said.values()] == [True, False]
    (name,) = re.findall(r"/assets/(later-zh_CN[^\"]*)", reader.opens("/").text)
    later = (ROOT / build_assets.DIST / name).read_text()
    assert '"Sign out"' in later
    assert '"Send"' not in later
    assert "later-zh_CN" not in reader.opens("/admin").text


def test_language_that_does_not_exist_changes_nothing(app: Flask) -> None:
    """An unknown word in `?lang=` is not kept."""
    answer = PlainBrowser(app, "en").opens("/sign-in?lang=../../etc")
    assert "<h1>Sign in</h1>" in answer.text
    assert "rollcall_language" not in str(answer.headers)
