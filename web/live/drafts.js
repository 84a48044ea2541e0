/**
 * What was written and not sent, by room; it outlives a reload and the end of the session.
 */

import { signal } from "@preact/signals";

import { keep, kept, keptNames } from "./keep.js";

const PREFIX = "draft:";

/** Rooms that hold a draft. */
export const draftRooms = signal(
  new Set(keptNames(PREFIX).map((name) => name.slice(PREFIX.length))),
);

/** @param {string} roomId */
export function draftOf(roomId) {
  return kept(PREFIX + roomId) ?? "";
}

/** @param {string} roomId @param {string} text */
export function keepDraft(roomId, text) {
  const isBlank = text.trim() === "";
  keep(PREFIX + roomId, isBlank ? "" : text);
  if (draftRooms.value.has(roomId) !== isBlank) return;
  const rooms = new Set(draftRooms.value);
  if (isBlank) rooms.delete(roomId);
  else rooms.add(roomId);
  draftRooms.value = rooms;
}
