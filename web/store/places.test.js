import assert from "node:assert/strict";
import { test } from "node:test";

import { fittingPlaces } from "./places.js";

/** @param {string} typed @param {...string} names */
function found(typed, ...names) {
  const places = names.map((name) => ({ names: [name] }));
  return fittingPlaces(places, typed).map((place) => place.names[0]);
}

test("The whole name comes first, then beginnings, words, parts, and letters in their order.", () => {
  const names = ["all openers", "the open room", "reopening", "open", "open house", "o p e n"];
  assert.deepEqual(found("open", ...names), [
    "open",
    "open house",
    "all openers",
    "the open room",
    "reopening",
    "o p e n",
  ]);
});

test("Accents, case and width of letters do not count.", () => {
  assert.deepEqual(found("CAFE", "Café", "tea"), ["Café"]);
  assert.deepEqual(found("ｃａｆé", "cafe"), ["cafe"]);
  assert.deepEqual(found("天气", "今天天气很好"), ["今天天气很好"]);
});

test("Letters must come in their order; spaces between them do not count.", () => {
  assert.deepEqual(found("gnrl", "general", "largen"), ["general"]);
  assert.deepEqual(found("g r l", "general"), ["general"]);
  assert.deepEqual(found("aa", "a"), []);
});

test("Nothing typed leaves everything in its order, and any of several names may fit.", () => {
  assert.deepEqual(found(" ", "b", "a"), ["b", "a"]);
  const people = [{ names: ["ann", "Anna Smith"] }, { names: ["bob", "Robert"] }];
  assert.deepEqual(fittingPlaces(people, "smi"), [people[0]]);
});
