/**
 * Below which message each reader of a room stands.
 *
 * Rule of the file: pure. Receipts only grow; a late one changes nothing. Nobody is named below his
 * own message: that he read it says nothing.
 *
 * @import {Message} from "../types"
 */

/** @typedef {ReadonlyMap<string, number>} Receipts seq by user id */

/** @param {Receipts} receipts @param {string} userId @param {number} seq @returns {Receipts} */
export function readTo(receipts, userId, seq) {
  if ((receipts.get(userId) ?? 0) >= seq) return receipts;
  return new Map(receipts).set(userId, seq);
}

/** Who has read up to seq, or further. @param {Receipts} receipts @param {number} seq @returns {string[]} */
export function readersOf(receipts, seq) {
  return [...receipts].flatMap(([userId, upTo]) => (upTo >= seq ? userId : []));
}

/**
 * User ids by the seq of the last shown message that they have read; who has read none of the
 * shown ones is left out.
 *
 * @param {readonly Message[]} messages in order of seq
 * @param {Receipts} receipts
 * @param {(userId: string) => boolean} isNamed
 * @returns {Map<number, string[]>}
 */
export function seenAt(messages, receipts, isNamed) {
  /** @type {Map<number, string[]>} */
  const found = new Map();
  for (const [userId, seq] of receipts) {
    const last = isNamed(userId) ? messages.findLast((message) => message.seq <= seq) : undefined;
    if (last === undefined || last.author_id === userId) continue;
    found.set(last.seq, [...(found.get(last.seq) ?? []), userId]);
  }
  return found;
}
