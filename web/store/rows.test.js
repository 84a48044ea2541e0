import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { DRAWN_MAX, drawnPart, GROUP_MS, movedDown, movedUp, rowsOf } from "./rows.js";

/** @import {Message, Pending} from "../types" */

const DAY_MS = 86_400_000;
const dayOf = (/** @type {number} */ atMs) => Math.floor(atMs / DAY_MS);

/** @param {number} seq @param {string} author @param {number} atMs @returns {Message} */
function said(seq, author, atMs) {
  return {
    id: `m${seq}`,
    room_id: "r",
    seq,
    client_id: `c${seq}`,
    author_id: author,
    body: "",
    at_ms: atMs,
    rev: seq,
    body_rev: seq,
  };
}

/** @param {Message[]} messages @param {number} [newFrom] @param {Pending[]} [pending] */
function outline(messages, newFrom, pending = []) {
  return rowsOf(messages, pending, { ownId: "me", newFrom, dayOf }).map((row) => {
    if (row.kind === "day" || row.kind === "new") return row.kind;
    return row.isHead ? "head" : "line";
  });
}

test("Messages of one author stand together until five minutes pass between two.", () => {
  const messages = [
    said(1, "ann", DAY_MS),
    said(2, "ann", DAY_MS + GROUP_MS - 1),
    said(3, "ann", DAY_MS + 2 * GROUP_MS - 1),
    said(4, "bob", DAY_MS + 2 * GROUP_MS),
  ];
  assert.deepEqual(outline(messages), ["day", "head", "line", "head", "head"]);
});

test("A new day is told, and begins a new group.", () => {
  const messages = [said(1, "ann", 2 * DAY_MS - 1), said(2, "ann", 2 * DAY_MS)];
  assert.deepEqual(outline(messages), ["day", "head", "day", "head"]);
});

test("The new line stands before its message and begins a new group.", () => {
  const messages = [said(1, "ann", DAY_MS), said(2, "ann", DAY_MS + 1)];
  assert.deepEqual(outline(messages, 2), ["day", "head", "new", "head"]);
});

test("The new line stands before the next message when an answer in a thread was the first.", () => {
  const messages = [said(4, "ann", DAY_MS), said(7, "ann", DAY_MS + 1)];
  assert.deepEqual(outline(messages, 5), ["day", "head", "new", "head"]);
  assert.deepEqual(outline(messages, 2), ["day", "head", "line"], "its place is not loaded yet");
  const mine = [said(4, "me", DAY_MS), said(7, "ann", DAY_MS + 1)];
  assert.deepEqual(outline(mine, 4), ["day", "head", "new", "head"], "one's own is never new");
});

test("An unsent message keeps its place and its key when the server has it.", () => {
  const entry = /** @type {Pending} */ ({
    client_id: "c2",
    room_id: "r",
    body: "",
    at_ms: 5,
    state: "waiting",
    tries: 0,
  });
  const view = { ownId: "me", newFrom: undefined, dayOf };
  const before = rowsOf([said(1, "ann", DAY_MS)], [entry], view);
  const after = rowsOf([said(1, "ann", DAY_MS), said(2, "me", DAY_MS + 1)], [], view);
  assert.deepEqual(
    before.map((row) => row.key),
    after.map((row) => row.key),
  );
});

/** @param {number} count @returns {import("./rows.js").Row[]} */
function rowsNamed(count) {
  return Array.from({ length: count }, (_, at) => ({ kind: "day", key: `${at}`, at_ms: at }));
}

test("However one scrolls, no more is drawn than may be, without a hole, and both ends are reached.", () => {
  const moves = fc.array(fc.constantFrom(movedUp, movedDown), { maxLength: 40 });
  fc.assert(
    fc.property(fc.nat({ max: 2000 }), moves, (count, story) => {
      const rows = rowsNamed(count);
      /** @type {string | null} */
      let last = null;
      for (const move of story) {
        const before = drawnPart(rows, last);
        last = move(rows, last);
        const { from, to } = drawnPart(rows, last);
        assert.ok(to - from <= DRAWN_MAX && to - from === Math.min(count, DRAWN_MAX));
        assert.ok(
          count === 0 || (from < before.to && before.from < to),
          "what is read stays drawn",
        );
      }
      for (let step = 0; step < 25; step += 1) last = movedUp(rows, last);
      assert.equal(drawnPart(rows, last).from, 0);
      for (let step = 0; step < 25; step += 1) last = movedDown(rows, last);
      assert.equal(last, null);
    }),
  );
});

test("A drawn part whose last row is gone is the end of the room.", () => {
  assert.deepEqual(drawnPart(rowsNamed(3), "gone"), { from: 0, to: 3 });
});
