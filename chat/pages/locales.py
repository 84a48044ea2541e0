"""The reader's language: what was chosen, else what the browser asks for, else English.

Rule of this file: it decides the language and nothing else. The words lie in one .po a language,
for these pages and for web/ alike (chat/translations).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.support import NullTranslations, Translations
from flask import Flask, Response, request
from flask_babel import Babel, Domain

COOKIE = "rollcall_language"  # web/live/looks.js writes it too
_FOLDER = Path(__file__).resolve().parents[1] / "translations"
_COOKIE_MAX_AGE_S = 365 * 86400


@dataclass(frozen=True, slots=True)
class Locale:
    """A language of the interface; name is what its speakers call it, tag is for `lang`."""

    code: str
    tag: str
    name: str


ENGLISH = Locale("en", "en", "English")
LOCALES = (ENGLISH, Locale("zh_CN", "zh-CN", "简体中文"))
_BY_CODE = {locale.code: locale for locale in LOCALES}


def install(app: Flask) -> None:
    """Make gettext of each request speak the reader's language; `?lang=` chooses one for good."""
    babel = Babel(app, default_locale=ENGLISH.code, locale_selector=lambda: current().code)
    babel.domain_instance = _Words()
    app.after_request(_remember)


def current() -> Locale:
    """Return the language of the request at hand."""
    chosen = _BY_CODE.get(request.args.get("lang", "")) or _BY_CODE.get(
        request.cookies.get(COOKIE, "")
    )
    return chosen or _asked_for()


class _Words(Domain):  # type: ignore[misc]  # Flask-Babel ships no types
    """The words of the locale by our own name for it: Babel 2.18 looks for zh_CN in zh_Hans_CN."""

    def get_translations(self) -> NullTranslations:
        """Return the words of the reader's language; English stands in the sources."""
        return _words(current().code)


@cache
def _words(code: str) -> NullTranslations:
    return Translations.load(str(_FOLDER), [code])


def _asked_for() -> Locale:
    for tag in request.accept_languages.values():
        language = tag.replace("_", "-").partition("-")[0].lower()
        for locale in LOCALES:
            if locale.tag.partition("-")[0] == language:
                return locale
    return ENGLISH


def _remember(response: Response) -> Response:
    chosen = request.args.get("lang", "")
    if chosen in _BY_CODE:
        response.set_cookie(COOKIE, chosen, max_age=_COOKIE_MAX_AGE_S, samesite="Lax")
    return response
