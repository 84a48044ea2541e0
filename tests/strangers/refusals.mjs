// What is refused, and how; the connection lives on.

import assert from "node:assert/strict";
import { Person, Tab, play } from "./stranger.mjs";

const [ann, bob] = [await Person.signsUp("ann"), await Person.signsUp("bob")];
const makes = (visibility) =>
  ann.post("/api/v1/rooms", { name: `${visibility} of ${ann.id}`, visibility });
const [open, closed] = [(await makes("public")).room, (await makes("private")).room];
const tab = await Tab.opens(bob);
const post = { room_id: open.id, client_id: "bob-1", body: "hello" };

await play({
  "an event that does not exist": async () => {
    const problem = await tab.isRefused("message:shout", { body: "hello" });
    assert.deepEqual([problem.code, problem.temporary], ["unknown_event", false]);
  },

  "a payload of another shape names the field": async () => {
    const strange = { ...post, shout: true };
    const number = { ...post, body: 7 };
    const { body: _, ...less } = post;
    for (const [payload, field] of [
      [strange, "shout"],
      [number, "body"],
      [less, "body"],
    ]) {
      const problem = await tab.isRefused("message:post", payload);
      assert.deepEqual([problem.code, problem.field], ["invalid", field]);
    }
  },

  "an event without a payload, with two, with a list": async () => {
    for (const payload of [[], [post, post], [[post]], ["hello"], [null]]) {
      assert.equal((await tab.isRefused("message:post", ...payload)).code, "invalid");
    }
  },

  "rooms of others": async () => {
    assert.equal((await tab.isRefused("message:post", post)).code, "not_member");
    const secret = { ...post, room_id: closed.id };
    assert.equal((await tab.isRefused("message:post", secret)).code, "not_found");
    const history = `/api/v1/rooms/${closed.id}/messages`;
    assert.equal((await bob.isRefused("GET", history)).code, "not_found");
  },

  "the words of others": async () => {
    await bob.post(`/api/v1/rooms/${open.id}/join`);
    await ann.post(`/api/v1/rooms/${open.id}/messages`, { client_id: "ann-1", body: "mine" });
    const { id } = await tab.learns(open.id, 1);
    const problem = await tab.isRefused("message:edit", { message_id: id, body: "his" });
    assert.equal(problem.code, "forbidden");
    assert.equal((await tab.isRefused("message:delete", { message_id: id })).code, "forbidden");
  },

  "a call of another shape": async () => {
    const wish = { name: "a room", visibility: "public", colour: "blue" };
    const problem = await bob.isRefused("POST", "/api/v1/rooms", wish);
    assert.deepEqual([problem.code, problem.field], ["invalid", "colour"]);
    assert.equal((await bob.isRefused("GET", "/api/v1/nowhere")).code, "not_found");
    assert.equal((await bob.isRefused("PUT", "/api/v1/session", {})).code, "method_not_allowed");
  },

  "after all of that the connection is there": async () => {
    assert.equal((await tab.sends("message:post", post)).seq, 2);
    assert.equal(tab.all("session:ready").length, 1);
  },
});
