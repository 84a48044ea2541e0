/**
 * The list of rooms: loaded, and kept right by what the server tells.
 *
 * @import {Ready, Room, RoomFacts, RoomPlace, ServerEvents, User} from "../types"
 */

import { batch, computed } from "@preact/signals";

import { errorOf, get, patch, post, put, remove } from "../api.js";
import { boot } from "../boot.js";
import { byName } from "../i18n/times.js";
import { barOf, caughtUpRoom, factsHeard, ownHeard } from "../store/rooms.js";
import { forgotten, placed as readPlaced, reached } from "../store/unread.js";
import { loadMembers, roomGone as membersGone } from "./people.js";
import { openId, ownRooms, rooms, roomsError, timelines, unread } from "./state.js";

/**
 * The reader's own rooms in the order of the list: favourites, rooms, people. An archived one is
 * left out unless it is open.
 */
export const listedRooms = computed(() =>
  ownRooms.value
    .filter((room) => !room.is_archived || room.id === openId.value)
    .sort(
      (a, b) =>
        sectionOf(a) - sectionOf(b) ||
        (a.position ?? Infinity) - (b.position ?? Infinity) ||
        byName(a.name, b.name),
    ),
);

/** 0: a favourite, 1: a room, 2: people. @param {Room} room */
export function sectionOf(room) {
  if (room.favourite) return 0;
  return room.kind === "direct" ? 2 : 1;
}

/** What was removed unread is counted anew by the server; not for everybody at once. */
const COUNTED_WITHIN_MS = 3000;

/** Counts what the server told meanwhile: an answer that was asked for before is old. */
let told = 0;

/** The rooms are as the server has them; when it cannot be asked, what was known stays. */
export async function loadRooms() {
  const before = told;
  try {
    const answer = await get("/api/v1/rooms?archived=1");
    if (before !== told) return await loadRooms();
    batch(() => {
      rooms.value = new Map(answer.rooms.map((/** @type {Room} */ room) => [room.id, named(room)]));
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
  return entered(room);
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

/**
 * The one room of these people and the reader, made if there is none. Rejects with Refusal.
 *
 * @param {string[]} userIds
 * @returns {Promise<Room>}
 */
export async function openDirect(userIds) {
  const { room } = await post("/api/v1/direct", { user_ids: userIds });
  return entered(room);
}

/** The room is as wished. Rejects with Refusal. @param {string} roomId @param {Partial<RoomFacts>} wish */
export async function changeRoom(roomId, wish) {
  roomMissed((await patch(`/api/v1/rooms/${roomId}`, wish)).room); // a removal may have overtaken it
}

/** Nobody writes there any more, until it is restored. Rejects with Refusal. @param {Room} room */
export async function archiveRoom(room) {
  roomChanged(await post(`/api/v1/rooms/${room.id}/archive`));
}

/** It is in use again. Rejects with Refusal. @param {Room} room */
export async function restoreRoom(room) {
  roomChanged(await remove(`/api/v1/rooms/${room.id}/archive`));
}

/** Rejects with Refusal. @param {Room} room */
export async function toggleFavourite(room) {
  placed(await put(`/api/v1/rooms/${room.id}/place`, { favourite: !room.favourite }));
}

/** Where rooms stand in the reader's own list. @param {{places: RoomPlace[]}} event */
export function placed({ places }) {
  if (rooms.value === null) return;
  const next = new Map(rooms.value);
  for (const place of places) {
    const room = next.get(place.room_id);
    if (room && place.place_version > room.place_version)
      next.set(room.id, { ...room, ...place, id: room.id });
  }
  rooms.value = next;
}

/** @param {ServerEvents["room:changed"]} event */
export function factsChanged(event) {
  const { room_id: id, room: facts } = event;
  const known = rooms.value?.get(id);
  if (known === undefined || !changeTo(id, factsHeard(known, event))) return;
  const isUnread = (unread.value.get(id)?.read ?? 0) < facts.first_seq - 1;
  if (facts.first_seq > known.first_seq && isUnread)
    setTimeout(loadRooms, Math.random() * COUNTED_WITHIN_MS);
}

/** The reader's own role, and whether he may write, follow. @param {ServerEvents["member:changed"]} event */
export function memberChanged(event) {
  const known = rooms.value?.get(event.room_id);
  if (known?.is_member && event.member.user_id === boot.user.id)
    changeTo(known.id, ownHeard(known, event));
}

/** By the server's clock; by this one's the reader may be muted still. @param {ServerEvents["mute:ended"]} event */
export function muteEnded({ room_id: id, user_id: userId }) {
  const known = rooms.value?.get(id);
  if (userId === boot.user.id && known && barOf(known, Date.now()) === "muted") loadRooms();
}

/** The room stands in the list as the server told. @param {{room: Room}} event */
export function roomChanged({ room }) {
  told += 1;
  if (rooms.value === null) return;
  const known = rooms.value.get(room.id);
  const isSame = known?.is_member && room.is_member;
  batch(() => {
    const next = isSame ? caughtUpRoom(known, room) : { ...known, ...room };
    rooms.value = new Map(rooms.value ?? []).set(room.id, named(next));
    marked(room);
  });
}

/** The room itself changed while nothing was heard; one that was left stays left. @param {Room} room */
export function roomMissed(room) {
  const known = rooms.value?.get(room.id);
  if (!known?.is_member || !room.is_member) return;
  told += 1;
  batch(() => {
    rooms.value = new Map(rooms.value ?? []).set(room.id, named(caughtUpRoom(known, room)));
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
function asPublic({ muted_until_ms: _, own_heard: __, ...room }) {
  return { ...room, is_member: false, role: null, read_seq: null };
}

/** The room is held so; whether that is anything new. @param {string} id @param {Room} next */
function changeTo(id, next) {
  if (rooms.value === null || next === rooms.value.get(id)) return false;
  told += 1;
  rooms.value = new Map(rooms.value).set(id, named(next));
  return true;
}

/** A direct room goes by the names of those who are in it. @param {Room} room @returns {Room} */
function named(room) {
  if (room.kind !== "direct" || !room.people) return room;
  const names = room.people.map((/** @type {User} */ one) => one.display_name);
  return { ...room, name: names.join(", ") };
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
  if (room.read_seq === null) return;
  const { read_seq: seq, read_version: version = 0, mentions, unread: count, last_seq, rev } = room;
  const place = { seq, version, mentions, unread: count, last_seq, rev };
  unread.value = readPlaced(unread.value, room.id, place);
}
