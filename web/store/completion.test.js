import assert from "node:assert/strict";
import { test } from "node:test";

import { begins, fitting, fittingEmoji } from "./completion.js";

const byName = (/** @type {string} */ a, /** @type {string} */ b) => a.localeCompare(b);
const person = (/** @type {string} */ username, display_name = username) => ({
  username,
  display_name,
});

test("those typed in full come first, then by how the name fits, rank, and name", () => {
  const people = [
    person("joanna"),
    person("zed", "Ann Lee"),
    person("anna", "Anna"),
    person("ann", "Zoe"),
    person("bob"),
  ];
  const rankOf = (/** @type {{username: string}} */ one) => (one.username === "zed" ? 0 : 1);
  const names = fitting(people, "ANN", { rankOf, byName }).map((one) => one.username);
  assert.deepEqual(names, ["ann", "zed", "anna", "joanna"]);
});

test("nothing typed yet: everybody, those of the lowest rank first", () => {
  const people = [person("ann"), person("bob"), person("cid")];
  const rankOf = (/** @type {{username: string}} */ one) => (one.username === "cid" ? 0 : 1);
  const names = fitting(people, "", { rankOf, byName }).map((one) => one.username);
  assert.deepEqual(names, ["cid", "ann", "bob"]);
});

test("Chinese names are found by any part of them, and wide letters as narrow ones", () => {
  const people = [person("xm", "王小明"), person("ann")];
  const order = { rankOf: () => 0, byName };
  assert.deepEqual(fitting(people, "小明", order), [people[0]]);
  assert.deepEqual(fitting(people, "ＡＮ", order), [people[1]]);
});

test("emoji are found by the beginning of a name before the middle of one", () => {
  const known = /** @type {const} */ ([
    ["😂", "tears of joy", "笑哭"],
    ["😂", "joy", "笑哭"],
    ["🎉", "party", "庆祝"],
  ]);
  assert.deepEqual(fittingEmoji(known, "joy"), [known[1], known[0]]);
  assert.deepEqual(fittingEmoji(known, "庆祝"), [known[2]]);
});

test("a word is found by its beginning, in either language", () => {
  assert.equal(begins(["here", "此刻在线的人"], "此刻"), true);
  assert.equal(begins(["here", "此刻在线的人"], "HE"), true);
  assert.equal(begins(["here", "此刻在线的人"], "er"), false);
});
