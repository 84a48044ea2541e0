import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  countOf,
  emptyUnread,
  forgotten,
  gone,
  isMovedBack,
  meant,
  mentionsOf,
  placed,
  quiet,
  reached,
  read,
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
});

test("A room that was left counts no more.", () => {
  assert.equal(countOf(forgotten(reached(emptyUnread(), "a", 3), "a"), "a"), 0);
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

test("One's own messages and answers in threads are not unread, whichever news comes first.", () => {
  const others = [3, 6];
  fc.assert(
    fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7], { minLength: 7 }), (order) => {
      let unread = emptyUnread();
      for (const seq of order) {
        if (!others.includes(seq)) unread = quiet(unread, "a", seq);
        unread = reached(unread, "a", seq);
      }
      assert.equal(countOf(unread, "a"), 2);
      assert.equal(countOf(read(unread, "a", 3), "a"), 1);
      assert.equal(countOf(read(unread, "a", 7), "a"), 0);
    }),
  );
});

test("What the server counted stands up to its seq, and what came after it counts on.", () => {
  const place = { seq: 2, version: 1, mentions: 0, unread: 3, last_seq: 9 };
  const heard = [4, 8, 10].reduce((unread, seq) => quiet(unread, "a", seq), emptyUnread());
  const told = placed(reached(heard, "a", 11), "a", place);

  assert.equal(countOf(told, "a"), 4);
  assert.equal(countOf(read(told, "a", 10), "a"), 1);
  const late = { ...place, unread: 2, last_seq: 8 };
  assert.equal(countOf(placed(told, "a", late), "a"), 4, "an older count changes nothing");
});

test("A message that was deleted is unread no more, once, unless the server knew already.", () => {
  const place = { seq: 2, version: 1, mentions: 0, unread: 3, last_seq: 5, rev: 9 };
  const told = reached(placed(emptyUnread(), "a", place), "a", 6);
  const count = (/** @type {[number, number][]} */ ...revs) =>
    countOf(
      revs.reduce((unread, [seq, rev]) => gone(unread, "a", { seq, rev }), told),
      "a",
    );

  assert.equal(count(), 4);
  assert.equal(count([4, 10]), 3);
  assert.equal(count([4, 10], [4, 10]), 3, "heard twice");
  assert.equal(count([4, 9]), 4, "the server had counted without it");
  assert.equal(count([2, 10]), 4, "it had been read");
  assert.equal(count([6, 10]), 3);
  assert.equal(countOf(placed(told, "a", { ...place, unread: 2, rev: 10 }), "a"), 3);
});

test("A message that was lost is unread until the server says what it was.", () => {
  const place = { seq: 2, version: 1, mentions: 0, unread: 0, last_seq: 2 };
  const ahead = reached(placed(emptyUnread(), "a", place), "a", 3);

  assert.equal(countOf(ahead, "a"), 1);
  assert.equal(countOf(placed(ahead, "a", { ...place, last_seq: 3 }), "a"), 0);
});
