import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { countOf, emptyUnread, forgotten, reached, read, totalOf } from "./unread.js";

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
