import assert from "node:assert/strict";
import { test } from "node:test";

import { tokenAt } from "./token.js";

/** @param {string} text the caret stands at | */
function at(text) {
  const found = tokenAt(text.replace("|", ""), text.indexOf("|"));
  return found && `${found.kind} ${found.from} ${found.typed}`;
}

test("a name begins after a space, a bracket, a new line, and at once after Chinese or Japanese", () => {
  assert.equal(at("@|"), "name 0 ");
  assert.equal(at("hello @an|"), "name 6 an");
  assert.equal(at("(@an|) there"), "name 1 an");
  assert.equal(at("one\n@a|"), "name 4 a");
  assert.equal(at("你好@王|"), "name 2 王");
  assert.equal(at("はい@a|"), "name 2 a");
});

test("addresses, paths, and what ended before the caret are no names", () => {
  for (const text of ["ann@ex|", "é@a|", "/@a|", "@@a|", "@ann |", "@ann @|x".replace("|", " |")])
    assert.equal(at(text), null, text);
});

test("only what stands before the caret counts", () => {
  assert.equal(at("@an|na"), "name 0 an");
  assert.equal(at("|@an"), null);
});

test("an emoji begins with a colon and two letters, and not in times, addresses or code", () => {
  assert.equal(at(":sm|"), "emoji 0 sm");
  assert.equal(at("好:点赞|"), "emoji 1 点赞");
  for (const text of [":s|", "10:30|", "http://ab|", "a::bc|", ": sm|"])
    assert.equal(at(text), null, text);
});
