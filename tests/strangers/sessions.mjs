// Signing up and out by HTTP, and what CONNECT says to whom.

import assert from "node:assert/strict";
import { Person, SERVER, Tab, play } from "./stranger.mjs";

let ann, room, tabs;

await play({
  "an unsafe call without the token is refused": async () => {
    const nobody = new Person();
    const account = { username: "nobody", password: "some password" };
    const problem = await nobody.isRefused("POST", "/api/v1/accounts", account, {});
    assert.equal(problem.code, "csrf_failed");
  },

  "an account is made and signed in": async () => {
    ann = await Person.signsUp("ann");
    const session = await ann.get("/api/v1/session");
    assert.deepEqual([session.user.id, session.user.display_name], [ann.id, ann.username]);
  },

  "who is not signed in is told so": async () => {
    const problem = await new Person().isRefused("GET", "/api/v1/rooms");
    assert.equal(problem.code, "not_signed_in");
    assert.equal((await Tab.isRefused({ Origin: SERVER })).code, "not_signed_in");
  },

  "a cookie needs the origin of the server": async () => {
    const stolen = { Cookie: ann.cookie, Origin: "https://elsewhere.example" };
    assert.equal((await Tab.isRefused(stolen)).code, "wrong_origin");
    assert.equal((await Tab.isRefused({ Cookie: ann.cookie })).code, "wrong_origin");
  },

  "an auth of another shape is refused": async () => {
    const headers = { Cookie: ann.cookie, Origin: SERVER };
    const problem = await Tab.isRefused(headers, { nonsense: 1 });
    assert.deepEqual([problem.code, problem.field], ["invalid", "nonsense"]);
  },

  "polling is answered with an error body": async () => {
    const answer = await fetch(`${SERVER}/socket.io/?EIO=4&transport=polling`);
    assert.equal(answer.status, 400);
    assert.equal((await answer.json()).error.code, "invalid");
  },

  "session:ready comes first and names the rooms": async () => {
    room = (await ann.post("/api/v1/rooms", { name: `room of ${ann.id}`, visibility: "public" }))
      .room;
    tabs = [await Tab.opens(ann, { visible: true }), await Tab.opens(ann, { visible: false })];
    for (const tab of tabs) {
      assert.equal(tab.heard[0].event, "session:ready");
      assert.equal(tab.ready.user.id, ann.id);
      assert.deepEqual(tab.ready.heads, { [room.id]: 0 });
      assert.deepEqual(tab.ready.revs, { [room.id]: room.rev });
      assert.equal(tab.all("session:ready").length, 1);
    }
  },

  "room:heads comes by itself": async () => {
    const told = await tabs[0].hears("room:heads");
    assert.deepEqual([told.heads, told.revs], [{ [room.id]: 0 }, { [room.id]: room.rev }]);
  },

  "signing out ends every connection of the session": async () => {
    await ann.delete("/api/v1/session");
    for (const tab of tabs) {
      assert.equal(await tab.ended, "io server disconnect");
      assert.deepEqual(tab.heard.at(-1), {
        event: "session:ended",
        payload: { code: "signed_out" },
      });
    }
  },

  "the cookie of a session that ended signs nobody in": async () => {
    const headers = { Cookie: ann.cookie, Origin: SERVER };
    assert.equal((await Tab.isRefused(headers)).code, "not_signed_in");
    assert.equal((await ann.get("/api/v1/session")).user, null);
  },
});
