/**
 * Keys that work everywhere on the page: Alt with up and down goes through the rooms, with Shift
 * through those that hold something unread.
 */

import { listedRooms } from "../live/rooms.js";
import { open } from "../live/route.js";
import { openId, unread } from "../live/state.js";
import { countOf } from "../store/unread.js";

/** @type {Record<string, number>} */
const STEPS = { ArrowUp: -1, ArrowDown: 1 };

/** The keys work from now on. */
export function begin() {
  addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step === undefined || !event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(step, event.shiftKey);
  });
}

/** @param {number} step @param {boolean} isUnreadOnly */
function go(step, isUnreadOnly) {
  const ids = listedRooms.value.map((room) => room.id);
  const from = ids.indexOf(openId.value ?? "");
  const round = ids.map((_, at) => ids.at((from + step * (at + 1)) % ids.length));
  const next = round.find((id) => id && (!isUnreadOnly || countOf(unread.value, id) > 0));
  if (next !== undefined) open(next);
}
