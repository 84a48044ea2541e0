import assert from "node:assert/strict";
import { test } from "node:test";

import { barOf, caughtUpRoom, factsHeard, ownHeard } from "./rooms.js";

/** @import {Role, Room, RoomFacts} from "../types" */

/** @param {Partial<Room>} [facts] @returns {Room} */
function room(facts) {
  return {
    id: "den",
    kind: "room",
    name: "Den",
    visibility: "public",
    topic: "",
    description: "",
    is_archived: false,
    slow_mode_s: 0,
    keep_days: 0,
    first_seq: 1,
    last_seq: 0,
    last_at_ms: null,
    is_member: true,
    role: "member",
    read_seq: 0,
    member_count: 2,
    rev: 4,
    unread: 0,
    mentions: 0,
    favourite: false,
    position: null,
    place_version: 1,
    ...facts,
  };
}

test("What was missed of a room is there, also that a mute is over.", () => {
  const held = room({ muted_until_ms: 99 });
  const told = room({ rev: 7, topic: "new", is_archived: true });
  assert.deepEqual(caughtUpRoom(held, told), told);
});

test("An answer older than what was heard meanwhile takes nothing back.", () => {
  const held = room({ rev: 9, name: "Newest" });
  assert.equal(caughtUpRoom(held, room({ rev: 7, name: "Before" })), held);
});

test("The reader's own newer place of the room stays.", () => {
  const held = room({ favourite: true, position: 3, place_version: 5 });
  const told = room({ rev: 7, topic: "new", place_version: 4 });
  const place = { favourite: true, position: 3, place_version: 5 };
  assert.deepEqual(caughtUpRoom(held, told), { ...told, ...place });
});

/** @param {number} rev @param {Partial<RoomFacts>} facts */
function changed(rev, facts) {
  const { id, name, visibility, topic, description } = room();
  const rules = { is_archived: false, slow_mode_s: 0, keep_days: 0, first_seq: 1 };
  const told = { id, name, visibility, topic, description, ...rules, ...facts };
  return { room_id: "den", rev, room: told };
}

/** @param {number} rev @param {Role} role @param {number} [mutedUntilMs] */
function member(rev, role, mutedUntilMs) {
  const names = { user_id: "ann", username: "ann", display_name: "Ann", joined_at_ms: 1 };
  return { room_id: "den", rev, member: { ...names, role, muted_until_ms: mutedUntilMs } };
}

/** @param {Room} held */
function place({ is_archived: isArchived, role, muted_until_ms: untilMs }) {
  return [isArchived, role, untilMs];
}

test("The room and the reader's place in it are heard in any order; a late word changes nothing.", () => {
  const muted = ownHeard(room(), member(6, "member", 99));
  const archived = factsHeard(muted, changed(5, { is_archived: true }));
  assert.deepEqual(place(archived), [true, "member", 99]);
  assert.equal(ownHeard(archived, member(5, "read_only")), archived);
  assert.equal(factsHeard(archived, changed(4, { is_archived: false })), archived);
  assert.deepEqual(place(ownHeard(archived, member(7, "member"))), [true, "member", undefined]);
});

test("Of an answer that is older than what was heard meanwhile the rest is taken over.", () => {
  const held = ownHeard(factsHeard(room(), changed(9, { topic: "new" })), member(10, "read_only"));
  const told = caughtUpRoom(held, room({ rev: 8, topic: "before", role: "member", unread: 3 }));
  assert.deepEqual([told.topic, told.role, told.unread], ["new", "read_only", 3]);
  const later = caughtUpRoom(told, room({ rev: 11, topic: "newer", role: "owner" }));
  assert.deepEqual([later.topic, later.role], ["newer", "owner"]);
});

test("Who may not write is told why in the server's order, and a mute ends by the clock.", () => {
  const until = 5000;
  const all = { is_archived: true, role: /** @type {Role} */ ("read_only"), muted_until_ms: until };
  assert.equal(barOf(room(all), 0), "archived");
  assert.equal(barOf(room({ ...all, is_archived: false }), 0), "read_only");
  assert.equal(barOf(room({ muted_until_ms: until }), until - 1), "muted");
  assert.equal(barOf(room({ muted_until_ms: until }), until), null);
  assert.equal(barOf(room(), 0), null);
});
