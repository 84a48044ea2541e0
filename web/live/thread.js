/**
 * The thread that is open beside the messages: its root, and the answers to it.
 *
 * Rule of the file: what the timeline holds is newer than what was loaded; of two states of a
 * message the one with the greater rev is shown.
 *
 * @import {ErrorBody, Message} from "../types"
 */

import { computed, signal } from "@preact/signals";

import { errorOf, get } from "../api.js";
import { openId, outbox, timelines } from "./state.js";

const PAGE = 200;

/** @typedef {{rootId: string, roomId: string, loaded: Message[], error: ErrorBody | null, isLoaded: boolean}} Thread */

const thread = signal(/** @type {Thread | null} */ (null));

/** The open thread of the open room; null when there is none. */
export const openedThread = computed(() =>
  thread.value?.roomId === openId.value ? thread.value : null,
);

/** Root first, then the answers in order of seq. */
export const threadMessages = computed(() => {
  const opened = openedThread.value;
  if (opened === null) return [];
  const timeline = timelines.value.get(opened.roomId);
  const held = timeline?.messages ?? [];
  const first = timeline?.firstSeq ?? 1;
  const belongs = (/** @type {Message} */ one) =>
    one.id === opened.rootId || one.thread_id === opened.rootId;
  /** @type {Map<string, Message>} */
  const newest = new Map();
  for (const message of [...opened.loaded, ...held.filter(belongs)]) {
    const known = newest.get(message.id);
    if (known === undefined || message.rev >= known.rev) newest.set(message.id, message);
  }
  const removed = { deleted: true, body: "", html: "" };
  return [...newest.values()]
    .filter((one) => one.seq >= first || one.id === opened.rootId)
    .map((one) => (one.seq < first ? { ...one, ...removed } : one))
    .toSorted((a, b) => a.seq - b.seq);
});

/** Own answers that are on their way. */
export const threadPending = computed(() =>
  outbox.value.filter((entry) => entry.thread_id === openedThread.value?.rootId),
);

/** The thread of the message is open. @param {Message} message */
export async function openThread(message) {
  const rootId = message.thread_id ?? message.id;
  const roomId = message.room_id;
  thread.value = { rootId, roomId, loaded: [message], error: null, isLoaded: false };
  try {
    const page = await get(`/api/v1/messages/${rootId}/thread?limit=${PAGE}`);
    settle(rootId, { loaded: [page.root, ...page.messages], isLoaded: true });
  } catch (thrown) {
    settle(rootId, { error: errorOf(thrown), isLoaded: true });
  }
}

export function closeThread() {
  thread.value = null;
}

/** @param {string} rootId @param {Partial<Thread>} fields */
function settle(rootId, fields) {
  if (thread.value?.rootId === rootId) thread.value = { ...thread.value, ...fields };
}
