import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { heard, joined, met, next, noDraft, telling, written } from "./drafts.js";

const told = (body = "", version = 1) => ({ body, version });

test("what another device wrote is taken over, and an older word of it is not", () => {
  const draft = heard(noDraft(), told("hello", 3));
  assert.equal(draft.text, "hello");
  assert.equal(heard(draft, told("hell", 2)), draft);
  assert.equal(heard(draft, told("", 4)).text, "");
});

test("what was written here and not told yet stays, and is told as the next version", () => {
  const draft = heard(written(noDraft(), "mine"), told("theirs", 5));
  assert.deepEqual([draft.text, draft.isTold], ["mine", false]);
  assert.deepEqual(next(draft), { body: "mine", version: 6 });
});

test("the own word coming back settles it, unless more was written meanwhile", () => {
  const draft = written(noDraft(), "he");
  assert.equal(heard(draft, told("he")).isTold, true);
  const more = heard(written(draft, "hello"), told("he"));
  assert.deepEqual([more.text, more.isTold, more.version], ["hello", false, 1]);
});

test("a text that was sent before it was told is not told as gone; one that may be there is", () => {
  assert.equal(written(written(noDraft(), "quick"), "").isTold, true);
  assert.equal(written(telling(written(noDraft(), "slow")), "").isTold, false);
  assert.equal(written(heard(noDraft(), told("there")), "").isTold, false);
});

test("blank is none, and a text is compared as the server keeps it", () => {
  assert.equal(next(written(noDraft(), " \n")).body, "");
  assert.equal(heard(written(noDraft(), "e\u0301"), told("é")).isTold, true);
});

test("of an untold text of an earlier page and the server's both stay, or the longer one", () => {
  const left = written(noDraft(), "on the train");
  assert.equal(met(left, told("at home")).text, "at home\non the train");
  assert.equal(met(left, told("on the")).text, "on the train");
  assert.equal(met(left, told("on the train, late")).text, "on the train, late");
  assert.equal(met(noDraft(), told("at home")).text, "at home");
});

test("a text that came back stands before what was written since", () => {
  assert.equal(joined(written(noDraft(), " \n"), "too fast"), "too fast");
  assert.equal(joined(written(noDraft(), "and on"), "too fast"), "too fast\nand on");
});

test("property: devices that all tell and hear end with one text", () => {
  const step = fc.record({
    device: fc.nat(2),
    act: fc.constantFrom("write", "tell", "hear"),
    text: fc.string({ maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let server = told("", 0);
      let devices = [noDraft(), noDraft(), noDraft()];
      const tell = (/** @type {number} */ at) => {
        const device = telling(devices[at] ?? noDraft());
        const asked = next(device);
        if (asked.version > server.version) server = { ...asked, body: asked.body.normalize() };
        devices = devices.with(at, heard(device, server));
      };
      for (const { device: at, act, text } of steps) {
        const device = devices[at] ?? noDraft();
        if (act === "write") devices = devices.with(at, written(device, text));
        else if (act === "hear") devices = devices.with(at, heard(device, server));
        else if (!device.isTold) tell(at);
      }
      for (let at = 0; at < devices.length; at += 1)
        for (let tries = 0; tries < 3 && !devices[at]?.isTold; tries += 1) tell(at);
      for (const device of devices.map((one) => heard(one, server)))
        assert.equal(next(device).body.normalize(), server.body);
    }),
  );
});
