/**
 * How far each room reaches and how far it was read.
 *
 * Rule of the file: pure, and both numbers only grow: an old answer that comes late cannot bring
 * back what was read, on this device or another. Not here: when something counts as read
 * (live/reading.js: in view, tab visible and focused).
 */

/**
 * @typedef {{head: number, read: number}} Mark seq of the newest message and of the last read one
 */
/** @typedef {ReadonlyMap<string, Mark>} Unread by room id */

/** @returns {Unread} */
export function emptyUnread() {
  return new Map();
}

/** @param {Unread} unread @param {string} roomId @param {number} head @returns {Unread} */
export function reached(unread, roomId, head) {
  return raised(unread, roomId, { head, read: 0 });
}

/** @param {Unread} unread @param {string} roomId @param {number} seq @returns {Unread} */
export function read(unread, roomId, seq) {
  return raised(unread, roomId, { head: 0, read: seq });
}

/** @param {Unread} unread @param {string} roomId @returns {Unread} */
export function forgotten(unread, roomId) {
  if (!unread.has(roomId)) return unread;
  return new Map([...unread].filter(([id]) => id !== roomId));
}

/** @param {Unread} unread @param {string} roomId @returns {number} */
export function countOf(unread, roomId) {
  const mark = unread.get(roomId);
  return mark === undefined ? 0 : Math.max(0, mark.head - mark.read);
}

/** @param {Unread} unread @returns {number} */
export function totalOf(unread) {
  return [...unread.keys()].reduce((sum, roomId) => sum + countOf(unread, roomId), 0);
}

/** @param {Unread} unread @param {string} roomId @param {Mark} at @returns {Unread} */
function raised(unread, roomId, at) {
  const held = unread.get(roomId) ?? { head: 0, read: 0 };
  const next = { head: Math.max(held.head, at.head), read: Math.max(held.read, at.read) };
  const same = next.head === held.head && next.read === held.read && unread.has(roomId);
  return same ? unread : new Map(unread).set(roomId, next);
}
