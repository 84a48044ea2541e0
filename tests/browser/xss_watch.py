"""What a page did that no text of a person may make it do: noted from before its first script on.

The rule of the file: nothing is prevented but what would end the test, a link that leads away and
an answer of FOREIGN, and both are noted all the same.
"""

import re

from playwright.sync_api import Dialog, Frame, Locator, Page, Route

from tests.browser.xss_payloads import FOREIGN

HOOKS = """(() => {
  window.xss = (which) => heard(`ran: ${which}`);
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
    window[name] = () => { heard(`ran: ${name}`); };
  addEventListener('error', (event) => event.message && heard(`error: ${event.message}`));
  addEventListener('securitypolicyviolation', (event) =>
    heard(`policy: ${event.violatedDirective} ${event.blockedURI}`));
  addEventListener('click', (event) => {
    const link = event.target.closest?.('.body a[href]');
    if (link && /^(https?|mailto):/.test(link.href)) event.preventDefault();
  }, true);
})();"""
# Everything within messages is touched in each way that a handler could hear of.
TOUCHES = """() => {
  const kinds = ['pointerenter', 'pointerover', 'mouseover', 'mouseenter', 'mousemove', 'focus',
    'wheel', 'copy', 'auxclick', 'toggle', 'beforetoggle', 'animationstart', 'transitionend'];
  for (const one of document.querySelectorAll('.body *')) {
    if (one.matches('a, form')) one.removeAttribute('target');
    for (const kind of kinds) one.dispatchEvent(new Event(kind));
    if ('open' in one) one.open = !one.open;
    if (one.popover && one.isConnected) one.togglePopover();
    one.focus?.();
    one.click?.();
  }
}"""
# Names whatever stands in a message that chat/messages/markdown.py does not let out.
STRANGERS = """() => {
  const tags = 'p br hr em strong s code pre blockquote ul ol li a h1 h2 h3 h4 h5 h6 table thead ' +
    'tbody tr th td span';
  const attributes = 'href title rel target start class data-user-id data-mention tabindex';
  const isKnown = (one) => tags.split(' ').includes(one.localName) &&
    one.namespaceURI === 'http://www.w3.org/1999/xhtml' &&
    [...one.attributes].every(({name}) => attributes.split(' ').includes(name)) &&
    (!one.hasAttribute('href') || /^(https?|mailto):/.test(one.protocol)) &&
    (!one.hasAttribute('href') || one.rel === 'noopener nofollow');
  return [...document.querySelectorAll('.body *')].filter((one) => !isKnown(one))
    .map((one) => one.outerHTML);
}"""
# Names the elements, anywhere on the page, that say what is to happen: nothing of ours does.
HANDLERS = """() => [...document.querySelectorAll('*')]
  .filter((one) => [...one.attributes].some(({name}) => name.startsWith('on')))
  .map((one) => one.outerHTML)"""
# What a page would do that took its texts for HTML.
TAKEN_FOR_HTML = """(selector) => {
  for (const one of document.querySelectorAll(selector)) one.innerHTML = one.textContent;
}"""
RAW = """() => {
  document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=xss(0)>');
}"""
RAN = re.compile(r"^ran: (\w+)$")


class Watch:
    """A page's misdeeds in `found`, since `begins` was called before the page was loaded."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        self._page = page
        page.expose_binding("heard", lambda _, what: self.found.append(str(what)))
        page.add_init_script(HOOKS)
        page.on("dialog", self._on_dialog)
        page.on("framenavigated", self._on_navigation)
        page.on("popup", lambda popup: self.found.append(f"window: {popup.url}"))
        page.route(re.compile(FOREIGN), self._on_foreign)

    def touches_everything(self) -> None:
        """Each element of each message was hovered, focused, toggled and clicked by a script."""
        self._page.evaluate(TOUCHES)

    def follows_by_mouse(self, links: Locator) -> None:
        """Each link was under the pointer and was clicked."""
        for link in links.all():
            link.click()

    def strangers(self) -> list[str]:
        """Return the elements in messages that the server's allow-list does not have."""
        return [str(one) for one in self._page.evaluate(STRANGERS)]

    def handlers(self) -> list[str]:
        """Return the elements of the whole page that have a handler as an attribute."""
        return [str(one) for one in self._page.evaluate(HANDLERS)]

    def takes_for_html(self, selector: str) -> None:
        """The texts of these elements became HTML: what they hold runs from now on."""
        self._page.evaluate(TAKEN_FOR_HTML, selector)

    def ran(self) -> set[str]:
        """Return what ran: numbers of payloads, or names of functions."""
        return {hit[1] for what in self.found if (hit := RAN.match(what))}

    def seen(self) -> list[str]:
        """Return what was found, after the page had a moment to tell."""
        self._page.wait_for_timeout(20)
        return self.found

    def gets_raw(self) -> None:
        """A picture whose handler runs stands in the page, past everything that is safe."""
        self._page.evaluate(RAW)

    def _on_dialog(self, dialog: Dialog) -> None:
        self.found.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_navigation(self, frame: Frame) -> None:
        if frame.parent_frame is not None or FOREIGN in frame.url:
            self.found.append(f"navigation: {frame.url}")

    def _on_foreign(self, route: Route) -> None:
        self.found.append(f"request: {route.request.url}")
        route.fulfill(status=204)
