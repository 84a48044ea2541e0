import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { waitBefore } from "./backoff.js";

const chance = fc.double({ min: 0, max: 0.999999, noNaN: true });

test("The first two attempts come within a second, no later one before half a second or after thirty.", () => {
  fc.assert(
    fc.property(fc.nat({ max: 1000 }), chance, (attempt, luck) => {
      const wait = waitBefore(attempt, luck);
      if (attempt < 2) assert.ok(wait <= 1000);
      else assert.ok(wait >= 500 && wait <= 30_000);
    }),
  );
});

test("Browsers that lost one server spread over the whole span.", () => {
  assert.equal(waitBefore(9, 0), 500);
  assert.ok(waitBefore(9, 0.99) > 29_000);
});
