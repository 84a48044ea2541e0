/**
 * Who is writing beside the reader, and telling that the reader writes.
 *
 * Rule of the file: a hint and nothing more. What is lost is not said again; whoever is not heard
 * is forgotten (store/typing.js).
 *
 * @import {Message, TypingNow} from "../types"
 */

import { signal } from "@preact/signals";

import { boot } from "../boot.js";
import { ask, isLive } from "../socket.js";
import {
  nextEndMs,
  nobody,
  outlasting,
  placeOf,
  stopped,
  writersAt,
  writing,
} from "../store/typing.js";

/** Who goes on writing says so this often. Source: docs/PROTOCOL.md, MessageTyping. */
const AGAIN_MS = 3000;

const writers = signal(nobody());
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {{place: string, at_ms: number} | null} */
let told = null;

/** @param {TypingNow} event */
export function typingTold({ room_id: roomId, user_id: userId, typing, thread_id: threadId }) {
  if (userId === boot.user.id) return;
  const place = placeOf(roomId, threadId);
  follow(
    typing
      ? writing(writers.value, place, userId, Date.now())
      : stopped(writers.value, place, userId),
  );
}

/** What somebody was writing is there. @param {Message} message */
export function messageArrived({ room_id: roomId, thread_id: threadId, author_id: authorId }) {
  follow(stopped(writers.value, placeOf(roomId, threadId), authorId));
}

/** Ids of those who write there now. @param {string} roomId @param {string} [threadId] */
export function writersIn(roomId, threadId) {
  return writersAt(writers.value, placeOf(roomId, threadId));
}

/**
 * The others know that the reader writes there, or has stopped.
 *
 * @param {string} roomId
 * @param {string | undefined} threadId
 * @param {boolean} isWriting
 */
export function tellTyping(roomId, threadId, isWriting) {
  const place = placeOf(roomId, threadId);
  const isTold = told?.place === place;
  if (isWriting ? isTold && Date.now() - (told?.at_ms ?? 0) < AGAIN_MS : !isTold) return;
  told = isWriting ? { place, at_ms: Date.now() } : null;
  if (!isLive()) return;
  const event = { room_id: roomId, thread_id: threadId, typing: isWriting };
  ask("message:typing", event).catch(() => {}); // a hint: the next one, or its end, makes up for it
}

/** @param {import("../store/typing.js").Writers} next */
function follow(next) {
  writers.value = next;
  clearTimeout(timer);
  const endMs = nextEndMs(next);
  if (endMs === null) return;
  timer = setTimeout(() => follow(outlasting(writers.value, Date.now())), endMs - Date.now());
}
