/**
 * Whether a key belongs to an input method. Safari ends the composition before the keydown that
 * ended it, which then has keyCode 229 (WebKit bug 165004).
 */

const IME_KEY_CODE = 229;

/** @param {KeyboardEvent} event */
export function isComposing(event) {
  return event.isComposing || event.keyCode === IME_KEY_CODE;
}
