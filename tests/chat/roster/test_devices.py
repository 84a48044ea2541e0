"""The kind of device, as the user will read it in the list of his connections."""

import pytest

from chat.roster.devices import device_of

LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0 Mobile Safari/537.36"
GALAXY_TAB = "Mozilla/5.0 (Linux; Android 15; SM-X710) Chrome/140.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (LINUX, "computer"),
        (IPHONE, "phone"),
        (PIXEL, "phone"),
        (GALAXY_TAB, "tablet"),
        ("curl/8.0", "program"),
        ("", "program"),
    ],
)
def test_device_is_what_the_browser_says(user_agent: str, device: str) -> None:
    """Computer, phone and tablet are told apart; what is no browser is a program."""
    assert device_of(user_agent) == device
