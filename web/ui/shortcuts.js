/**
 * Keys that work everywhere on the page.
 *
 * Rule of the file: TABLE binds them, and the list that the reader sees is made from it
 * (ShortcutsDialog.jsx). A key of one character alone is for who is not writing; Ctrl is Command
 * too.
 */

import { listedRooms } from "../live/rooms.js";
import { open } from "../live/route.js";
import { openId, unread } from "../live/state.js";
import { countOf } from "../store/unread.js";
import { dialog, show } from "./dialogs.js";
import { searchShown } from "./panes.js";
import { parts } from "./whole.js";

/** @typedef {{name: string, keys: string[], act: () => unknown}} Shortcut */

/** @type {Shortcut[]} */
export const TABLE = [
  { name: "switch", keys: ["Ctrl+K"], act: () => show({ kind: "switch" }) },
  { name: "above", keys: ["Alt+ArrowUp"], act: () => go(-1, false) },
  { name: "below", keys: ["Alt+ArrowDown"], act: () => go(1, false) },
  { name: "unreadAbove", keys: ["Alt+Shift+ArrowUp"], act: () => go(-1, true) },
  { name: "unreadBelow", keys: ["Alt+Shift+ArrowDown"], act: () => go(1, true) },
  { name: "search", keys: ["/"], act: search },
  { name: "readAll", keys: ["Shift+Escape"], act: () => whenThere((part) => part.readAll()) },
  { name: "region", keys: ["F6", "Ctrl+F6"], act: () => whenThere((part) => part.toRegion(1)) },
  {
    name: "regionBack",
    keys: ["Shift+F6", "Ctrl+Shift+F6"],
    act: () => whenThere((part) => part.toRegion(-1)),
  },
  { name: "shortcuts", keys: ["?", "Ctrl+/"], act: () => show({ kind: "shortcuts" }) },
];

/** The keys work from now on. */
export function begin() {
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const keys = keysOf(event);
    const found = TABLE.find((one) => one.keys.includes(keys));
    if (!found || (keys.length === 1 && (dialog.value || isWriting(event)))) return;
    event.preventDefault();
    if (dialog.value === null) found.act();
  });
}

/** What was pressed, as TABLE has it; Shift is part of the sign where it makes another one. */
function keysOf(/** @type {KeyboardEvent} */ { altKey, ctrlKey, metaKey, shiftKey, key }) {
  const name = key.length === 1 ? key.toUpperCase() : key;
  const isShifted = shiftKey && (name.length > 1 || /[A-Z]/.test(name));
  const held = [ctrlKey !== metaKey && "Ctrl", altKey && "Alt", isShifted && "Shift"];
  return ctrlKey && metaKey ? "" : [...held, name].filter(Boolean).join("+");
}

/** @param {KeyboardEvent} event */
function isWriting({ target }) {
  const place = /** @type {HTMLElement | null} */ (target);
  return !!place?.closest("input, textarea, select, [contenteditable]");
}

function search() {
  searchShown.value = true;
  /** @type {HTMLInputElement | null} */ (document.getElementById("search-box"))?.select();
}

/** @param {(part: typeof import("./parts.jsx")) => unknown} act */
function whenThere(act) {
  parts().then(act, () => {});
}

/** @param {number} step @param {boolean} isUnreadOnly */
function go(step, isUnreadOnly) {
  const ids = listedRooms.value.map((room) => room.id);
  const from = ids.indexOf(openId.value ?? "");
  const round = ids.map((_, at) => ids.at((from + step * (at + 1)) % ids.length));
  const next = round.find((id) => id && (!isUnreadOnly || countOf(unread.value, id) > 0));
  if (next !== undefined) open(next);
}
