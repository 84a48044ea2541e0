/**
 * The list of rooms: loaded, and kept right by what the server tells.
 *
 * @import {Ready, Room} from "../types"
 */

import { batch, computed } from "@preact/signals";

import { errorOf, get, post } from "../api.js";
import { byName } from "../i18n/times.js";
import { forgotten, reached, read } from "../store/unread.js";
import { loadMembers, roomGone as membersGone } from "./people.js";
import { openId, ownRooms, rooms, roomsError, timelines, unread } from "./state.js";

/** The reader's own rooms in the order of the list. */
export const listedRooms = computed(() =>
  ownRooms.value.toSorted((a, b) => byName(a.name, b.name)),
);

/** Counts what the server told meanwhile: an answer that was asked for before is old. */
let told = 0;

/** The rooms are as the server has them; when it cannot be asked, what was known stays. */
export async function loadRooms() {
  const before = told;
  try {
    const answer = await get("/api/v1/rooms");
    if (before !== told) return await loadRooms();
    batch(() => {
      rooms.value = new Map(answer.rooms.map((/** @type {Room} */ room) => [room.id, room]));
      roomsError.value = null;
      answer.rooms.forEach(marked);
    });
  } catch (thrown) {
    roomsError.value = errorOf(thrown);
  }
}

/**
 * The line is up: the rooms are asked for again, unless the heads name just those that are known.
 *
 * @param {Ready} ready
 * @param {{isFirst: boolean}} how isFirst: nothing can have been missed since the page was loaded
 */
export function linked(ready, { isFirst }) {
  const isOnTheWay = rooms.value === null && roomsError.value === null;
  if (isFirst && (isOnTheWay || areKnown(ready.heads))) return;
  loadRooms();
}

/** @param {Record<string, number>} heads */
function areKnown(heads) {
  const known = ownRooms.value.map((room) => room.id);
  return known.length === Object.keys(heads).length && known.every((id) => id in heads);
}

/**
 * The room exists and the reader is its owner. Rejects with Refusal.
 *
 * @param {{name: string, visibility: string, topic: string}} wish
 * @returns {Promise<Room>}
 */
export async function createRoom(wish) {
  const { room } = await post("/api/v1/rooms", wish);
  return entered({ is_member: true, role: "owner", read_seq: 0, member_count: 1, ...room });
}

/** The reader is a member. Rejects with Refusal. @param {Room} room @returns {Promise<Room>} */
export async function joinRoom(room) {
  const answer = await post(`/api/v1/rooms/${room.id}/join`);
  return entered({ ...room, ...answer.room, is_member: true });
}

/** The reader is no member any more. Rejects with Refusal. @param {string} roomId */
export async function leaveRoom(roomId) {
  await post(`/api/v1/rooms/${roomId}/leave`);
  roomLeft({ room_id: roomId });
}

/**
 * Someone else is a member. Rejects with Refusal.
 *
 * @param {string} roomId
 * @param {string} username
 */
export async function addMember(roomId, username) {
  await post(`/api/v1/rooms/${roomId}/members`, { username });
  await loadMembers(roomId);
}

/** The room stands in the list as the server told. @param {{room: Room}} event */
export function roomChanged({ room }) {
  told += 1;
  if (rooms.value === null) return;
  const known = rooms.value.get(room.id);
  batch(() => {
    rooms.value = new Map(rooms.value ?? []).set(room.id, { ...known, ...room });
    marked(room);
  });
}

/** The reader was taken out, here or on another device. @param {{room_id: string}} event */
export function roomLeft({ room_id: id }) {
  told += 1;
  const left = rooms.value?.get(id);
  batch(() => {
    rooms.value = new Map([...(rooms.value ?? [])].filter(([other]) => other !== id));
    if (left?.visibility === "public") rooms.value = new Map(rooms.value).set(id, asPublic(left));
    timelines.value = new Map([...timelines.value].filter(([other]) => other !== id));
    unread.value = forgotten(unread.value, id);
    membersGone(id);
    if (openId.value === id) openId.value = null;
  });
}

/** @param {Room} room @returns {Room} */
function asPublic(room) {
  return { ...room, is_member: false, role: null, read_seq: null };
}

/** @param {Room} room @returns {Room} */
function entered(room) {
  roomChanged({ room });
  return room;
}

/** @param {Room} room */
function marked(room) {
  if (!room.is_member) return;
  unread.value = reached(unread.value, room.id, room.last_seq);
  if (room.read_seq !== null) unread.value = read(unread.value, room.id, room.read_seq);
}
