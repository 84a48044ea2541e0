import assert from "node:assert/strict";
import { test } from "node:test";

import { means } from "./mentions.js";

/** @param {Partial<import("../types").Message>} fields @returns {any} */
function message(fields) {
  return { author_id: "bob", ...fields };
}

test("A message means whom it names, and with a word for many everybody else.", () => {
  assert.equal(means(message({ mentions: { users: ["ann"] } }), "ann"), true);
  assert.equal(means(message({ mentions: { users: ["cid"] } }), "ann"), false);
  assert.equal(means(message({ mentions: { users: [], here: true } }), "ann"), true);
  assert.equal(means(message({ mentions: { users: [], room: true } }), "ann"), true);
  assert.equal(means(message({}), "ann"), false);
});

test("Nobody is meant by his own message, nor by one that was deleted.", () => {
  assert.equal(means(message({ mentions: { users: ["bob"], room: true } }), "bob"), false);
  assert.equal(means(message({ mentions: { users: ["ann"] }, deleted: true }), "ann"), false);
});
