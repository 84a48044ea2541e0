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
import { begunAnew, changed, introduced, lost, syncFrom, synced } from "../store/roster.js";
import { members, openRoom, roster } from "./state.js";

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
  roster.value = introduced(roster.value, answer);
  setMembers(roomId, new Set(answer.members.map((/** @type {Change} */ member) => member.user_id)));
}

/** @param {{room_id: string, member: Change}} event */
export function memberJoined({ room_id: roomId, member }) {
  const { epoch, rev } = roster.value;
  roster.value = introduced(roster.value, { epoch: epoch ?? "", rev, members: [member] });
  const held = members.value.get(roomId);
  if (held) setMembers(roomId, new Set(held).add(member.user_id));
}

/** @param {{room_id: string, user_id: string}} event */
export function memberLeft({ room_id: roomId, user_id: userId }) {
  const held = members.value.get(roomId);
  if (held) setMembers(roomId, new Set([...held].filter((id) => id !== userId)));
}

/** @param {string} roomId */
export function roomGone(roomId) {
  members.value = new Map([...members.value].filter(([id]) => id !== roomId));
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

/** @param {string} roomId @param {ReadonlySet<string>} ids */
function setMembers(roomId, ids) {
  members.value = new Map(members.value).set(roomId, ids);
}
