/**
 * How far the others let know that they have read, in rooms small enough to care.
 *
 * Rule of the file: the server tells of nobody who does not want it, or whom others see offline.
 *
 * @import {Receipt, Room} from "../types"
 * @import {Receipts} from "../store/receipts.js"
 */

import { signal } from "@preact/signals";

import { get } from "../api.js";
import { readTo } from "../store/receipts.js";
import { openRoom } from "./state.js";

/** In larger rooms nobody asks who has read. */
const MEMBERS_MAX = 20;

/** By room id. */
export const receipts = signal(/** @type {ReadonlyMap<string, Receipts>} */ (new Map()));

/** @param {Room} room */
export function showsReceipts(room) {
  return room.member_count <= MEMBERS_MAX;
}

/** A member lets others know how far he has read. @param {Receipt} told */
export function receiptTold({ room_id: roomId, user_id: userId, seq }) {
  const held = receipts.value.get(roomId) ?? new Map();
  const next = readTo(held, userId, seq);
  if (next !== held) receipts.value = new Map(receipts.value).set(roomId, next);
}

/** The line is up: what was missed of the open room is asked for. */
export function linked() {
  if (openRoom.value) loadReceipts(openRoom.value);
}

/** What the members of the room let know, when the server can be asked. @param {Room} room */
export async function loadReceipts(room) {
  if (!showsReceipts(room)) return;
  const answer = await get(`/api/v1/rooms/${room.id}/receipts`).catch(() => null);
  if (answer === null) return;
  receipts.value = new Map(receipts.value).set(room.id, new Map());
  answer.receipts.forEach(receiptTold);
}
