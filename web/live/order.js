/**
 * The order of the reader's own rooms; loaded when he first moves one.
 *
 * @import {Room} from "../types"
 */

import { errorOf, put } from "../api.js";
import { sentenceOf } from "../errors.js";
import { t } from "../i18n/index.js";
import { moved } from "../store/order.js";
import { notify } from "../ui/notice.js";
import { listedRooms, placed, sectionOf } from "./rooms.js";
import { rooms, spoken } from "./state.js";

/**
 * The room stands at that index of its section, on all of the reader's devices; here at once.
 *
 * @param {Room} room
 * @param {number} to
 */
export async function moveRoom(room, to) {
  const sections = [0, 1, 2].map((section) =>
    listedRooms.value.filter((one) => sectionOf(one) === section),
  );
  const own = moved(sections[sectionOf(room)] ?? [], room, to);
  const listed = sections.with(sectionOf(room), own).flat();
  const held = rooms.value;
  rooms.value = withPositions(listed);
  try {
    placed(await put("/api/v1/room-order", { room_ids: listed.map(({ id }) => id) }));
    spoken.value = t("{room} is now number {n} of {count}", {
      room: room.name,
      n: own.indexOf(room) + 1,
      count: own.length,
    });
  } catch (thrown) {
    rooms.value = held;
    notify(sentenceOf(errorOf(thrown)));
  }
}

/** One step up or down. @param {Room} room @param {-1 | 1} step */
export function stepRoom(room, step) {
  const section = listedRooms.value.filter((one) => sectionOf(one) === sectionOf(room));
  const to = section.indexOf(room) + step;
  return to < 0 || to >= section.length ? undefined : moveRoom(room, to);
}

/** @param {Room[]} listed */
function withPositions(listed) {
  const placedHere = listed.map((room, at) => [room.id, { ...room, position: at }]);
  return new Map([...(rooms.value ?? []), .../** @type {[string, Room][]} */ (placedHere)]);
}
