/**
 * Which messages are there no more, for lists that were asked for once: what was found, pins, what
 * is saved, threads.
 *
 * Rule of the file: what is gone stays gone, so that it only grows, and an answer that is older than
 * an event shows nothing again. While the line was down nothing was heard: whoever holds a list asks
 * for it again at each `comebacks`.
 *
 * @import {Message} from "../types"
 */

import { signal } from "@preact/signals";

import { listen } from "../socket.js";
import { rooms } from "./state.js";

/** How often the line came up. */
export const comebacks = signal(0);

const deleted = signal(/** @type {ReadonlySet<string>} */ (new Set()));

/** Its author or a keeper took it back: a stub is left. @param {Message} message */
export function isDeleted(message) {
  return message.deleted === true || deleted.value.has(message.id);
}

/** The room keeps it no more, or is not the reader's any more: nothing is left. @param {Message} message */
export function isRemoved({ room_id: roomId, seq }) {
  if (rooms.value === null) return false;
  const room = rooms.value.get(roomId);
  return !room?.is_member || seq < room.first_seq;
}

/** Its text is not to be shown any more. @param {Message} message */
export function isGone(message) {
  return isDeleted(message) || isRemoved(message);
}

listen("message:changed", ({ id, deleted: isOne }) => {
  if (isOne) deleted.value = new Set(deleted.value).add(id);
});
listen("session:ready", () => {
  comebacks.value += 1;
});
