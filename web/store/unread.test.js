import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  countOf,
  emptyUnread,
  forgotten,
  isMovedBack,
  meant,
  mentionsOf,
  placed,
  reached,
  read,
  totalOf,
} from "./unread.js";

/** @typedef {{room: string, seq: number, kind: "head" | "read"}} Act */

const acts = fc.array(
  fc.record({
    room: fc.constantFrom("a", "b"),
    seq: fc.nat({ max: 50 }),
    kind: fc.constantFrom(/** @type {const} */ ("head"), /** @type {const} */ ("read")),
  }),
  { maxLength: 30 },
);

/** @param {Act[]} story */
function told(story) {
  return story.reduce(
    (unread, act) => (act.kind === "head" ? reached : read)(unread, act.room, act.seq),
    emptyUnread(),
  );
}

test("The count is the same in whatever order and however often the news comes.", () => {
  fc.assert(
    fc.property(acts, (story) => {
      const straight = told(story);
      const mixed = told([...story].reverse().concat(story));
      for (const room of ["a", "b"]) assert.equal(countOf(mixed, room), countOf(straight, room));
    }),
  );
});

test("Unread is what lies between the last read message and the newest.", () => {
  const unread = read(reached(emptyUnread(), "a", 9), "a", 4);
  assert.equal(countOf(unread, "a"), 5);
  assert.equal(countOf(read(unread, "a", 12), "a"), 0);
  assert.equal(totalOf(reached(unread, "b", 2)), 7);
});

test("A room that was left counts no more.", () => {
  assert.equal(totalOf(forgotten(reached(emptyUnread(), "a", 3), "a")), 0);
});

test("A newer place before the one told last makes the rest unread; an older one changes nothing.", () => {
  const at = { seq: 8, version: 3, mentions: 0 };
  const all = placed(read(reached(emptyUnread(), "a", 9), "a", 9), "a", at);
  const back = { seq: 4, version: 4, mentions: 2 };
  assert.equal(countOf(all, "a"), 0);
  assert.equal(isMovedBack(all, "a", at), false);
  assert.equal(isMovedBack(all, "a", back), true);
  const unread = placed(all, "a", back);
  assert.deepEqual([countOf(unread, "a"), mentionsOf(unread, "a")], [5, 2]);
  assert.equal(placed(unread, "a", at), unread);
});

test("A place that only confirms a part of what was read here takes nothing back.", () => {
  const told = placed(emptyUnread(), "a", { seq: 2, version: 1, mentions: 0 });
  const ahead = read(reached(told, "a", 9), "a", 9);
  assert.equal(countOf(placed(ahead, "a", { seq: 5, version: 2, mentions: 0 }), "a"), 0);
});

test("A mention counts once, until it is read.", () => {
  const one = meant(reached(emptyUnread(), "a", 5), "a", 5);
  assert.deepEqual([countOf(one, "a"), mentionsOf(one, "a")], [5, 1]);
  assert.equal(meant(one, "a", 5), one);
  assert.equal(mentionsOf(read(one, "a", 5), "a"), 0);
  const two = reached(placed(one, "a", { seq: 5, version: 1, mentions: 0 }), "a", 6);
  assert.equal(mentionsOf(meant(two, "a", 6), "a"), 1);
});
