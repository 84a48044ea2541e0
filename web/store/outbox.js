/**
 * Own messages that the server has not yet put in their place.
 *
 * Rule of the file: pure. One queue in order of writing; a room's messages leave one at a time, so
 * that they arrive in the order they were written. Each keeps its client id for life: sending it
 * twice makes one message. An entry ends when the message itself is seen in the
 * timeline. Not here: storage (live/keep.js), the sending itself (live/sending.js).
 *
 * @import {ErrorBody, Message, Pending} from "../types"
 */

/** @typedef {readonly Pending[]} Outbox */

/** Tries without an answer, while connected, before the writer is asked. */
export const TRIES_MAX = 5;

/**
 * The message waits at the end of the queue.
 *
 * @param {Outbox} outbox
 * @param {{client_id: string, room_id: string, body: string, at_ms: number, thread_id?: string}} entry
 * @returns {Outbox}
 */
export function written(outbox, entry) {
  return [...outbox, { ...entry, state: "waiting", tries: 0 }];
}

/**
 * The entries that may leave now: the first unsent one of each room that has none under way.
 *
 * @param {Outbox} outbox
 * @returns {Pending[]}
 */
export function due(outbox) {
  /** @type {Map<string, Pending>} */
  const first = new Map();
  for (const entry of outbox) {
    const open = entry.state === "waiting" || entry.state === "sending";
    if (open && !first.has(entry.room_id)) first.set(entry.room_id, entry);
  }
  return [...first.values()].filter((entry) => entry.state === "waiting");
}

/** @param {Outbox} outbox @param {string} clientId @returns {Outbox} */
export function sending(outbox, clientId) {
  return changedEntry(outbox, clientId, (entry) => ({
    ...entry,
    state: "sending",
    tries: entry.tries + 1,
    error: undefined,
  }));
}

/**
 * The server holds it, as number seq.
 *
 * @param {Outbox} outbox
 * @param {string} clientId
 * @param {number} seq
 * @returns {Outbox}
 */
export function acked(outbox, clientId, seq) {
  return changedEntry(outbox, clientId, (entry) => ({ ...entry, state: "sent", seq }));
}

/**
 * No answer came: it waits again, and fails after TRIES_MAX tries.
 *
 * @param {Outbox} outbox
 * @param {string} clientId
 * @returns {Outbox}
 */
export function unanswered(outbox, clientId) {
  return changedEntry(outbox, clientId, (entry) => ({
    ...entry,
    state: entry.tries >= TRIES_MAX ? "failed" : "waiting",
  }));
}

/** @param {Outbox} outbox @param {string} clientId @param {ErrorBody} error @returns {Outbox} */
export function refused(outbox, clientId, error) {
  const state = error.temporary ? "waiting" : "failed";
  return changedEntry(outbox, clientId, (entry) => ({ ...entry, state, error }));
}

/**
 * The writer asked for another try.
 *
 * @param {Outbox} outbox
 * @param {string} clientId
 * @returns {Outbox}
 */
export function retried(outbox, clientId) {
  return changedEntry(outbox, clientId, (entry) => ({
    ...entry,
    state: "waiting",
    tries: 0,
    error: undefined,
  }));
}

/** @param {Outbox} outbox @param {string} clientId @returns {Outbox} */
export function dropped(outbox, clientId) {
  return outbox.filter((entry) => entry.client_id !== clientId);
}

/**
 * What was under way when the connection broke waits again; it does not count as a try.
 *
 * @param {Outbox} outbox
 * @returns {Outbox}
 */
export function interrupted(outbox) {
  return outbox.map((entry) =>
    entry.state === "sending"
      ? { ...entry, state: "waiting", tries: Math.max(0, entry.tries - 1) }
      : entry,
  );
}

/**
 * Entries whose message is in the timeline are gone.
 *
 * @param {Outbox} outbox
 * @param {string} ownId
 * @param {readonly Message[]} messages
 * @returns {Outbox}
 */
export function settled(outbox, ownId, messages) {
  const mine = messages.filter((message) => message.author_id === ownId);
  const seen = new Set(mine.map((message) => `${message.room_id} ${message.client_id}`));
  const left = outbox.filter((entry) => !seen.has(`${entry.room_id} ${entry.client_id}`));
  return left.length === outbox.length ? outbox : left;
}

/**
 * What outlives a reload: everything the server has not acknowledged.
 *
 * @param {Outbox} outbox
 * @returns {Outbox}
 */
export function toKeep(outbox) {
  return interrupted(outbox).filter((entry) => entry.state !== "sent");
}

/**
 * @param {Outbox} outbox
 * @param {string} clientId
 * @param {(entry: Pending) => Pending} change
 * @returns {Outbox}
 */
function changedEntry(outbox, clientId, change) {
  return outbox.map((entry) => (entry.client_id === clientId ? change(entry) : entry));
}
