import assert from "node:assert/strict";
import test from "node:test";

import { emptyTimeline, loaded, withOlder as joined } from "./timeline.js";
import { arrived, changed, cut, joins, withNewer, withOlder } from "./visit.js";

/** @param {number} seq @param {number} [rev] @returns {any} */
const said = (seq, rev = seq) => ({ seq, rev, room_id: "r", id: `m${seq}` });
/** @param {number} from @param {number} to @param {object} [more] @returns {any} */
const page = (from, to, more = {}) => ({
  messages: Array.from({ length: to - from + 1 }, (_, at) => said(from + at)),
  has_more: true,
  rev: 100,
  ...more,
});
const seqs = (/** @type {{messages: readonly {seq: number}[]}} */ held) =>
  held.messages.map(({ seq }) => seq);

test("a visit grows both ways, and a page that does not join on is refused", () => {
  const visit = arrived("r", page(10, 12, { has_newer: true }));
  const grown = withNewer(withOlder(visit, page(8, 9, { rev: 90 })), page(13, 14));
  assert.deepEqual(seqs(grown), [8, 9, 10, 11, 12, 13, 14]);
  assert.equal(grown.rev, 90);
  assert.equal(withOlder(visit, page(5, 7)), visit);
  assert.equal(withNewer(visit, page(14, 15)), visit);
});

test("of two states of a message the newer one stays, and another room's is not taken", () => {
  const visit = arrived("r", page(10, 12));
  assert.equal(changed(visit, said(11, 99)).messages[1]?.rev, 99);
  assert.equal(changed(visit, said(11, 5)), visit);
  assert.equal(changed(visit, said(13, 99)), visit);
  assert.equal(changed(visit, { ...said(11, 99), room_id: "other" }), visit);
});

test("a visit that meets the newest messages becomes a part of them, without a hole", () => {
  const live = loaded(emptyTimeline("r"), page(20, 30).messages, true, { rev: 100 });
  const visit = arrived("r", page(10, 18));
  assert.equal(joins(visit, live), false);
  const met = withNewer(visit, page(19, 24));
  assert.equal(joins(met, live), true);
  const whole = joined(live, met.messages, met.hasOlder, met.rev);
  assert.deepEqual(
    seqs(whole),
    Array.from({ length: 21 }, (_, at) => 10 + at),
  );
});

test("what the room keeps no more is not visited, and nothing is older then", () => {
  const visit = arrived("r", page(10, 12));
  const kept = cut(visit, 11);
  assert.deepEqual([seqs(kept), kept.hasOlder], [[11, 12], false]);
  assert.equal(cut(visit, 10), visit);
});
