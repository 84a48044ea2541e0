/**
 * The page's address and the open room, each following the other.
 */

import { effect } from "@preact/signals";

import { keep, kept } from "./keep.js";
import { loadMembers } from "./people.js";
import { markNew } from "./reading.js";
import { loadReceipts } from "./receipts.js";
import { listedRooms } from "./rooms.js";
import { openId, openRoom, rooms } from "./state.js";
import { openTimeline } from "./timelines.js";
import { shows } from "../visibility.js";

const WIDE = matchMedia("(min-width: 640px)");

/** The room is open, with an address of its own. @param {string} roomId */
export function open(roomId) {
  if (openId.value === roomId) return;
  history.pushState(null, "", pathOf(roomId));
  openId.value = roomId;
}

/** On a phone: the list of rooms is shown again. */
export function backToRooms() {
  history.pushState(null, "", "/");
  openId.value = null;
}

/** @param {string} roomId */
export function pathOf(roomId) {
  return `/rooms/${encodeURIComponent(roomId)}`;
}

/** The address is followed from now on. */
export function begin() {
  openId.value = roomInPath();
  addEventListener("popstate", () => {
    openId.value = roomInPath();
  });
  WIDE.addEventListener("change", openUsual);
  effect(openUsual);
  effect(followRoom);
  effect(() => shows(openRoom.value?.id ?? null));
}

/** On a wide page some room is always open: the one of last time, or the first. */
function openUsual() {
  const own = listedRooms.value;
  if (!WIDE.matches || openId.value !== null || own.length === 0) return;
  const last = kept("room");
  const room = own.find(({ id }) => id === last) ?? own[0];
  if (!room) return;
  history.replaceState(null, "", pathOf(room.id));
  openId.value = room.id;
}

let followed = "";

/** An opened room is loaded; its address without a room behind it stays to say so. */
function followRoom() {
  const id = openRoom.value?.id ?? "";
  if (id === followed) return;
  followed = id;
  if (id === "" || rooms.value === null) return;
  keep("room", id);
  queueMicrotask(() => {
    markNew(id);
    openTimeline(id);
    loadMembers(id);
    if (openRoom.value) loadReceipts(openRoom.value);
  });
}

function roomInPath() {
  const found = /^\/rooms\/([^/]+)\/?$/.exec(location.pathname);
  return found?.[1] === undefined ? null : decodeURIComponent(found[1]);
}
