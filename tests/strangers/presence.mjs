// Who is here, as one of two in a room sees the other.

import assert from "node:assert/strict";
import { Person, Tab, play } from "./stranger.mjs";

const [ann, bob] = [await Person.signsUp("ann"), await Person.signsUp("bob")];
const wish = { name: `room of ${bob.id}`, visibility: "private" };
const { room } = await bob.post("/api/v1/rooms", wish);
await bob.post(`/api/v1/rooms/${room.id}/members`, { username: ann.username });
const viewer = await Tab.opens(bob, { visible: true });
let tab, held;

/** What Bob is told of Ann once `is` says yes to it. */
async function seen(is) {
  const ofAnn = (diff) => diff.changes.find((one) => one.user_id === ann.id && is(one));
  return ofAnn(await viewer.hears("presence:diff", ofAnn));
}

const lineOfAnn = (lines) => lines.find((one) => one.user_id === ann.id);

await play({
  "a roster names who is not there as offline": async () => {
    const roster = await bob.get(`/api/v1/rooms/${room.id}/roster`);
    assert.equal(roster.members.length, 2);
    assert.equal(lineOfAnn(roster.members).status, "offline");
    held = { epoch: roster.epoch, rev: roster.rev, rooms: { [room.id]: roster.room_rev } };
    assert.equal(roster.epoch, viewer.ready.epoch);
  },

  "who connects is shown online": async () => {
    tab = await Tab.opens(ann, { visible: true });
    assert.ok(tab.ready.presence_known);
    await seen((change) => change.status === "online");
  },

  "a room in front is shown as here": async () => {
    await tab.sends("presence:visible", { visible: true, room_id: room.id });
    await seen((change) => change.here?.includes(room.id));
  },

  "busy with a text is shown to the other and to oneself": async () => {
    const claim = { status: "busy", text: "writing a client", emoji: "🛠️" };
    const own = await tab.sends("presence:set", claim);
    assert.deepEqual([own.status, own.text, own.why.rule], ["busy", "writing a client", "claim"]);
    const change = await seen((one) => one.status === "busy");
    assert.deepEqual([change.text, change.emoji], [claim.text, claim.emoji]);
    await tab.hears("presence:own", (told) => told.version === own.why.claim.version);
    const told = await bob.get(`/api/v1/users/${ann.id}/presence`);
    assert.deepEqual([told.status, told.why], ["busy", undefined]);
  },

  "news has a greater rev than the roster before it": async () => {
    const isBusy = (one) => one.user_id === ann.id && one.status === "busy";
    const diff = await viewer.hears("presence:diff", (told) => told.changes.some(isBusy));
    assert.equal(diff.epoch, held.epoch);
    assert.ok(diff.rev > held.rev, `${diff.rev} after ${held.rev}`);
  },

  "roster:sync from a rev has who changed since": async () => {
    const synced = await viewer.sends("roster:sync", held);
    assert.ok(!synced.reset && synced.rev > held.rev && synced.epoch === held.epoch);
    assert.equal(lineOfAnn(synced.people).status, "busy");
    assert.equal(synced.rooms, undefined);
    held = { ...held, rev: synced.rev };
  },

  "roster:sync from elsewhere has everybody": async () => {
    const all = await viewer.sends("roster:sync", { epoch: "another life", rev: 1 });
    assert.equal(all.reset, true);
    assert.deepEqual(all.people.map((one) => one.user_id).sort(), [ann.id, bob.id].sort());
  },

  "who disconnects is offline after the grace": async () => {
    const left = performance.now();
    tab.leaves();
    const change = await seen((one) => one.status === "offline");
    assert.ok(performance.now() - left >= tab.ready.grace_ms);
    assert.ok(Number.isInteger(change.last_seen_at_ms));
    const synced = await viewer.sends("roster:sync", held);
    assert.equal(lineOfAnn(synced.people).status, "offline");
  },
});
