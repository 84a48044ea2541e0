/** A short sentence about what was just done; it goes by itself. */

import { signal } from "@preact/signals";

const SHOWN_MS = 4000;

export const notice = signal("");

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} sentence */
export function notify(sentence) {
  clearTimeout(timer);
  notice.value = sentence;
  timer = setTimeout(() => {
    notice.value = "";
  }, SHOWN_MS);
}
