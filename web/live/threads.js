/**
 * What the reader has not read of the threads he follows: told by the server, kept right since.
 *
 * Rule of the file: an event that may make the reader follow a thread, or that this page cannot
 * count by itself, asks the server for all of it, once for many.
 *
 * @import {Message, RoomFacts, RoomRead} from "../types"
 */

import { effect, signal } from "@preact/signals";

import { get } from "../api.js";
import { boot } from "../boot.js";
import { ask, isLive, listen } from "../socket.js";
import { means } from "../store/mentions.js";
import { answered, countsIn, isCut, listed, readUpTo } from "../store/threads.js";
import { isWatched, onPresence } from "../visibility.js";
import { openedThread, threadMessages } from "./thread.js";

/** Events that come together are answered by asking once; crowds do not ask at the same moment. */
const GATHER_MS = 300;
const SPREAD_MS = 700;

const threads = signal(/** @type {import("../store/threads.js").Threads} */ (new Map()));
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** Counts what the server told. */
let told = 0;

/** Of a thread, by its root. @param {string} rootId */
export function newsOf(rootId) {
  return threads.value.get(rootId) ?? { unread: 0, mentions: 0 };
}

/** Of all threads of a room. @param {string} roomId */
export function newsIn(roomId) {
  return countsIn(threads.value, roomId);
}

/** The roots of a room's threads in which something is unread. @param {string} roomId */
export function unreadRoots(roomId) {
  return [...threads.value].flatMap(([id, place]) =>
    place.roomId === roomId && place.unread > 0 ? id : [],
  );
}

/** @param {Message} message */
function messageCame(message) {
  const { thread_id: id } = message;
  if (id === undefined) return;
  told += 1;
  threads.value = answered(threads.value, message, boot.user.id);
  if (!threads.value.has(id) && means(message, boot.user.id)) askSoon();
}

/** @param {Message} message */
function messageChanged({ id, author_id: authorId, thread, thread_id: rootId, deleted }) {
  if (thread && authorId === boot.user.id && !threads.value.has(id)) askSoon(); // its first answer
  if (deleted && rootId !== undefined && newsOf(rootId).unread > 0) askSoon();
}

/** @param {RoomRead} event */
function roomRead(event) {
  if (event.thread_id === undefined) return;
  told += 1;
  const next = readUpTo(threads.value, event);
  if (next === threads.value) askSoon();
  threads.value = next;
}

/** @param {{room: RoomFacts}} event */
function roomChanged({ room }) {
  if (isCut(threads.value, room)) askSoon();
}

function askSoon() {
  timer ??= setTimeout(refresh, GATHER_MS + Math.random() * SPREAD_MS);
}

/** All of it is as the server has it, when the server can be asked. */
async function refresh() {
  clearTimeout(timer);
  timer = undefined;
  const before = told;
  const answer = await get("/api/v1/threads").catch(() => null); // the next time that the line comes up
  if (before !== told) askSoon();
  else if (answer !== null) threads.value = listed(answer.threads);
}

/** The open thread is read as far as it is shown, while the reader looks. */
function readShown() {
  const opened = openedThread.value;
  const last = threadMessages.value.at(-1);
  const news = threads.value.get(opened?.rootId ?? "");
  if (!opened?.isLoaded || !last || !news?.unread || last.seq <= (news.read ?? 0)) return;
  if (!isWatched()) return;
  const place = { room_id: opened.roomId, thread_id: opened.rootId, seq: last.seq };
  ask("message:read", place).catch(() => {}); // said again when something comes
}

listen("message:new", messageCame);
listen("message:changed", messageChanged);
listen("room:read", roomRead);
listen("room:changed", roomChanged);
listen("session:ready", refresh);
effect(readShown);
onPresence(readShown);
addEventListener("focus", readShown);
if (isLive()) refresh();
