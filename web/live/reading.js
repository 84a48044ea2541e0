/**
 * What was read: told to the server, shown by the "new" line, the title and the icon.
 *
 * Rule of the file: a message counts as read when it was in view while the tab was visible and had
 * the focus. The "new" line stands where reading had ended when the room was opened (or the reader
 * looked away) and does not move while they read. What was marked as unread stays so until the room
 * is opened again, or the reader writes there.
 *
 * @import {Message, RoomRead} from "../types"
 */

import { effect } from "@preact/signals";

import { boot } from "../boot.js";
import { ask, isLive } from "../socket.js";
import { countOf, isMovedBack, placed, read } from "../store/unread.js";
import { isWatched } from "../visibility.js";
import { listedRooms } from "./rooms.js";
import { newFrom, openId, openRoom, spoken, unread } from "./state.js";

/** Read places are told at most this often. */
const TELL_MS = 400;

/** Not read aloud to who did not ask for it; here its source, elsewhere ui/spoilers.js. */
const SPOILER = /\|\|.+?\|\|/gs;

/** @type {Map<string, number>} */
const untold = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let toldAtMs = 0;
/** The open room, when the reader marked some of it as unread. */
let left = "";
addEventListener("pagehide", linked);

/** The "new" line stands before the first unread message. @param {string} roomId */
export function markNew(roomId) {
  left = "";
  const mark = unread.value.get(roomId);
  const lines = new Map([...newFrom.value].filter(([id]) => id !== roomId));
  if (mark && countOf(unread.value, roomId) > 0) lines.set(roomId, mark.read + 1);
  newFrom.value = lines;
}

/**
 * A message came to the open room: it is spoken, and if nobody looks, the line is set.
 *
 * @param {Message} message
 */
export function arrived({ room_id: roomId, seq, author, author_id: authorId, body, thread_id }) {
  if (openId.value !== roomId || authorId === boot.user.id) return;
  spoken.value = `${author?.display_name ?? ""}: ${body.replace(SPOILER, "…")}`;
  if (isWatched() || thread_id !== undefined || countOf(unread.value, roomId) > 0) return;
  newFrom.value = new Map(newFrom.value).set(roomId, seq);
}

/** Everything up to seq was in view. @param {string} roomId @param {number} seq */
export function inView(roomId, seq) {
  const before = unread.value.get(roomId)?.read ?? 0;
  if (!isWatched() || seq <= before || roomId === left) return;
  unread.value = read(unread.value, roomId, seq);
  untold.set(roomId, seq);
  timer ??= setTimeout(tell, Math.max(0, toldAtMs + TELL_MS - Date.now()));
}

/** Read, or marked as unread, on this device or another. @param {RoomRead} event */
export function roomRead({ room_id: roomId, thread_id: threadId, ...place }) {
  if (threadId !== undefined) return;
  if (isMovedBack(unread.value, roomId, place)) {
    untold.delete(roomId);
    if (roomId === openId.value) left = roomId;
    newFrom.value = new Map(newFrom.value).set(roomId, place.seq + 1);
  }
  unread.value = placed(unread.value, roomId, place);
}

/** The message and all after it are unread. Rejects with Refusal. @param {Message} message */
export async function markUnread({ room_id: roomId, seq }) {
  await tell();
  await ask("message:unread", { room_id: roomId, seq });
}

/** The reader has written there: he is at its end. */
export function wrote() {
  left = "";
}

/** The line is up: read places that could not be told are told. */
export function linked() {
  if (untold.size > 0) tell();
}

async function tell() {
  clearTimeout(timer);
  timer = undefined;
  toldAtMs = Date.now();
  if (!isLive()) return;
  const places = [...untold];
  untold.clear();
  await Promise.all(
    places.map(([roomId, seq]) =>
      ask("message:read", { room_id: roomId, seq }).catch(() => keepUntold(roomId, seq)),
    ),
  );
}

/** It is told when the line is up again. @param {string} roomId @param {number} seq */
function keepUntold(roomId, seq) {
  untold.set(roomId, Math.max(seq, untold.get(roomId) ?? 0));
}

/** The title and the icon say how much is unread. */
export function showInTitle() {
  const icon = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
  const calm = icon?.getAttribute("href") ?? "";
  effect(() => {
    const count = listedRooms.value.reduce((sum, { id }) => sum + countOf(unread.value, id), 0);
    const place = openRoom.value ? `${openRoom.value.name} · Rollcall` : "Rollcall";
    document.title = count > 0 ? `(${count > 99 ? "99+" : count}) ${place}` : place;
    icon?.setAttribute("href", count > 0 ? (icon.dataset.unread ?? calm) : calm);
  });
}
