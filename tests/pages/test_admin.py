"""Who may open the administrator's page."""

from flask import Flask

from tests.pages.plain_browser import PlainBrowser


def test_page_is_there_for_administrators_alone(app: Flask, visitor: PlainBrowser) -> None:
    """The first account administers; to others there is no such page, and strangers sign in."""
    visitor.signs_up("ann")
    other = PlainBrowser(app)
    other.signs_up("bob")
    shell = visitor.opens("/admin")
    assert shell.status_code == 200
    assert '"page": "admin"' in shell.text
    assert '"is_admin": true' in visitor.opens("/").text
    assert other.opens("/admin").status_code == 404
    assert '"is_admin": false' in other.opens("/").text
    assert PlainBrowser(app).opens("/admin").location == "/sign-in"
