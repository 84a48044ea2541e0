/**
 * The icon of a room's kind.
 *
 * @import {Room} from "../types"
 */

/** @param {Room} room */
export function signOf(room) {
  if (room.kind === "direct") return "people";
  return room.visibility === "private" ? "lock" : "hash";
}
