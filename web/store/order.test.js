import assert from "node:assert/strict";
import { test } from "node:test";

import { moved } from "./order.js";

test("one of a list stands at another place, at an end when that is beyond it", () => {
  assert.deepEqual(moved(["a", "b", "c"], "a", 1), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], "c", -1), ["c", "a", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], "a", 9), ["b", "c", "a"]);
});
