/**
 * Who is here: the roster of statuses and the members of each room.
 *
 * Rule of the file: it decides when to ask, store/roster.js what the answers mean. A status that
 * may be stale is never shown: lost line, new life of the store and "not known" all read as unknown.
 *
 * @import {Change, Diff, Ready} from "../types"
 */

import { get } from "../api.js";
import { ask } from "../socket.js";
import {
  begunAnew,
  changed,
  headed,
  introduced,
  lost,
  moved,
  roomForgotten,
  roomRead,
  syncFrom,
  synced,
} from "../store/roster.js";
import { openRoom, roster } from "./state.js";

/** After a new life of the presence store every browser asks: within this span, not at once. */
const RESYNC_SPREAD_MS = 3000;
/** A rev that the heads tell of may still be on its way: this long it is not a gap. */
const BEHIND_MS = 700;

let askedAt = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** The line is up: the roster is asked for, from where it is known. @param {Ready} ready */
export function linked(ready) {
  if (ready.presence_known) syncRoster();
  else presenceUnknown();
  if (openRoom.value !== null) loadMembers(openRoom.value.id);
}

/** The line is down. */
export function unlinked() {
  presenceUnknown();
}

/** @param {Diff} diff */
export function presenceChanged(diff) {
  const isNewLife = roster.value.epoch !== null && roster.value.epoch !== diff.epoch;
  roster.value = changed(roster.value, diff);
  if (isNewLife) syncSoon(0);
}

/** The presence store is away: nobody's status can be known. */
export function presenceUnknown() {
  clearTimeout(timer);
  askedAt += 1;
  roster.value = lost(roster.value);
}

/** The presence store began anew. */
export function presenceBegunAnew() {
  askedAt += 1;
  roster.value = begunAnew(roster.value);
  syncSoon(Math.random() * RESYNC_SPREAD_MS);
}

/**
 * A rev beyond what was seen is asked for, unless it arrives meanwhile.
 *
 * @param {{epoch: string, rev: number}} heads
 */
export function revTold({ epoch, rev }) {
  roster.value = headed(roster.value, { epoch, rev });
  const known = roster.value;
  if (!known.known || epoch === "") return;
  if (epoch === known.epoch && rev <= known.rev) return;
  setTimeout(() => isBehind(epoch, rev) && syncRoster(), BEHIND_MS);
}

/**
 * The members of the room and their statuses are known, when the server can be asked.
 *
 * @param {string} roomId
 */
export async function loadMembers(roomId) {
  const answer = await get(`/api/v1/rooms/${roomId}/roster`).catch(() => null);
  if (answer === null) return;
  const ids = answer.members.map((/** @type {Change} */ member) => member.user_id);
  const met = introduced(roster.value, answer);
  roster.value = roomRead(met, roomId, { rev: answer.room_rev, user_ids: ids });
}

/** @param {import("../types").ServerEvents["member:joined"]} event */
export function memberJoined({ room_id: roomId, rev, member, presence }) {
  const held = roster.value.people.get(member.user_id)?.here ?? [];
  const elsewhere = held.filter((id) => id !== roomId);
  const line = { ...member, here: [...elsewhere, ...(member.here ?? [])] };
  const met = introduced(roster.value, { ...presence, members: [line] });
  roster.value = moved(met, { room_id: roomId, user_id: member.user_id, rev, isIn: true });
}

/** @param {{room_id: string, user_id: string, rev: number}} event */
export function memberLeft({ room_id: roomId, user_id: userId, rev }) {
  roster.value = moved(roster.value, { room_id: roomId, user_id: userId, rev, isIn: false });
}

/** @param {string} roomId */
export function roomGone(roomId) {
  roster.value = roomForgotten(roster.value, roomId);
}

/** The roster is as the server has it; a failed ask is repeated. */
async function syncRoster() {
  clearTimeout(timer);
  askedAt += 1;
  const mine = askedAt;
  try {
    const answer = await ask("roster:sync", syncFrom(roster.value));
    if (mine === askedAt) roster.value = synced(roster.value, answer);
  } catch {
    if (mine === askedAt) syncSoon(1000 + Math.random() * RESYNC_SPREAD_MS);
  }
}

/** @param {number} waitMs */
function syncSoon(waitMs) {
  clearTimeout(timer);
  timer = setTimeout(syncRoster, waitMs);
}

/** @param {string} epoch @param {number} rev */
function isBehind(epoch, rev) {
  return roster.value.known && (roster.value.epoch !== epoch || roster.value.rev < rev);
}
