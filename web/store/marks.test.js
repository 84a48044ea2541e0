import assert from "node:assert/strict";
import { test } from "node:test";

import { marksIn } from "./marks.js";

const TEXT = "xx<article id=1>\u4f60<article id=2<article id=<article id=é<articl";

test("a mark is counted once wherever the parts are cut", () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (let size = 1; size <= bytes.length; size += 1) {
    const count = marksIn("<article id=");
    let counted = 0;
    for (let at = 0; at < bytes.length; at += size) counted = count(bytes.subarray(at, at + size));
    assert.equal(counted, 4, `parts of ${size}`);
  }
});
