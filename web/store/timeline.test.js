import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  caughtUp,
  cut,
  emptyTimeline,
  gapOf,
  headed,
  loaded,
  received,
  revHeard,
  trimmed,
  withOlder,
} from "./timeline.js";

/** @import {Message} from "../types" */

const ROOM = "room";

/** @param {number} seq @param {Partial<Message>} [fields] @returns {Message} */
function message(seq, fields = {}) {
  const id = `m${seq}`;
  return {
    id,
    room_id: ROOM,
    seq,
    client_id: `c${seq}`,
    author_id: "ann",
    body: id,
    at_ms: seq,
    rev: seq,
    body_rev: seq,
    ...fields,
  };
}

/** @param {number} from @param {number} to */
function stretch(from, to) {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => message(from + at));
}

/** @param {import("./timeline.js").Timeline} timeline */
function seqs(timeline) {
  return timeline.messages.map(({ seq }) => seq);
}

/** Any delivery of a room's messages: some lost, some doubled, in any order. */
const deliveries = fc
  .record({
    before: fc.integer({ min: 0, max: 20 }),
    head: fc.integer({ min: 0, max: 60 }),
    page: fc.integer({ min: 1, max: 60 }),
  })
  .chain(({ before, head, page }) =>
    fc.record({
      before: fc.constant(Math.min(before, head)),
      head: fc.constant(head),
      page: fc.constant(page),
      events:
        head === 0
          ? fc.constant(/** @type {number[]} */ ([]))
          : fc.array(fc.integer({ min: 1, max: head }), { maxLength: 120 }),
    }),
  );

/** What the server answers to "after upTo": at most `page` messages, else the newest page. */
function answerAfter(
  /** @type {number} */ upTo,
  /** @type {number} */ head,
  /** @type {number} */ page,
) {
  const reset = head - upTo > page;
  return { messages: stretch(reset ? head - page + 1 : upTo + 1, head), reset, rev: head };
}

/**
 * A room's whole life: each act is a post (0) or a change of some earlier message; the rev of an
 * act is its place in the list.
 *
 * @typedef {readonly number[]} Life
 */
const lives = fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 30 })), { maxLength: 60 });

/** The room after so many acts, and what each act told. */
function lived(/** @type {Life} */ life) {
  /** @type {Message[]} */
  const room = [];
  /** @type {Message[]} */
  const told = [];
  life.forEach((act, at) => {
    const seq = act === 0 || room.length === 0 ? room.length + 1 : (act % room.length) + 1;
    const rev = at + 1;
    const next = message(seq, { rev, body: `m${seq} at ${rev}` });
    room[seq - 1] = next;
    told.push(next);
  });
  return { room, told };
}

/** What the server answers to "what changed after rev and came after upTo". */
function since(/** @type {Life} */ life, /** @type {number} */ upTo, /** @type {number} */ rev) {
  const { room } = lived(life);
  const changed = room.filter((one) => one.seq <= upTo && one.rev > rev);
  if (changed.length > 5 || room.length - upTo > 20) {
    return { messages: room.slice(-10), reset: true, rev: life.length };
  }
  return { messages: room.slice(upTo), changed, reset: false, rev: life.length };
}

/** A client that held the first acts, heard some of the others in any order, then caught up. */
const followings = lives.chain((life) =>
  fc.record({
    life: fc.constant(life),
    opened: fc.nat({ max: life.length }),
    asked: fc.nat({ max: life.length }),
    heard: fc.array(fc.nat({ max: Math.max(0, life.length - 1) }), { maxLength: 90 }),
    early: fc.nat({ max: 90 }),
  }),
);

test("Whatever is lost, doubled or late, edits too: a resync ends in the state of a fresh load.", () => {
  fc.assert(
    fc.property(followings, ({ life, opened, asked, heard, early }) => {
      const { room, told } = lived(life);
      const events = life.length === 0 ? [] : heard.map((at) => /** @type {Message} */ (told[at]));
      const first = lived(life.slice(0, opened)).room;
      let timeline = loaded(emptyTimeline(ROOM), first, false, { rev: opened });
      timeline = events.slice(0, early).reduce(received, timeline);
      // The answer is of a moment when the room had lived that far; the rest comes on the way.
      const at = { seq: timeline.upTo, rev: timeline.rev };
      if (
        asked >= Math.max(opened, timeline.rev) &&
        lived(life.slice(0, asked)).room.length >= at.seq
      ) {
        const answer = since(life.slice(0, asked), at.seq, at.rev);
        timeline = caughtUp(events.slice(early).reduce(received, timeline), answer, at);
      }
      timeline = headed(timeline, room.length, life.length);
      if (gapOf(timeline) !== null) {
        const now = { seq: timeline.upTo, rev: timeline.rev };
        timeline = caughtUp(timeline, since(life, now.seq, now.rev), now);
      }

      assert.equal(gapOf(timeline), null);
      const firstHeld = timeline.messages[0]?.seq ?? room.length + 1;
      assert.deepEqual(timeline.messages, room.slice(firstHeld - 1));
      assert.deepEqual([timeline.rev, timeline.ahead.size], [life.length, 0]);
    }),
    { numRuns: 400 },
  );
});

test("Whatever is lost, doubled or reordered, a resync ends in the state of a fresh load.", () => {
  fc.assert(
    fc.property(deliveries, ({ before, head, page, events }) => {
      const opened = loaded(emptyTimeline(ROOM), stretch(1, before), false, { rev: before });
      const lossy = events.reduce((timeline, seq) => received(timeline, message(seq)), opened);
      const resynced = caughtUp(headed(lossy, head), answerAfter(lossy.upTo, head, page));

      assert.equal(gapOf(resynced), null);
      assert.equal(resynced.upTo, head);
      assert.deepEqual(
        seqs(resynced),
        stretch(resynced.messages[0]?.seq ?? 1, head).map((m) => m.seq),
      );
      const fresh = loaded(emptyTimeline(ROOM), stretch(1, head), false, { rev: head });
      const older = withOlder(resynced, stretch(1, (resynced.messages[0]?.seq ?? 1) - 1), false);
      assert.deepEqual({ ...older, head: 0 }, { ...fresh, head: 0 });
    }),
  );
});

test("At every moment what is shown is one unbroken stretch, each message once.", () => {
  fc.assert(
    fc.property(deliveries, ({ before, events }) => {
      let timeline = loaded(emptyTimeline(ROOM), stretch(1, before), false, { rev: before });
      for (const seq of events) {
        timeline = received(timeline, message(seq));
        assert.deepEqual(
          seqs(timeline),
          stretch(1, timeline.upTo).map((m) => m.seq),
        );
        assert.ok([...timeline.parked.keys()].every((parked) => parked > timeline.upTo + 1));
      }
    }),
  );
});

test("Applying any event twice changes nothing the second time.", () => {
  fc.assert(
    fc.property(deliveries, ({ before, events }) => {
      const opened = loaded(emptyTimeline(ROOM), stretch(1, before), false, { rev: before });
      const once = events.reduce((timeline, seq) => received(timeline, message(seq)), opened);
      const twice = events.reduce((timeline, seq) => received(timeline, message(seq)), once);
      assert.deepEqual(twice, once);
    }),
  );
});

test("A message ahead of a hole is parked, and shown when the hole is closed.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 2), false);
  const ahead = received(opened, message(4));
  assert.deepEqual(seqs(ahead), [1, 2]);
  assert.equal(gapOf(ahead), 2);
  assert.deepEqual(seqs(received(ahead, message(3))), [1, 2, 3, 4]);
});

test("A head alone, without any message, makes a gap.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 2), false);
  assert.equal(gapOf(headed(opened, 3)), 2);
  assert.equal(gapOf(headed(opened, 2)), null);
});

test("A late state of a message never replaces a newer one, held or parked.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 2), false, { rev: 2 });
  const edited = received(opened, message(2, { body: "new", rev: 3 }));
  assert.equal(edited.messages[1]?.body, "new");
  assert.equal(received(edited, message(2)), edited);
  const parked = received(edited, message(4, { body: "new", rev: 6 }));
  assert.equal(received(parked, message(4, { rev: 5 })).parked.get(4)?.body, "new");
});

test("A change beyond a hole in the revs is shown at once, and the hole is a gap.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 2), false, { rev: 2 });
  const ahead = received(opened, message(1, { body: "new", rev: 4 }));
  assert.equal(ahead.messages[0]?.body, "new");
  assert.deepEqual([ahead.rev, gapOf(ahead)], [2, 2]);
  const whole = revHeard(ahead, 3);
  assert.deepEqual([whole.rev, gapOf(whole), whole.ahead.size], [4, null, 0]);
});

test("A rev alone, without any event, makes a gap.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 2), false, { rev: 2 });
  assert.equal(gapOf(headed(opened, 2, 3)), 2);
  assert.equal(gapOf(headed(opened, 2, 2)), null);
});

test("An older page that was read before a change brings the rev back, so that it is asked for.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(3, 4), true, { rev: 4 });
  const asked = { seq: opened.upTo, rev: opened.rev };
  const changed = received(opened, message(1, { body: "new", rev: 5 }));
  const stale = withOlder(changed, stretch(1, 2), false, 4);
  assert.deepEqual([stale.messages[0]?.body, stale.rev, gapOf(stale)], ["m1", 4, 4]);

  const tooLittle = caughtUp(
    withOlder(changed, stretch(1, 2), false, 3),
    { messages: [], reset: false, rev: 5 },
    asked,
  );
  assert.notEqual(gapOf(tooLittle), null);

  const answer = {
    messages: [],
    changed: [message(1, { body: "new", rev: 5 })],
    reset: false,
    rev: 5,
  };
  const healed = caughtUp(stale, answer, { seq: 4, rev: 4 });
  assert.deepEqual([healed.messages[0]?.body, gapOf(healed)], ["new", null]);
});

test("A reset from a database that went back replaces what it does not know.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 9), false, { rev: 9 });
  const answer = { messages: stretch(1, 3), reset: true, rev: 3 };
  const anew = caughtUp(opened, answer, { seq: 9, rev: 9 });
  assert.deepEqual([seqs(anew), anew.rev, gapOf(anew)], [[1, 2, 3], 3, null]);
});

test("A change beyond a hole, of a message that comes with an older page, is asked for again.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(3, 6), true, { rev: 6 });
  const heard = received(opened, message(1, { body: "new", rev: 8 }));
  const paged = withOlder(heard, stretch(1, 2), false, 6);
  const asked = { seq: opened.upTo, rev: opened.rev };
  const answered = caughtUp(paged, { messages: [], reset: false, rev: 7 }, asked);
  assert.deepEqual([answered.rev, answered.headRev], [7, 8]);
});

test("An older page that does not join on is refused.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(10, 12), true);
  assert.equal(withOlder(opened, stretch(5, 8), true), opened);
  assert.deepEqual(
    seqs(withOlder(opened, stretch(5, 10), true)),
    seqs(loaded(opened, stretch(5, 12), true)),
  );
});

test("A trimmed timeline says that older messages exist.", () => {
  const held = trimmed(loaded(emptyTimeline(ROOM), stretch(1, 9), false), 4);
  assert.deepEqual(seqs(held), [6, 7, 8, 9]);
  assert.equal(held.hasMore, true);
});

test("What the room keeps no more is dropped, parked or held, and is no hole.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(3, 6), true, { rev: 6 });
  const kept = cut(received(opened, message(8)), 5);
  assert.deepEqual([seqs(kept), kept.hasMore, gapOf(kept)], [[5, 6], false, 6]);
  const ahead = cut(kept, 8);
  assert.deepEqual([seqs(ahead), ahead.upTo, ahead.parked.size], [[8], 8, 0]);
  assert.equal(cut(ahead, 3), ahead);
});

test("A timeline that holds the oldest kept message has no more, and one that does not has.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(5, 9), true, { rev: 9 });
  assert.equal(cut(opened, 4).hasMore, true);
  assert.equal(cut(opened, 5).hasMore, false);
});

test("A page from before a removal brings nothing back.", () => {
  const known = cut(emptyTimeline(ROOM), 4);
  const first = loaded(known, stretch(1, 6), false, { rev: 6 });
  assert.deepEqual([seqs(first), first.hasMore], [[4, 5, 6], false]);
  const older = withOlder(loaded(known, stretch(5, 6), true), stretch(1, 4), false);
  assert.deepEqual([seqs(older), older.hasMore], [[4, 5, 6], false]);
});

test("An empty reset says how far a room goes of which nothing is kept.", () => {
  const opened = headed(loaded(emptyTimeline(ROOM), stretch(1, 3), false, { rev: 3 }), 9, 10);
  const answer = { messages: [], reset: true, rev: 10, first_seq: 10 };
  const emptied = caughtUp(opened, answer, { seq: 3, rev: 3 });
  assert.deepEqual([seqs(emptied), emptied.upTo, gapOf(emptied)], [[], 9, null]);
  assert.deepEqual(seqs(received(emptied, message(10, { rev: 11 }))), [10]);
});

test("A database that went back keeps older messages again.", () => {
  const opened = cut(loaded(emptyTimeline(ROOM), stretch(1, 9), false, { rev: 10 }), 8);
  const anew = caughtUp(
    opened,
    { messages: stretch(1, 5), reset: true, rev: 5 },
    { seq: 9, rev: 10 },
  );
  assert.deepEqual([seqs(anew), anew.firstSeq], [[1, 2, 3, 4, 5], 1]);
});
