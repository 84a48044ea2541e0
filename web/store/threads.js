/**
 * The threads that the reader follows, with what he has not read of each.
 *
 * Rule of the file: pure. The server counts (`GET /api/v1/threads`, `room:read` with a thread); an
 * answer that comes later is added, once, by its seq. Which threads he follows only the server knows.
 *
 * @import {FollowedThread, Message, RoomRead} from "../types"
 */

import { means } from "./mentions.js";

/** @typedef {{roomId: string, read: number, upTo: number, unread: number, mentions: number}} Place */
/** @typedef {ReadonlyMap<string, Place>} Threads by the id of the root */

/** @param {FollowedThread[]} followed @returns {Threads} */
export function listed(followed) {
  return new Map(
    followed.map(({ thread_id: id, room_id: roomId, read_seq: read, last_seq, ...counts }) => [
      id,
      { roomId, read, upTo: Math.max(read, last_seq), ...counts },
    ]),
  );
}

/**
 * An answer came. Who answers has read the thread up to there.
 *
 * @param {Threads} threads
 * @param {Message} message
 * @param {string} ownId
 * @returns {Threads}
 */
export function answered(threads, message, ownId) {
  const { thread_id: id, room_id: roomId, author_id: authorId, seq } = message;
  const held = id === undefined ? undefined : threads.get(id);
  if (id === undefined || (held && seq <= held.upTo)) return threads;
  const isOwn = authorId === ownId;
  if (!held && !isOwn) return threads;
  const base = held ?? { unread: 0, mentions: 0, read: 0 };
  const next = isOwn
    ? { read: seq, unread: 0, mentions: 0 }
    : {
        read: base.read,
        unread: base.unread + (message.deleted ? 0 : 1),
        mentions: base.mentions + (means(message, ownId) ? 1 : 0),
      };
  return new Map(threads).set(id, { roomId, upTo: seq, ...next });
}

/** It was read, here or on another device. @param {Threads} threads @param {RoomRead} told @returns {Threads} */
export function readUpTo(threads, { thread_id: id, room_id: roomId, seq, last_seq, ...told }) {
  const held = id === undefined ? undefined : threads.get(id);
  if (id === undefined || (held && (seq < held.read || (last_seq ?? seq) < held.upTo)))
    return threads;
  const { unread = 0, mentions = 0 } = told;
  return new Map(threads).set(id, { roomId, read: seq, upTo: last_seq ?? seq, unread, mentions });
}

/**
 * Whether some of what was counted is kept no more. How much of it only the server knows.
 *
 * @param {Threads} threads
 * @param {{id: string, first_seq: number}} room
 */
export function isCut(threads, { id, first_seq: first }) {
  return [...threads.values()].some(
    ({ roomId, read, unread }) => roomId === id && unread > 0 && read < first - 1,
  );
}

/** What is unread in all threads of a room. @param {Threads} threads @param {string} roomId */
export function countsIn(threads, roomId) {
  const sum = { unread: 0, mentions: 0 };
  for (const place of threads.values()) {
    if (place.roomId !== roomId) continue;
    sum.unread += place.unread;
    sum.mentions += place.mentions;
  }
  return sum;
}
