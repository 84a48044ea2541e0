/**
 * One room of the list, as the server's answers and events leave it.
 *
 * Rule of the file: pure. What is held changes only for something newer, so that what comes late
 * takes nothing back. Of the room itself and of the reader's place in it the newest event is held
 * each, for they may come in any order; what an older answer says is overlaid by them. Not here: the
 * list itself (live/rooms.js).
 *
 * @import {Room, ServerEvents} from "../types"
 */

/** @typedef {"archived" | "read_only" | "muted"} Bar */

/**
 * The room after the answer to "what did I miss" told of it: what was missed is there; what was
 * heard meanwhile, of the room or of the reader's place in it or in his own list, stays.
 *
 * @param {Room} held
 * @param {Room} told
 * @returns {Room}
 */
export function caughtUpRoom(held, told) {
  if (told.rev < held.rev) return held;
  const { favourite, position, place_version, facts_heard: facts, own_heard: own } = held;
  const isPlaced = told.place_version >= place_version;
  const next = isPlaced ? told : { ...told, favourite, position, place_version };
  const known = facts ? factsHeard(next, facts) : next;
  return own ? ownHeard(known, own) : known;
}

/**
 * The room is what the event says of it, unless something newer was said.
 *
 * @param {Room} held
 * @param {ServerEvents["room:changed"]} event
 * @returns {Room}
 */
export function factsHeard(held, event) {
  if (event.rev <= Math.max(held.rev, held.facts_heard?.rev ?? 0)) return held;
  return { ...held, ...event.room, facts_heard: event };
}

/**
 * The reader has the role, and is muted for as long, as the event says, unless something newer was
 * said.
 *
 * @param {Room} held
 * @param {ServerEvents["member:changed"]} event about the reader himself
 * @returns {Room}
 */
export function ownHeard(held, event) {
  if (event.rev <= Math.max(held.rev, held.own_heard?.rev ?? 0)) return held;
  const { role, muted_until_ms } = event.member;
  return { ...held, role, muted_until_ms, own_heard: event };
}

/**
 * What keeps the reader from writing there now, in the server's order; null: nothing. A mute ends at
 * its millisecond. Source: docs/ROOMS.md, "What keeps a member from writing".
 *
 * @param {Room} room
 * @param {number} nowMs
 * @returns {Bar | null}
 */
export function barOf({ is_archived: isArchived, role, muted_until_ms: untilMs = 0 }, nowMs) {
  if (isArchived) return "archived";
  if (role === "read_only") return "read_only";
  return untilMs > nowMs ? "muted" : null;
}
