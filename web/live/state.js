/**
 * All that the page shows, as signals. One page is one reader.
 *
 * Rule of the file: values only. Each signal holds an immutable value and is replaced whole, by the
 * one live/ module that its line names.
 *
 * @import {Claim, ErrorBody, Room} from "../types"
 * @import {Timeline} from "../store/timeline.js"
 */

import { computed, signal } from "@preact/signals";

import { barOf } from "../store/rooms.js";
import { emptyRoster, membersByRoom } from "../store/roster.js";
import { emptyUnread } from "../store/unread.js";

/** Rooms by id, the reader's and the public ones; null until they came (rooms.js). */
export const rooms = signal(/** @type {ReadonlyMap<string, Room> | null} */ (null));

/** Why the rooms did not come (rooms.js). */
export const roomsError = signal(/** @type {ErrorBody | null} */ (null));

/** The room that is open, by the page's address (route.js). */
export const openId = signal(/** @type {string | null} */ (null));

/** Timelines of rooms that were opened, by room id (timelines.js). */
export const timelines = signal(/** @type {ReadonlyMap<string, Timeline>} */ (new Map()));

/** How loading a room's messages stands; absent: done (timelines.js). */
export const loading = signal(
  /** @type {ReadonlyMap<string, "first" | "older" | ErrorBody>} */ (new Map()),
);

/** Statuses of all whom the reader may see (people.js). */
export const roster = signal(emptyRoster());

/** What the reader says of himself; null before the server told (status.js). */
export const ownClaim = signal(/** @type {Claim | null} */ (null));

/** User ids of a room's members, by room id, where they are known. */
export const members = computed(() => membersByRoom(roster.value));

/** Own messages on their way (sending.js). */
export const outbox = signal(/** @type {import("../store/outbox.js").Outbox} */ ([]));

/** Why the composers of a room were given their texts back, and until when they wait (sending.js). */
export const heldBack = signal(
  /** @type {{room_id: string, until_ms: number, is_slow: boolean} | null} */ (null),
);

/** Heads and read places (reading.js, timelines.js). */
export const unread = signal(emptyUnread());

/** Seq of the first message under the "new" line, by room id (reading.js). */
export const newFrom = signal(/** @type {ReadonlyMap<string, number>} */ (new Map()));

/** The reader is signing out: the page is on its way to another (ui/UserMenu.jsx). */
export const isLeaving = signal(false);

/** A sentence for screen readers, spoken politely (ui/Announcer.jsx). */
export const spoken = signal("");

/** Advances each half minute, for relative times and day names. */
export const nowMs = signal(Date.now());
setInterval(() => {
  nowMs.value = Date.now();
}, 30_000);

/** Rooms the reader is a member of, by name in their collation (ui sorts). */
export const ownRooms = computed(() =>
  [...(rooms.value?.values() ?? [])].filter((room) => room.is_member),
);

/** The open room, when the reader is a member of it. */
export const openRoom = computed(() => {
  const room = openId.value === null ? undefined : rooms.value?.get(openId.value);
  return room?.is_member ? room : null;
});

/** Why nothing may be said or done in the open room; null: it may. */
export const bar = computed(() => openRoom.value && barOf(openRoom.value, nowMs.value));
