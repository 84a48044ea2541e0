/**
 * How far each room reaches, how far it was read, and how often the reader is meant in the rest.
 *
 * Rule of the file: pure. The head only grows. What was read here grows too, until the server tells
 * of a newer version of the reader's place that lies before the one it told last: then the reader
 * marked the rest as unread, on this device or another. An old answer that comes late changes
 * nothing. Not here: when something counts as read (live/reading.js: in view, tab visible and
 * focused).
 */

/**
 * @typedef {object} Mark
 * @property {number} head seq of the newest message
 * @property {number} read seq of the last read one
 * @property {number} told the same as the server told last
 * @property {number} version of what the server told
 * @property {number} mentions of the reader after read
 * @property {number} meantAt seq of the last of them that came while the page was open
 */
/** @typedef {ReadonlyMap<string, Mark>} Unread by room id */
/**
 * @typedef {{seq: number, version: number, mentions: number}}
 *   Place how far the server says he read
 */

const NOTHING = { head: 0, read: 0, told: 0, version: -1, mentions: 0, meantAt: 0 };

/** @returns {Unread} */
export function emptyUnread() {
  return new Map();
}

/** @param {Unread} unread @param {string} roomId @param {number} head @returns {Unread} */
export function reached(unread, roomId, head) {
  const held = unread.get(roomId) ?? NOTHING;
  return changed(unread, roomId, { ...held, head: Math.max(held.head, head) });
}

/**
 * It was read here.
 *
 * @param {Unread} unread
 * @param {string} roomId
 * @param {number} seq
 * @returns {Unread}
 */
export function read(unread, roomId, seq) {
  const held = unread.get(roomId) ?? NOTHING;
  return changed(unread, roomId, { ...held, read: Math.max(held.read, seq) });
}

/**
 * The server told how far.
 *
 * @param {Unread} unread
 * @param {string} roomId
 * @param {Place} place
 * @returns {Unread}
 */
export function placed(unread, roomId, place) {
  const held = unread.get(roomId) ?? NOTHING;
  const { seq, version, mentions } = place;
  if (version < held.version) return unread;
  const isBack = isMovedBack(unread, roomId, place);
  const next = { ...held, told: seq, read: isBack ? seq : Math.max(held.read, seq) };
  return changed(unread, roomId, { ...next, version, mentions });
}

/**
 * Whether it makes unread what was read.
 *
 * @param {Unread} unread
 * @param {string} roomId
 * @param {Place} place
 */
export function isMovedBack(unread, roomId, { seq, version }) {
  const held = unread.get(roomId) ?? NOTHING;
  return version > held.version && seq < held.told;
}

/**
 * A message that means the reader came.
 *
 * @param {Unread} unread
 * @param {string} roomId
 * @param {number} seq
 * @returns {Unread}
 */
export function meant(unread, roomId, seq) {
  const held = unread.get(roomId) ?? NOTHING;
  if (seq <= Math.max(held.meantAt, held.read)) return unread;
  return changed(unread, roomId, { ...held, meantAt: seq, mentions: held.mentions + 1 });
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

/**
 * How often the reader is meant in what he has not read.
 *
 * @param {Unread} unread
 * @param {string} roomId
 */
export function mentionsOf(unread, roomId) {
  return Math.min(unread.get(roomId)?.mentions ?? 0, countOf(unread, roomId));
}

/** @param {Unread} unread @returns {number} */
export function totalOf(unread) {
  return [...unread.keys()].reduce((sum, roomId) => sum + countOf(unread, roomId), 0);
}

/** @param {Unread} unread @param {string} roomId @param {Mark} next @returns {Unread} */
function changed(unread, roomId, next) {
  const held = unread.get(roomId);
  const names = /** @type {(keyof Mark)[]} */ (Object.keys(next));
  if (held && names.every((name) => held[name] === next[name])) return unread;
  return new Map(unread).set(roomId, next);
}
