/**
 * Whether this tab is in front, with which room, and whether somebody is at it.
 *
 * Rule of the file: it judges and tells; what the judgement means for a status is the server's
 * (presence/rules.py). Idle is no input for IDLE_MS in this tab.
 */

const IDLE_MS = 5 * 60_000;
const CHECK_MS = 15_000;
const INPUTS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"];

let touchedAtMs = Date.now();
/** @type {string | null} */
let shown = null;
let told = { visible: isVisible(), idle: false, room_id: /** @type {string | null} */ (null) };
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {{visible: boolean, idle: boolean, room_id: string | null}} */
export function presence() {
  return told;
}

/** Whether the reader can be said to see what is shown. */
export function isWatched() {
  return isVisible() && document.hasFocus();
}

/** The tab shows this room from now on, or none. @param {string | null} roomId */
export function shows(roomId) {
  shown = roomId;
  judge();
}

/** The listener is called after each change. @param {() => void} listener */
export function onPresence(listener) {
  listeners.add(listener);
}

function isVisible() {
  return document.visibilityState === "visible";
}

function touched() {
  touchedAtMs = Date.now();
  if (told.idle) judge();
}

function judge() {
  const idle = Date.now() - touchedAtMs >= IDLE_MS;
  const now = { visible: isVisible(), idle, room_id: shown };
  if (now.visible === told.visible && now.idle === told.idle && now.room_id === told.room_id)
    return;
  told = now;
  for (const listener of listeners) listener();
}

for (const name of INPUTS) addEventListener(name, touched, { passive: true, capture: true });
document.addEventListener("visibilitychange", () => {
  if (isVisible()) touchedAtMs = Date.now();
  judge();
});
setInterval(judge, CHECK_MS);
