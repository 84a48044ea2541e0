/**
 * How far each room reaches, how far it was read, and how often the reader is meant in the rest.
 *
 * Rule of the file: pure. The head only grows. What was read here grows too, until the server tells
 * of a newer version of the reader's place that lies before the one it told last: then the reader
 * marked the rest as unread, on this device or another. An old answer that comes late changes
 * nothing. What is unread up to a seq the server counted; whatever came after it is unread too, but
 * for what is heard to be quiet: one's own messages, answers in threads, deleted ones. Not here:
 * when something counts as read (live/reading.js: in view, tab visible and focused).
 */

/**
 * @typedef {object} Mark
 * @property {number} head seq of the newest message
 * @property {number} read seq of the last read one
 * @property {number} told the same as the server told last
 * @property {number} version of what the server told
 * @property {number} mentions of the reader after read
 * @property {number} meantAt seq of the last of them that came while the page was open
 * @property {number} base what is unread after told, up to baseAt
 * @property {number} baseAt seq as of which the server counted
 * @property {number} baseRev rev of the room's last change that is counted in base
 * @property {readonly number[]} quiet seqs after baseAt that make nothing unread
 */
/** @typedef {ReadonlyMap<string, Mark>} Unread by room id */
/**
 * @typedef {object} Place how far the server says he read
 * @property {number} seq
 * @property {number} version
 * @property {number} mentions
 * @property {number} [unread] what is unread after it, up to last_seq and rev
 * @property {number} [last_seq]
 * @property {number} [rev]
 */

/** @type {Mark} */
const NOTHING = {
  head: 0,
  read: 0,
  told: 0,
  version: -1,
  mentions: 0,
  meantAt: 0,
  base: 0,
  baseAt: 0,
  baseRev: 0,
  quiet: [],
};

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
  return changed(unread, roomId, { ...next, version, mentions, ...counted(held, place) });
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
  if (seq <= Math.max(held.meantAt, held.read, held.baseAt)) return unread;
  return changed(unread, roomId, { ...held, meantAt: seq, mentions: held.mentions + 1 });
}

/**
 * A message came that makes nothing unread: one's own, or an answer in a thread.
 *
 * @param {Unread} unread
 * @param {string} roomId
 * @param {number} seq
 * @returns {Unread}
 */
export function quiet(unread, roomId, seq) {
  const held = unread.get(roomId) ?? NOTHING;
  if (seq <= Math.max(held.baseAt, held.read) || held.quiet.includes(seq)) return unread;
  const still = held.quiet.filter((one) => one > held.read);
  return changed(unread, roomId, { ...held, quiet: [...still, seq] });
}

/**
 * A message of somebody else, and of no thread, was deleted by the room's change rev.
 *
 * @param {Unread} unread
 * @param {string} roomId
 * @param {{seq: number, rev: number}} message
 * @returns {Unread}
 */
export function gone(unread, roomId, { seq, rev }) {
  const held = unread.get(roomId) ?? NOTHING;
  if (seq > held.baseAt) return quiet(unread, roomId, seq);
  if (seq <= held.read || rev <= held.baseRev) return unread;
  return changed(unread, roomId, { ...held, base: Math.max(0, held.base - 1), baseRev: rev });
}

/** @param {Unread} unread @param {string} roomId @returns {Unread} */
export function forgotten(unread, roomId) {
  if (!unread.has(roomId)) return unread;
  return new Map([...unread].filter(([id]) => id !== roomId));
}

/** @param {Unread} unread @param {string} roomId @returns {number} */
export function countOf(unread, roomId) {
  const { head, read, base, baseAt, quiet: still } = unread.get(roomId) ?? NOTHING;
  const from = Math.max(baseAt, read);
  const older = Math.min(base, Math.max(0, baseAt - read));
  return older + Math.max(0, head - from - still.filter((one) => one > from).length);
}

/** How many messages follow the last read one, of whatever kind. @param {Unread} unread @param {string} roomId */
export function lengthOf(unread, roomId) {
  const { head, read } = unread.get(roomId) ?? NOTHING;
  return Math.max(0, head - read);
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

/**
 * What the server counted, unless that is older than what is held.
 *
 * @param {Mark} held
 * @param {Place} place
 */
function counted(held, { seq, version, unread = 0, last_seq: at = seq, rev = 0 }) {
  if (version === held.version && (at < held.baseAt || rev < held.baseRev)) return {};
  const still = held.quiet.filter((one) => one > at);
  return {
    head: Math.max(held.head, at),
    base: unread,
    baseAt: at,
    baseRev: rev,
    quiet: still.length === held.quiet.length ? held.quiet : still,
  };
}

/** @param {Unread} unread @param {string} roomId @param {Mark} next @returns {Unread} */
function changed(unread, roomId, next) {
  const held = unread.get(roomId);
  const names = /** @type {(keyof Mark)[]} */ (Object.keys(next));
  if (held && names.every((name) => held[name] === next[name])) return unread;
  return new Map(unread).set(roomId, next);
}
