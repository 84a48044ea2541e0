"""Errors as pages: in the reader's language, with a way back and a reference."""

import pytest
from flask import Flask

from chat import errors
from chat.pages import sentences
from tests.pages.plain_browser import PlainBrowser


def test_unknown_address_gets_a_page_with_a_way_back(app: Flask) -> None:
    """404 in Chinese for who reads Chinese, with the reference that the log has."""
    answer = PlainBrowser(app, "zh-CN").opens("/nowhere")
    assert answer.status_code == 404
    assert "页面不存在" in answer.text
    assert 'href="/"' in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_program_gets_json_at_the_same_address(app: Flask) -> None:
    """Who asks for JSON gets the one error shape."""
    answer = app.test_client().get("/nowhere", headers={"Accept": "application/json"})
    assert answer.json is not None
    assert answer.json["error"]["code"] == "not_found"


def test_form_that_is_too_large_gets_a_page(visitor: PlainBrowser) -> None:
    """413 with words, before any of it is used."""
    fields = {"username": "x" * 100_000}
    answer = visitor.client.post("/sign-in", data=fields, headers=visitor.headers)
    assert answer.status_code == 413
    assert "This is too large" in answer.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("error", errors.all_errors(), ids=lambda error: str(error.code))
def test_every_error_has_words_for_its_page(
    app: Flask, error: type[errors.ChatError], language: str
) -> None:
    """Title and sentence of each code, in the reader's language."""
    with app.test_request_context("/", headers={"Accept-Language": language}):
        title, sentence = sentences.for_page(error())
        alert = sentences.for_form(error())
    for words in (title, sentence, alert):
        assert words
        assert any("\u4e00" <= sign <= "\u9fff" for sign in words) == (language == "zh-CN")
