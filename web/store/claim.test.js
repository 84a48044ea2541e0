import assert from "node:assert/strict";
import { test } from "node:test";

import { holds, newer, SPANS, untilAfter } from "./claim.js";

/** @param {Partial<import("../types").Claim>} fields @returns {import("../types").Claim} */
function claim(fields) {
  return { status: "busy", text: "lunch", emoji: null, until_ms: null, version: 1, ...fields };
}

test("an older claim that comes late changes nothing", () => {
  const held = claim({ version: 5 });
  assert.equal(newer(held, claim({ version: 4, status: "away" })), held);
  assert.equal(newer(held, claim({ version: 6, status: "away" })).status, "away");
  assert.equal(newer(null, held), held);
});

test("a claim that lapsed is told with the version it had", () => {
  const held = claim({ version: 5, until_ms: 10 });
  assert.equal(newer(held, claim({ version: 5, status: "online", text: null })).status, "online");
});

test("of a claim whose time is over nothing is left", () => {
  const held = claim({ until_ms: 1000 });
  assert.equal(holds(held, 999), held);
  const after = holds(held, 1000);
  assert.deepEqual([after?.status, after?.text, after?.version], ["online", null, 1]);
  assert.equal(holds(claim({}), 10 ** 15)?.status, "busy");
});

test("each span ends ahead, today before tomorrow begins", () => {
  const now = new Date(2026, 10, 22, 23, 59, 59).getTime();
  for (const span of SPANS) {
    const until = untilAfter(span, now);
    assert.ok(until === null ? span === "never" : until > now, span);
  }
  assert.equal(untilAfter("today", now), new Date(2026, 10, 23).getTime());
  assert.equal(untilAfter("half_hour", 0), 1_800_000);
});
