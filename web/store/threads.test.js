import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, countsIn, isCut, listed, readUpTo } from "./threads.js";

const ME = "me";
const HELD = listed([
  { room_id: "a", thread_id: "t", last_seq: 5, read_seq: 3, unread: 2, mentions: 1 },
  { room_id: "a", thread_id: "u", last_seq: 9, read_seq: 9, unread: 0, mentions: 0 },
]);

/** @param {number} seq @param {object} [fields] */
function answer(seq, fields = {}) {
  return /** @type {import("../types").Message} */ ({
    room_id: "a",
    thread_id: "t",
    author_id: "other",
    seq,
    ...fields,
  });
}

test("An answer counts once, however often it comes, and a mention with it.", () => {
  const mentions = { users: [ME], here: false, room: false };
  const once = answered(HELD, answer(6, { mentions }), ME);
  assert.deepEqual(countsIn(once, "a"), { unread: 3, mentions: 2 });
  assert.equal(answered(once, answer(6), ME), once);
  assert.equal(answered(HELD, answer(5), ME), HELD);
});

test("Threads that are not followed, and other rooms, count nothing.", () => {
  assert.equal(answered(HELD, answer(12, { thread_id: "strange" }), ME), HELD);
  assert.equal(answered(HELD, answer(12, { thread_id: undefined }), ME), HELD);
  assert.deepEqual(countsIn(HELD, "b"), { unread: 0, mentions: 0 });
});

test("Who answers follows the thread and has read it.", () => {
  const own = { author_id: ME };
  assert.equal(countsIn(answered(HELD, answer(7, own), ME), "a").unread, 0);
  const fresh = answered(HELD, answer(12, { ...own, thread_id: "new" }), ME);
  assert.equal(answered(fresh, answer(13, { thread_id: "new" }), ME).get("new")?.unread, 1);
});

test("What was read on another device is read here; older news change nothing.", () => {
  const told = { room_id: "a", thread_id: "t", unread: 0, mentions: 0, rev: 9, version: 6 };
  const read = readUpTo(HELD, { ...told, seq: 6, last_seq: 6 });
  assert.equal(countsIn(read, "a").unread, 0);
  assert.equal(readUpTo(read, { ...told, seq: 4, last_seq: 6, unread: 1 }), read);
  const later = answered(read, answer(8), ME);
  assert.equal(readUpTo(later, { ...told, seq: 6, last_seq: 6 }), later);
});

test("What a room keeps no more may have been counted only where it was unread.", () => {
  assert.equal(isCut(HELD, { id: "a", first_seq: 5 }), true);
  assert.equal(isCut(HELD, { id: "a", first_seq: 4 }), false);
  assert.equal(isCut(HELD, { id: "b", first_seq: 5 }), false);
  const told = { room_id: "a", thread_id: "t", seq: 5, unread: 0, mentions: 0, rev: 9, version: 6 };
  assert.equal(isCut(readUpTo(HELD, { ...told, last_seq: 5 }), { id: "a", first_seq: 10 }), false);
});
