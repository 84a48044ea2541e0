import assert from "node:assert/strict";
import { test } from "node:test";

import {
  acked,
  dropped,
  failed,
  givenBack,
  interrupted,
  keptNow,
  merged,
  sending,
  settled,
  unsentOf,
  written,
} from "./outbox.js";

/** @import {Outbox, Unsent} from "./outbox.js" */
/** @import {Message} from "../types" */

/** @param {string} id @param {string} [room] */
function entry(id, room = "r") {
  return { client_id: id, room_id: room, body: id, at_ms: 1 };
}

/** @param {string} clientId @param {number} seq @returns {Message} */
function stored(clientId, seq) {
  return {
    id: `m${seq}`,
    room_id: "r",
    seq,
    client_id: clientId,
    author_id: "me",
    body: "",
    at_ms: 1,
    rev: seq,
    body_rev: seq,
  };
}

/** @param {...string} ids @returns {Outbox} */
function queue(...ids) {
  return ids.map((id) => entry(id)).reduce(written, /** @type {Outbox} */ ([]));
}

/** @param {...string} ids @returns {Unsent[]} */
function kept(...ids) {
  return ids.map((id) => ({ ...entry(id), state: "waiting" }));
}

/** @param {Outbox} outbox */
function shown(outbox) {
  return outbox.map((one) => `${one.client_id} ${one.state}`);
}

test("What another tab wrote, sent or deleted is shown so; what this page sends stays as it is.", () => {
  const mine = ["a", "b"].reduce(keptNow, sending(queue("a", "b"), "a"));

  assert.deepEqual(shown(merged(mine, kept("a", "b", "theirs"))), [
    "a sending",
    "b waiting",
    "theirs waiting",
  ]);
  assert.deepEqual(shown(merged(mine, kept("a"))), ["a sending"]);
});

test("What is not kept yet comes last, and what was sent stays until it is in the timeline.", () => {
  const outbox = written(acked(keptNow(queue("a"), "a"), "a", 1), entry("fresh"));

  assert.deepEqual(shown(merged(outbox, kept("theirs"))), [
    "a sent",
    "theirs waiting",
    "fresh waiting",
  ]);
});

test("A refusal that is kept is shown in every tab, and goes when it is tried again.", () => {
  const error = { code: "muted", message: "", temporary: false };
  const refused = merged(queue("a"), [{ ...entry("a"), state: "failed", error }]);

  assert.equal(refused[0]?.error?.code, "muted");
  assert.equal(merged(refused, kept("a"))[0]?.error, undefined);
});

test("Someone else's message with the same client id does not settle mine.", () => {
  const theirs = { ...stored("a", 1), author_id: "other" };
  assert.equal(settled(queue("a"), "me", [theirs]).length, 1);
  assert.equal(settled(queue("a"), "me", [stored("a", 1)]).length, 0);
});

test("When the line breaks, what was under way waits; what failed stays failed.", () => {
  const error = { code: "invalid", message: "", temporary: false };
  const outbox = failed(sending(queue("a", "b"), "a"), "b", error);

  assert.deepEqual(shown(interrupted(outbox)), ["a waiting", "b failed"]);
});

test("What was sent is not unsent; what failed is, until it is deleted.", () => {
  const error = { code: "invalid", message: "", temporary: false };
  const outbox = failed(acked(queue("a", "b", "c"), "a", 1), "b", error);

  assert.deepEqual(shown(unsentOf(outbox)), ["b failed", "c waiting"]);
  assert.deepEqual(shown(unsentOf(dropped(outbox, "b"))), ["c waiting"]);
});

test("What was sent and its room keeps no more is shown no longer.", () => {
  const outbox = acked(acked(queue("a", "b", "c"), "a", 3), "b", 4);
  const room = { roomId: "r", firstSeq: 4 };

  assert.deepEqual(shown(settled(outbox, "me", [], room)), ["b sent", "c waiting"]);
  assert.equal(settled(outbox, "me", [], { ...room, roomId: "other" }), outbox);
});

test("What goes back is text again, by its place and in its order; the rest waits on.", () => {
  const answer = { ...entry("c"), thread_id: "t" };
  const all = [entry("a"), answer, entry("b"), entry("theirs"), entry("sent")];
  const outbox = acked(sending(all.reduce(written, /** @type {Outbox} */ ([])), "a"), "sent", 4);
  const refused = failed(outbox, "b", { code: "muted", message: "", temporary: false });
  const { left, texts } = givenBack(written(refused, entry("d")), (one) => one.body !== "theirs");

  assert.deepEqual(
    [...texts],
    [
      ["r", "a\nd"],
      ["r/t", "c"],
    ],
  );
  assert.deepEqual(shown(left), ["b failed", "theirs waiting", "sent sent"]);
});
