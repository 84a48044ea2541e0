"""The same thing done by the keyboard, and by the mouse."""

import re

import pytest
from playwright.sync_api import Locator

from tests.support.screen import SHOWN_DEADLINE_S
from tests.support.waiting import wait_until


class ByKeys:
    """A hand on the keyboard."""

    def presses(self, button: Locator) -> None:
        """The button was pressed, as soon as keys come to it: below a dialog they do not."""
        wait_until(lambda: is_reached(button), SHOWN_DEADLINE_S, "the button under the keys")
        button.press("Enter")

    def goes_over(self, _: Locator) -> None:
        """Keys point at nothing."""

    def ticks(self, box: Locator) -> None:
        """The box, or the one of several, is chosen."""
        box.press("Space")

    def chooses(self, field: Locator, first_letters: str) -> None:
        """The entry that begins so is chosen."""
        entries = field.locator("option").all_text_contents()
        field.press("Home")
        for _ in entries[
            : next(n for n, one in enumerate(entries) if one.startswith(first_letters))
        ]:
            field.press("ArrowDown")


class ByMouse:
    """A hand on the mouse."""

    def presses(self, button: Locator) -> None:
        """The button was clicked."""
        button.click()

    def goes_over(self, line: Locator) -> None:
        """The pointer is over it."""
        line.hover()

    def ticks(self, box: Locator) -> None:
        """The words beside the box, or beside the one of several, were clicked."""
        box.locator("xpath=ancestor::label").click()

    def chooses(self, field: Locator, first_letters: str) -> None:
        """The entry that begins so is chosen; a browser draws its list outside of the page."""
        entry = field.locator("option", has_text=re.compile(f"^{first_letters}"))
        field.select_option(label=entry.inner_text())


def is_reached(button: Locator) -> bool:
    """Whether the button takes the focus."""
    return bool(button.evaluate("(it) => (it.focus(), it === document.activeElement)"))


Hand = ByKeys | ByMouse
both_ways = pytest.mark.parametrize("hand", [ByKeys(), ByMouse()], ids=["keys", "mouse"])
