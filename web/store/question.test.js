import assert from "node:assert/strict";
import test from "node:test";

import { chipsOf, without, withFilter } from "./question.js";

test("filters are found where they begin a word, and nowhere else", () => {
  const chips = chipsOf('from:anna x -in:"Ops team" http://in:x has:link');
  assert.deepEqual(
    chips.map(({ name, value, isBarred }) => [name, value, isBarred]),
    [
      ["from", "anna", false],
      ["in", "Ops team", true],
      ["has", "link", false],
    ],
  );
});

test("a filter that was added is a chip, and taking it away gives the question back", () => {
  for (const [name, value] of [
    ["from", "me"],
    ["in", "Ops team"],
  ]) {
    const asked = withFilter("two words", name ?? "", value ?? "");
    const [chip] = chipsOf(asked);
    assert.ok(chip);
    assert.equal(chip.value, value);
    assert.equal(without(asked, chip), "two words");
  }
});
