/**
 * Who is writing, by place: a room, or a thread of it.
 *
 * Rule of the file: pure, and nobody writes for longer than TYPING_MS after he was last heard: what
 * says that he has stopped may be lost.
 */

/** Source: docs/PROTOCOL.md, Typing. */
export const TYPING_MS = 6000;

/**
 * @typedef {ReadonlyMap<string, ReadonlyMap<string, number>>}
 *   Writers until_ms by user id by place
 */

/** @returns {Writers} */
export function nobody() {
  return new Map();
}

/** @param {string} roomId @param {string} [threadId] */
export function placeOf(roomId, threadId) {
  return threadId === undefined ? roomId : `${roomId}/${threadId}`;
}

/**
 * Who was heard first stands first.
 *
 * @param {Writers} writers
 * @param {string} place
 * @param {string} userId
 * @param {number} nowMs
 * @returns {Writers}
 */
export function writing(writers, place, userId, nowMs) {
  const there = new Map(writers.get(place));
  return new Map(writers).set(place, there.set(userId, nowMs + TYPING_MS));
}

/** @param {Writers} writers @param {string} place @param {string} userId @returns {Writers} */
export function stopped(writers, place, userId) {
  if (!writers.get(place)?.has(userId)) return writers;
  return kept(writers, (id, _, at) => at !== place || id !== userId);
}

/**
 * Those who were not heard for too long are gone.
 *
 * @param {Writers} writers
 * @param {number} nowMs
 * @returns {Writers}
 */
export function outlasting(writers, nowMs) {
  return kept(writers, (_, untilMs) => untilMs > nowMs);
}

/** When the next of them will be gone; null: there is nobody. @param {Writers} writers */
export function nextEndMs(writers) {
  const ends = [...writers.values()].flatMap((there) => [...there.values()]);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** @param {Writers} writers @param {string} place @returns {string[]} */
export function writersAt(writers, place) {
  return [...(writers.get(place)?.keys() ?? [])];
}

/**
 * @param {Writers} writers
 * @param {(userId: string, untilMs: number, place: string) => boolean} isKept
 * @returns {Writers}
 */
function kept(writers, isKept) {
  const left = [...writers].map(
    ([place, there]) =>
      /** @type {const} */ ([
        place,
        new Map([...there].filter(([id, untilMs]) => isKept(id, untilMs, place))),
      ]),
  );
  return new Map(left.filter(([, there]) => there.size > 0));
}
