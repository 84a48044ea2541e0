/**
 * One room of the list, as the server's answers leave it.
 *
 * Rule of the file: pure. What is held changes only for something newer, so that an answer that was
 * on its way while an event came takes nothing back. Not here: the list itself (live/rooms.js).
 *
 * @import {Room} from "../types"
 */

/**
 * The room after the answer to "what did I miss" told of it: what was missed is there; what was
 * heard meanwhile, of the room or of its place in the reader's own list, stays.
 *
 * @param {Room} held
 * @param {Room} told
 * @returns {Room}
 */
export function caughtUpRoom(held, told) {
  if (told.rev < held.rev) return held;
  if (told.place_version >= held.place_version) return told;
  const { favourite, position, place_version } = held;
  return { ...told, favourite, position, place_version };
}
