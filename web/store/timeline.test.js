import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  caughtUp,
  emptyTimeline,
  gapOf,
  headed,
  loaded,
  received,
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
  return { messages: stretch(reset ? head - page + 1 : upTo + 1, head), reset };
}

test("Whatever is lost, doubled or reordered, a resync ends in the state of a fresh load.", () => {
  fc.assert(
    fc.property(deliveries, ({ before, head, page, events }) => {
      const opened = loaded(emptyTimeline(ROOM), stretch(1, before), false);
      const lossy = events.reduce((timeline, seq) => received(timeline, message(seq)), opened);
      const resynced = caughtUp(headed(lossy, head), answerAfter(lossy.upTo, head, page));

      assert.equal(gapOf(resynced), null);
      assert.equal(resynced.upTo, head);
      assert.deepEqual(
        seqs(resynced),
        stretch(resynced.messages[0]?.seq ?? 1, head).map((m) => m.seq),
      );
      const fresh = loaded(emptyTimeline(ROOM), stretch(1, head), false);
      const older = withOlder(resynced, stretch(1, (resynced.messages[0]?.seq ?? 1) - 1), false);
      assert.deepEqual({ ...older, head: 0 }, { ...fresh, head: 0 });
    }),
  );
});

test("At every moment what is shown is one unbroken stretch, each message once.", () => {
  fc.assert(
    fc.property(deliveries, ({ before, events }) => {
      let timeline = loaded(emptyTimeline(ROOM), stretch(1, before), false);
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
      const opened = loaded(emptyTimeline(ROOM), stretch(1, before), false);
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

test("An edited message replaces its older text and is not replaced by it.", () => {
  const opened = loaded(emptyTimeline(ROOM), stretch(1, 2), false);
  const edited = received(opened, message(2, { body: "new", edited_at_ms: 9 }));
  assert.equal(edited.messages[1]?.body, "new");
  assert.equal(received(edited, message(2)), edited);
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
