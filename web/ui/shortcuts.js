/**
 * Keys that work everywhere on the page: Alt with up and down goes through the rooms, with Shift
 * through those that hold something unread; Ctrl+K goes to a room or a person; a slash where nobody
 * writes searches.
 */

import { listedRooms } from "../live/rooms.js";
import { open } from "../live/route.js";
import { openId, unread } from "../live/state.js";
import { countOf } from "../store/unread.js";
import { dialog, show } from "./dialogs.js";
import { searchShown } from "./panes.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/** The keys work from now on. */
export function begin() {
  addEventListener("keydown", (event) => {
    if (event.isComposing) return undefined;
    if (isForSwitcher(event)) {
      event.preventDefault();
      return dialog.value === null ? show({ kind: "switch" }) : undefined;
    }
    if (opensSearch(event)) {
      event.preventDefault();
      searchShown.value = true;
      return /** @type {HTMLInputElement | null} */ (
        document.getElementById("search-box")
      )?.select();
    }
    const step = STEPS[event.key];
    if (step === undefined || !event.altKey || event.ctrlKey || event.metaKey) return undefined;
    event.preventDefault();
    return go(step, event.shiftKey);
  });
}

/** @param {KeyboardEvent} event */
function isForSwitcher({ altKey, shiftKey, ctrlKey, metaKey, key }) {
  return !altKey && !shiftKey && ctrlKey !== metaKey && key.toLowerCase() === "k";
}

/** @param {KeyboardEvent} event */
function opensSearch(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || dialog.value !== null) return false;
  const place = /** @type {HTMLElement | null} */ (event.target);
  return event.key === "/" && !place?.closest("input, textarea, select, [contenteditable]");
}

/** @param {number} step @param {boolean} isUnreadOnly */
function go(step, isUnreadOnly) {
  const ids = listedRooms.value.map((room) => room.id);
  const from = ids.indexOf(openId.value ?? "");
  const round = ids.map((_, at) => ids.at((from + step * (at + 1)) % ids.length));
  const next = round.find((id) => id && (!isUnreadOnly || countOf(unread.value, id) > 0));
  if (next !== undefined) open(next);
}
