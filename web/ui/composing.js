/**
 * Whether a key belongs to an input method. Safari ends the composition before the keydown that
 * ended it, which then has keyCode 229 (WebKit bug 165004).
 */

import { enterSends } from "../live/looks.js";

const IME_KEY_CODE = 229;

/** @param {KeyboardEvent} event */
export function isComposing(event) {
  return event.isComposing || event.keyCode === IME_KEY_CODE;
}

/** Enter, or Ctrl+Enter where the reader wants it so, when it does not compose. */
export function sends(/** @type {KeyboardEvent} */ { key, shiftKey, ctrlKey, metaKey }) {
  return key === "Enter" && (enterSends.value ? !shiftKey : ctrlKey || metaKey);
}
