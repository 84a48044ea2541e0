/**
 * One room of the list, as the server's answers leave it.
 *
 * Rule of the file: pure. What is held changes only for something newer, so that an answer that was
 * on its way while an event came takes nothing back. Not here: the list itself (live/rooms.js).
 *
 * @import {Room} from "../types"
 */

/**
 * The list with one of its members at another place; beyond its ends is its end.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {T} one
 * @param {number} to index in the list without it
 * @returns {T[]}
 */
export function moved(list, one, to) {
  const others = list.filter((other) => other !== one);
  return others.toSpliced(Math.max(0, to), 0, one);
}

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
