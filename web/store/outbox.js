/**
 * Own messages that the server has not yet put in their place, as the page shows them.
 *
 * Rule of the file: pure. Each entry keeps its client id for life: sending it twice makes one
 * message. It ends when the message itself is seen in the timeline. Those that other tabs of this
 * browser wrote are among them. Not here: what is kept on disk (live/unsent.js), the order in which
 * they leave (live/sender.js).
 *
 * @import {ErrorBody, Message, Pending} from "../types"
 */

import { placeOf } from "./typing.js";

/** @typedef {readonly Pending[]} Outbox */

/**
 * What is kept of an entry, in the order of writing.
 *
 * @typedef {Pick<Pending, "client_id" | "room_id" | "body" | "at_ms" | "thread_id" | "error">
 *   & {state: "waiting" | "failed"}} Unsent
 */

/**
 * The message waits at the end of the queue.
 *
 * @param {Outbox} outbox
 * @param {{client_id: string, room_id: string, body: string, at_ms: number, thread_id?: string}} entry
 * @returns {Outbox}
 */
export function written(outbox, entry) {
  return [...outbox, { ...entry, state: "waiting" }];
}

/** It is kept: from now on what is kept says whether it still exists. @param {Outbox} outbox @param {string} clientId */
export function keptNow(outbox, clientId) {
  return changedEntry(outbox, clientId, { is_kept: true });
}

/** @param {Outbox} outbox @param {string} clientId */
export function sending(outbox, clientId) {
  return changedEntry(outbox, clientId, { state: "sending", error: undefined });
}

/**
 * The server holds it, as number seq.
 *
 * @param {Outbox} outbox
 * @param {string} clientId
 * @param {number} seq
 */
export function acked(outbox, clientId, seq) {
  return changedEntry(outbox, clientId, { state: "sent", seq, error: undefined });
}

/** It did not go through yet, and will be tried again. @param {Outbox} outbox @param {string} clientId */
export function waiting(outbox, clientId) {
  return changedEntry(outbox, clientId, { state: "waiting", error: undefined });
}

/** Its writer is asked what to do. @param {Outbox} outbox @param {string} clientId @param {ErrorBody} error */
export function failed(outbox, clientId, error) {
  return changedEntry(outbox, clientId, { state: "failed", error });
}

/** @param {Outbox} outbox @param {string} clientId @returns {Outbox} */
export function dropped(outbox, clientId) {
  return outbox.filter((entry) => entry.client_id !== clientId);
}

/** What was under way when the connection broke waits again. @param {Outbox} outbox @returns {Outbox} */
export function interrupted(outbox) {
  return outbox.map((entry) =>
    entry.state === "sending" ? { ...entry, state: "waiting" } : entry,
  );
}

/**
 * Entries whose message is in the timeline are gone, and those that their room keeps no more.
 *
 * @param {Outbox} outbox
 * @param {string} ownId
 * @param {readonly Message[]} messages
 * @param {{roomId: string, firstSeq: number}} [room]
 * @returns {Outbox}
 */
export function settled(outbox, ownId, messages, room) {
  const mine = messages.filter((message) => message.author_id === ownId);
  const seen = new Set(mine.map((message) => `${message.room_id} ${message.client_id}`));
  const isOld = (/** @type {Pending} */ { room_id: roomId, seq = Infinity }) =>
    roomId === room?.roomId && seq < room.firstSeq;
  const left = outbox.filter(
    (entry) => !seen.has(`${entry.room_id} ${entry.client_id}`) && !isOld(entry),
  );
  return left.length === outbox.length ? outbox : left;
}

/**
 * What is kept is shown, in its order: what another tab wrote, failed, sent or deleted, too. What
 * this page sends now stays as it is, and what is not kept yet comes last.
 *
 * @param {Outbox} outbox
 * @param {readonly Unsent[]} kept
 * @returns {Outbox}
 */
export function merged(outbox, kept) {
  const held = new Map(outbox.map((entry) => [entry.client_id, entry]));
  const names = new Set(kept.map((entry) => entry.client_id));
  const others = outbox.filter((entry) => !names.has(entry.client_id));
  return [
    ...others.filter((entry) => entry.state === "sent"),
    ...kept.map((entry) => asKept(held.get(entry.client_id), entry)),
    ...others.filter((entry) => entry.state !== "sent" && !entry.is_kept),
  ];
}

/**
 * What waits or is under way of those that go back is in the outbox no more: it is text again, by
 * place (a room, or a thread of it) and in the order of writing.
 *
 * @param {Outbox} outbox
 * @param {(entry: Pending) => boolean} goesBack
 * @returns {{left: Outbox, texts: ReadonlyMap<string, string>}}
 */
export function givenBack(outbox, goesBack) {
  const isBack = (/** @type {Pending} */ one) =>
    /^(wait|send)ing$/.test(one.state) && goesBack(one);
  /** @type {Map<string, string>} */
  const texts = new Map();
  for (const { room_id: roomId, thread_id: threadId, body } of outbox.filter(isBack)) {
    const place = placeOf(roomId, threadId);
    const before = texts.get(place);
    texts.set(place, before === undefined ? body : `${before}\n${body}`);
  }
  return { left: outbox.filter((one) => !isBack(one)), texts };
}

/** What would be lost with this browser's memory. @param {Outbox} outbox */
export function unsentOf(outbox) {
  return outbox.filter((entry) => entry.state !== "sent");
}

/** @param {Pending | undefined} held @param {Unsent} kept @returns {Pending} */
function asKept(held, kept) {
  const isUnderWay = held?.state === "sending" || held?.state === "sent";
  return isUnderWay ? { ...held, is_kept: true } : { ...kept, is_kept: true };
}

/**
 * @param {Outbox} outbox
 * @param {string} clientId
 * @param {Partial<Pending>} fields
 * @returns {Outbox}
 */
function changedEntry(outbox, clientId, fields) {
  return outbox.map((entry) => (entry.client_id === clientId ? { ...entry, ...fields } : entry));
}
