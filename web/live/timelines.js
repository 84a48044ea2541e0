/**
 * The messages of opened rooms: loaded, followed, and every gap closed.
 *
 * Rule of the file: it decides when to ask, store/timeline.js what the answers mean. A hole is
 * waited on for a moment before it is called a gap: the missing message is usually on its way.
 *
 * @import {Message, Ready, Since} from "../types"
 * @import {Timeline} from "../store/timeline.js"
 */

import { batch } from "@preact/signals";

import { errorOf, get } from "../api.js";
import { ask, isLive } from "../socket.js";
import { settled } from "../store/outbox.js";
import {
  caughtUp,
  cut,
  emptyTimeline,
  gapOf,
  headed,
  loaded,
  received,
  revHeard,
  trimmed,
  withOlder,
} from "../store/timeline.js";
import { means } from "../store/mentions.js";
import { gone, lengthOf, meant, quiet, reached } from "../store/unread.js";
import { boot } from "../boot.js";
import { roomMissed } from "./rooms.js";
import { loading, openId, outbox, timelines, unread } from "./state.js";

const PAGE = 60;
/** So much of what was read stands above the first unread message. */
const ABOVE_NEW = 20;
const PAGE_MAX = 200;
const OLDER_PAGE = 80;
/** Rooms whose messages are held; those opened longest ago are loaded again when needed. */
const ROOMS_HELD = 12;
/** Messages kept of a room that is not being read back in. */
const KEEP = 300;
const GAP_MS = 300;
const AGAIN_MS = 1500;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let gapTimer;

/** The room's newest messages are held, when the server can be asked. @param {string} roomId */
export async function openTimeline(roomId) {
  if (timelines.value.has(roomId)) return touch(roomId);
  setTimeline(emptyTimeline(roomId));
  await whileLoading(roomId, "first", async () => {
    const answer = await get(`/api/v1/rooms/${roomId}/messages?limit=${firstPage(roomId)}`);
    change(roomId, (timeline) => loaded(timeline, answer.messages, answer.has_more, answer));
  });
}

/** Messages before the oldest one held are held too. @param {string} roomId */
export async function loadOlder(roomId) {
  const timeline = timelines.value.get(roomId);
  const first = timeline?.messages[0];
  if (!timeline?.hasMore || first === undefined || loading.value.has(roomId)) return;
  await whileLoading(roomId, "older", async () => {
    const path = `/api/v1/rooms/${roomId}/messages?before=${first.seq}&limit=${OLDER_PAGE}`;
    const answer = await get(path);
    const { messages, has_more: hasMore, rev, first_seq: firstSeq } = answer;
    change(roomId, (held) => withOlder(held, messages, hasMore, rev, firstSeq));
  });
}

/**
 * Older messages that were visited stand before the ones held; they must join on.
 *
 * @param {string} roomId
 * @param {readonly Message[]} messages
 * @param {boolean} hasOlder
 * @param {number} rev
 */
export function joinOlder(roomId, messages, hasOlder, rev) {
  const first = timelines.value.get(roomId)?.messages[0]?.seq ?? Infinity;
  if ((messages[0]?.seq ?? Infinity) >= first) return;
  change(roomId, (timeline) => withOlder(timeline, messages, hasOlder, rev));
}

/** Loading that failed is tried once more. @param {string} roomId */
export function loadAgain(roomId) {
  const held = timelines.value.get(roomId);
  if (held && held.messages.length > 0) return loadOlder(roomId);
  timelines.value = without(timelines.value, roomId);
  return openTimeline(roomId);
}

/** Far-back messages are let go while the reader is at the newest ones. @param {string} roomId */
export function letGoOfOld(roomId) {
  const held = timelines.value.get(roomId);
  if (held && held.messages.length > KEEP * 1.3)
    change(roomId, (timeline) => trimmed(timeline, KEEP));
}

/** @param {Message} message */
export function messageArrived(message) {
  batch(() => {
    weigh(message);
    change(message.room_id, (timeline) => received(timeline, message));
  });
}

/**
 * Rooms reach this far: what is missing of opened ones is fetched.
 *
 * @param {Record<string, number>} heads
 * @param {Record<string, number>} [revs]
 */
export function headsTold(heads, revs = {}) {
  batch(() => {
    for (const [roomId, head] of Object.entries(heads)) {
      unread.value = reached(unread.value, roomId, head);
      change(roomId, (timeline) => headed(timeline, head, revs[roomId]));
    }
  });
}

/** A change of the room, of whatever kind, was heard. @param {{room_id: string, rev?: number, room?: {first_seq?: number}}} event */
export function roomRevHeard({ room_id: roomId, rev, room }) {
  if (rev !== undefined)
    change(roomId, (timeline) => cut(revHeard(timeline, rev), room?.first_seq));
}

/** The line is up again: gaps are closed at once. @param {Ready} ready */
export function linked(ready) {
  headsTold(ready.heads, ready.revs);
  closeGaps();
  for (const [roomId, state] of loading.value) if (typeof state === "object") loadAgain(roomId);
}

/**
 * The room reaches this far by the reader's own message.
 *
 * @param {string} roomId
 * @param {number} seq
 */
export function reachedBy(roomId, seq) {
  batch(() => {
    unread.value = quiet(unread.value, roomId, seq);
    headsTold({ [roomId]: seq });
  });
}

/** The message is unread, or makes nothing unread: docs/PROTOCOL.md, RoomRead. @param {Message} message */
function weigh(message) {
  const { room_id: roomId, seq, thread_id: threadId, author_id: authorId, deleted } = message;
  let next = reached(unread.value, roomId, seq);
  if (threadId !== undefined || authorId === boot.user.id) next = quiet(next, roomId, seq);
  else if (deleted) next = gone(next, roomId, message);
  else if (means(message, boot.user.id)) next = meant(next, roomId, seq);
  unread.value = next;
}

/**
 * Enough to open at the first unread message, when that is not too far back.
 *
 * @param {string} roomId
 */
function firstPage(roomId) {
  return Math.min(PAGE_MAX, Math.max(PAGE, lengthOf(unread.value, roomId) + ABOVE_NEW));
}

async function closeGaps() {
  clearTimeout(gapTimer);
  gapTimer = undefined;
  const behind = gaps();
  if (behind.length === 0 || !isLive()) return;
  /** @type {Since | null} */
  const answer = await ask("message:since", {
    rooms: Object.fromEntries(behind.map(({ roomId, upTo }) => [roomId, upTo])),
    revs: Object.fromEntries(behind.map(({ roomId, rev }) => [roomId, rev])),
  }).catch(() => null);
  batch(() => {
    for (const { roomId, upTo, rev } of behind) {
      const tail = answer?.rooms[roomId];
      tail?.changed?.forEach(weigh);
      tail?.messages.forEach(weigh);
      if (tail) change(roomId, (timeline) => caughtUp(timeline, tail, { seq: upTo, rev }));
      if (tail?.room) roomMissed(tail.room);
    }
  });
  if (gaps().length > 0) gapTimer ??= setTimeout(closeGaps, AGAIN_MS);
}

/** Rooms with a hole. @returns {Timeline[]} */
function gaps() {
  return [...timelines.value.values()].filter(
    (timeline) => gapOf(timeline) !== null && loading.value.get(timeline.roomId) !== "first",
  );
}

/** @param {string} roomId @param {(timeline: Timeline) => Timeline} step */
function change(roomId, step) {
  const held = timelines.value.get(roomId);
  if (held === undefined) return;
  const next = step(held);
  batch(() => {
    if (next !== held) timelines.value = new Map(timelines.value).set(roomId, next);
    outbox.value = settled(outbox.value, boot.user.id, next.messages.slice(-KEEP), next);
  });
  if (gapOf(next) !== null) gapTimer ??= setTimeout(closeGaps, GAP_MS);
}

/** @param {string} roomId @param {"first" | "older"} what @param {() => Promise<void>} load */
async function whileLoading(roomId, what, load) {
  loading.value = new Map(loading.value).set(roomId, what);
  try {
    await load();
    loading.value = without(loading.value, roomId);
  } catch (thrown) {
    loading.value = new Map(loading.value).set(roomId, errorOf(thrown));
  }
  closeGaps();
}

/** @param {Timeline} timeline */
function setTimeline(timeline) {
  const held = [...timelines.value].filter(([id]) => id !== timeline.roomId);
  timelines.value = new Map([...held.slice(1 - ROOMS_HELD), [timeline.roomId, timeline]]);
}

/** The room counts as opened last. @param {string} roomId */
function touch(roomId) {
  const held = timelines.value.get(roomId);
  if (held && openId.value !== null) setTimeline(held);
}

/** @template V @param {ReadonlyMap<string, V>} map @param {string} key @returns {Map<string, V>} */
function without(map, key) {
  return new Map([...map].filter(([id]) => id !== key));
}
