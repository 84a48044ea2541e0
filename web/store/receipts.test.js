import assert from "node:assert/strict";
import { test } from "node:test";

import { readTo, seenAt } from "./receipts.js";

const message = (/** @type {number} */ seq, author_id = "ann") =>
  /** @type {import("../types").Message} */ ({ seq, author_id });
const everybody = () => true;

test("a receipt grows, and a late one changes nothing", () => {
  const receipts = readTo(new Map(), "bob", 5);
  assert.equal(readTo(receipts, "bob", 4), receipts);
  assert.equal(readTo(receipts, "bob", 6).get("bob"), 6);
});

test("who has read stands below the last shown message up to there", () => {
  const messages = [message(2), message(3), message(7)];
  const receipts = new Map([
    ["bob", 5],
    ["cid", 9],
    ["dan", 1],
  ]);
  const seen = seenAt(messages, receipts, everybody);
  assert.deepEqual([...seen].sort(), [
    [3, ["bob"]],
    [7, ["cid"]],
  ]);
});

test("nobody is named below his own message, nor who is not to be named", () => {
  const receipts = new Map([
    ["bob", 1],
    ["cid", 1],
  ]);
  const seen = seenAt([message(1, "bob")], receipts, (userId) => userId !== "cid");
  assert.equal(seen.size, 0);
});
