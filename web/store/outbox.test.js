import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  acked,
  due,
  interrupted,
  refused,
  retried,
  sending,
  settled,
  toKeep,
  TRIES_MAX,
  unanswered,
  written,
} from "./outbox.js";

/** @import {Outbox} from "./outbox.js" */
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

test("A server that forgets acks and a line that breaks still stores each message once, in order.", () => {
  const acts = fc.array(fc.constantFrom("lose", "ack", "ackLost", "break"), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), acts, (count, story) => {
      /** @type {Message[]} */
      const server = [];
      let outbox = queue(...Array.from({ length: count }, (_, at) => `c${at}`));
      const store = (/** @type {string} */ id) => {
        if (!server.some((message) => message.client_id === id))
          server.push(stored(id, server.length + 1));
      };
      for (const act of [...story, ...Array.from({ length: count * 2 }, () => "ack")]) {
        const next = due(outbox)[0] ?? outbox.find((one) => one.state === "failed");
        if (next === undefined) continue;
        outbox = sending(retried(outbox, next.client_id), next.client_id);
        if (act !== "lose" && act !== "break") store(next.client_id);
        if (act === "ack") outbox = settled(acked(outbox, next.client_id, 1), "me", server);
        else if (act === "break") outbox = interrupted(outbox);
        else outbox = unanswered(outbox, next.client_id);
      }
      assert.deepEqual(
        server.map((message) => message.client_id),
        queueIds(count),
      );
      assert.deepEqual(outbox, []);
    }),
  );
});

/** @param {number} count */
function queueIds(count) {
  return Array.from({ length: count }, (_, at) => `c${at}`);
}

test("Only the first message of a room is under way; other rooms do not wait for it.", () => {
  const outbox = written(queue("a", "b"), entry("x", "other"));
  assert.deepEqual(
    due(outbox).map((one) => one.client_id),
    ["a", "x"],
  );
  assert.deepEqual(
    due(sending(outbox, "a")).map((one) => one.client_id),
    ["x"],
  );
});

test("After five tries without an answer the writer is asked, and may try again.", () => {
  let outbox = queue("a");
  for (let tries = 0; tries < TRIES_MAX; tries += 1) outbox = unanswered(sending(outbox, "a"), "a");
  assert.equal(outbox[0]?.state, "failed");
  assert.deepEqual(due(outbox), []);
  assert.equal(due(retried(outbox, "a")).length, 1);
});

test("A refusal for good fails the message; a temporary one lets it wait.", () => {
  const error = { code: "not_member", message: "", temporary: false };
  assert.equal(refused(queue("a"), "a", error)[0]?.state, "failed");
  assert.equal(refused(queue("a"), "a", { ...error, temporary: true })[0]?.state, "waiting");
});

test("A failed message does not hold back the ones written after it.", () => {
  const error = { code: "invalid", message: "", temporary: false };
  assert.equal(due(refused(queue("a", "b"), "a", error))[0]?.client_id, "b");
});

test("Someone else's message with the same client id does not settle mine.", () => {
  const theirs = { ...stored("a", 1), author_id: "other" };
  assert.equal(settled(queue("a"), "me", [theirs]).length, 1);
  assert.equal(settled(queue("a"), "me", [stored("a", 1)]).length, 0);
});

test("A reload keeps what was not acknowledged, waiting again with the same client id.", () => {
  const outbox = acked(sending(queue("a", "b", "c"), "b"), "a", 1);
  const kept = toKeep(outbox);
  assert.deepEqual(
    kept.map((one) => [one.client_id, one.state]),
    [
      ["b", "waiting"],
      ["c", "waiting"],
    ],
  );
});
