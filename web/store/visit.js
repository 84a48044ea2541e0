/**
 * A stretch of a room's history that somebody went to: a date, a message that was found.
 *
 * Rule of the file: pure. A visit is never changed, a new one is returned. What it holds is one
 * unbroken stretch; pages that do not join on are refused. When it meets what is held of the newest
 * messages, it can become a part of that (`joins`), and the reader has come home.
 *
 * @import {Message} from "../types"
 */

/**
 * @typedef {object} Visit
 * @property {string} roomId
 * @property {readonly Message[]} messages by seq, without holes
 * @property {boolean} hasOlder
 * @property {boolean} hasNewer
 * @property {number} rev every message is as of this rev of the room at least
 */

/** @typedef {{messages: Message[], has_more: boolean, has_newer?: boolean, rev: number}} Page */

/** @param {string} roomId @param {Page} page around the place @returns {Visit} */
export function arrived(roomId, page) {
  return {
    roomId,
    messages: page.messages,
    hasOlder: page.has_more,
    hasNewer: page.has_newer ?? false,
    rev: page.rev,
  };
}

/** The page stands before what is held. @param {Visit} visit @param {Page} page @returns {Visit} */
export function withOlder(visit, page) {
  if (page.messages.length > 0 && page.messages.at(-1)?.seq !== firstOf(visit) - 1) return visit;
  const messages = [...page.messages, ...visit.messages];
  return { ...visit, messages, hasOlder: page.has_more, rev: Math.min(visit.rev, page.rev) };
}

/** The page stands after what is held. @param {Visit} visit @param {Page} page @returns {Visit} */
export function withNewer(visit, page) {
  if (page.messages.length > 0 && page.messages[0]?.seq !== lastOf(visit) + 1) return visit;
  const messages = [...visit.messages, ...page.messages];
  return { ...visit, messages, hasNewer: page.has_more, rev: Math.min(visit.rev, page.rev) };
}

/** A message as it is now stands in the place of its older self. @param {Visit} visit @param {Message} message @returns {Visit} */
export function changed(visit, message) {
  const at = message.seq - firstOf(visit);
  const held = visit.messages[at];
  if (message.room_id !== visit.roomId || held === undefined || held.rev >= message.rev)
    return visit;
  return { ...visit, messages: visit.messages.with(at, message) };
}

/** The room keeps no message before firstSeq. @param {Visit} visit @param {number} firstSeq @returns {Visit} */
export function cut(visit, firstSeq) {
  const messages = visit.messages.filter(({ seq }) => seq >= firstSeq);
  return messages.length === visit.messages.length
    ? visit
    : { ...visit, messages, hasOlder: false };
}

/**
 * Nothing is missing between the visit and what is held of the newest messages.
 *
 * @param {Visit} visit
 * @param {{messages: readonly Message[], upTo: number}} held
 */
export function joins(visit, held) {
  return lastOf(visit) >= (held.messages[0]?.seq ?? held.upTo + 1) - 1;
}

/** @param {Visit} visit */
export function firstOf(visit) {
  return visit.messages[0]?.seq ?? 1;
}

/** @param {Visit} visit */
export function lastOf(visit) {
  return visit.messages.at(-1)?.seq ?? 0;
}
