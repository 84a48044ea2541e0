import assert from "node:assert/strict";
import { test } from "node:test";

import { caughtUpRoom } from "./rooms.js";

/** @import {Room} from "../types" */

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
