/**
 * What stands in the list of messages, line by line.
 *
 * Rule of the file: pure; which local day a time falls on comes in as a function.
 *
 * @import {Message, Pending} from "../types"
 */

/** Messages of one author within this span stand under one name. */
export const GROUP_MS = 5 * 60_000;

/**
 * @typedef {{kind: "day", key: string, at_ms: number}
 *   | {kind: "new", key: string}
 *   | {kind: "message", key: string, message: Message, isHead: boolean}
 *   | {kind: "pending", key: string, entry: Pending, isHead: boolean}} Row
 */

/**
 * Day separators, the "new" line, and messages grouped by author; own unsent messages last.
 *
 * @param {readonly Message[]} messages in order of seq
 * @param {readonly Pending[]} pending own messages of the room, in order of writing
 * @param {{ownId: string, newFrom: number | undefined, dayOf: (atMs: number) => number}} view
 * @returns {Row[]}
 */
export function rowsOf(messages, pending, { ownId, newFrom, dayOf }) {
  /** @type {Row[]} */
  const rows = [];
  let above = nobody();
  const firstNew = newFrom && firstNewOf(messages, newFrom, ownId);
  const step = (/** @type {{authorId: string, atMs: number, isNew: boolean}} */ next) => {
    const isNewDay = above.day !== dayOf(next.atMs);
    if (isNewDay) rows.push({ kind: "day", key: `day ${dayOf(next.atMs)}`, at_ms: next.atMs });
    if (next.isNew) rows.push({ kind: "new", key: "new" });
    const isHead = isNewDay || next.isNew || !follows(next, above);
    above = { authorId: next.authorId, atMs: next.atMs, day: dayOf(next.atMs) };
    return isHead;
  };
  for (const message of messages) {
    const isNew = message === firstNew;
    const isHead = step({ authorId: message.author_id, atMs: message.at_ms, isNew });
    rows.push({
      kind: "message",
      key: keyOf(message.author_id, message.client_id),
      message,
      isHead,
    });
  }
  for (const entry of pending) {
    const isHead = step({ authorId: ownId, atMs: Math.max(entry.at_ms, above.atMs), isNew: false });
    rows.push({ kind: "pending", key: keyOf(ownId, entry.client_id), entry, isHead });
  }
  return rows;
}

/** At most so many rows are drawn at once, and the part that is drawn moves by so many. */
export const DRAWN_MAX = 300;
const STEP = 100;

/**
 * The part of the rows that is drawn, by its last row; null is the end of the room.
 *
 * @param {readonly Row[]} rows
 * @param {string | null} lastKey
 * @returns {{from: number, to: number}} as for slice
 */
export function drawnPart(rows, lastKey) {
  const last = lastKey === null ? -1 : rows.findLastIndex((row) => row.key === lastKey);
  const to = last === -1 ? rows.length : last + 1;
  return { from: Math.max(0, to - DRAWN_MAX), to };
}

/**
 * The last row to draw so that the message of that seq is drawn, with what comes after it.
 *
 * @param {readonly Row[]} rows
 * @param {number | null} seq
 * @returns {string | null}
 */
export function lastDrawnFor(rows, seq) {
  if (seq === null) return null;
  const at = rows.findIndex((row) => row.kind === "message" && row.message.seq >= seq);
  return at === -1 ? null : (rows[at + DRAWN_MAX / 2]?.key ?? null);
}

/**
 * The last row to draw when the reader nears the top of what is drawn.
 *
 * @param {readonly Row[]} rows
 * @param {string | null} lastKey
 * @returns {string | null}
 */
export function movedUp(rows, lastKey) {
  const { from, to } = drawnPart(rows, lastKey);
  return from === 0 ? lastKey : (rows[to - Math.min(STEP, from) - 1]?.key ?? lastKey);
}

/**
 * The last row to draw when the reader nears the bottom of what is drawn.
 *
 * @param {readonly Row[]} rows
 * @param {string | null} lastKey
 * @returns {string | null}
 */
export function movedDown(rows, lastKey) {
  const { to } = drawnPart(rows, lastKey);
  return to + STEP >= rows.length ? null : (rows[to + STEP - 1]?.key ?? null);
}

/**
 * The first unread one; none while older messages are not there yet.
 *
 * @param {readonly Message[]} messages
 * @param {number} from may be an answer in a thread, which is not among them
 * @param {string} ownId
 */
function firstNewOf(messages, from, ownId) {
  const isThere = (messages[0]?.seq ?? Infinity) <= from;
  return messages.find(({ seq, author_id: id }) => isThere && seq >= from && id !== ownId);
}

/** The same before and after the server has it, so that the line stays where it is. */
function keyOf(/** @type {string} */ authorId, /** @type {string} */ clientId) {
  return `${authorId} ${clientId}`;
}

/**
 * @param {{authorId: string, atMs: number}} next
 * @param {{authorId: string, atMs: number}} above
 */
function follows(next, above) {
  return next.authorId === above.authorId && next.atMs - above.atMs < GROUP_MS;
}

function nobody() {
  return { authorId: "", atMs: 0, day: Number.NaN };
}
