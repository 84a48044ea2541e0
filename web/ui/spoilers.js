/**
 * What stays veiled until somebody asks for it: `||so||`. The styles veil it, from the first paint.
 *
 * Rule of the file: it works wherever messages are shown, from when it is loaded. While veiled, a
 * spoiler is a button whose name tells nothing; shown once, it is text until the message changes.
 */

import { t } from "../i18n/index.js";

const SHOWN = "is-shown";
const FRESH = `.spoiler:not([role], .${SHOWN})`;

/** The veiled one that the event is about. @param {Event} event */
function veiledAt({ target }) {
  const found = target instanceof Element ? target.closest(`.spoiler:not(.${SHOWN})`) : null;
  return found instanceof HTMLElement ? found : null;
}

function veil() {
  for (const spoiler of document.querySelectorAll(FRESH)) {
    const text = document.createElement("span"); // what is hidden is no part of the button's name
    text.append(...spoiler.childNodes);
    spoiler.append(text);
    spoiler.setAttribute("role", "button");
    spoiler.setAttribute("aria-label", t("Hidden text: press to show it"));
    spoiler.setAttribute("tabindex", "0");
  }
}

/** A link below the veil is not followed. @param {Event} event */
function show(event) {
  const spoiler = veiledAt(event);
  if (spoiler === null) return;
  event.preventDefault();
  event.stopPropagation();
  spoiler.classList.add(SHOWN);
  for (const name of ["role", "aria-label"]) spoiler.removeAttribute(name);
  spoiler.tabIndex = -1; // it keeps the focus, and is no stop any more
}

addEventListener("click", show, true);
addEventListener("keydown", (event) => /^(Enter| )$/.test(event.key) && show(event), true);
new MutationObserver(veil).observe(document.body, { childList: true, subtree: true });
veil();
