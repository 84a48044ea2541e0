import assert from "node:assert/strict";
import { test } from "node:test";

import {
  TYPING_MS,
  nextEndMs,
  nobody,
  outlasting,
  placeOf,
  stopped,
  writersAt,
  writing,
} from "./typing.js";

test("Somebody writes until he stops, in that place alone.", () => {
  const thread = placeOf("r", "t");
  const both = writing(writing(nobody(), "r", "ann", 0), thread, "ann", 0);
  const left = stopped(both, "r", "ann");
  assert.deepEqual(writersAt(left, "r"), []);
  assert.deepEqual(writersAt(left, thread), ["ann"]);
  assert.equal(stopped(left, "r", "ann"), left);
});

test("Who is not heard again is gone after the time that the protocol names.", () => {
  const two = writing(writing(nobody(), "r", "ann", 0), "r", "bob", 1000);
  assert.equal(nextEndMs(two), TYPING_MS);
  assert.deepEqual(writersAt(outlasting(two, TYPING_MS - 1), "r"), ["ann", "bob"]);
  assert.deepEqual(writersAt(outlasting(two, TYPING_MS), "r"), ["bob"]);
  assert.equal(nextEndMs(outlasting(two, TYPING_MS + 1000)), null);
});

test("Who is heard again goes on, and keeps his place in the row.", () => {
  const two = writing(writing(nobody(), "r", "ann", 0), "r", "bob", 0);
  const on = outlasting(writing(two, "r", "ann", 5000), TYPING_MS);
  assert.deepEqual(writersAt(writing(two, "r", "ann", 5000), "r"), ["ann", "bob"]);
  assert.deepEqual(writersAt(on, "r"), ["ann"]);
});
