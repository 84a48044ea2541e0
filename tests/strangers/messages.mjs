// A room of two: posting, changing, catching up, reading.

import assert from "node:assert/strict";
import { Person, Tab, play } from "./stranger.mjs";

const [ann, bob] = [await Person.signsUp("ann"), await Person.signsUp("bob")];
const [anns, bobs] = [await Tab.opens(ann), await Tab.opens(bob)];
const bobsOther = await Tab.opens(bob);
let room, first, rev;

/** Ann does it to her first message; Bob is told its new state, whose rev is the next. */
async function changes(event, wish, isNow) {
  const ack = await anns.sends(event, { message_id: first.id, ...wish });
  const told = await bobs.hears("message:changed", (message) => message.rev === ack.rev);
  assert.deepEqual([told.id, told.seq, ack.seq, ack.rev], [first.id, 1, 1, rev + 1]);
  assert.ok(isNow(told), `${event}: ${JSON.stringify(told)}`);
  rev = ack.rev;
}

const posts = (tab, client_id, body) =>
  tab.sends("message:post", { room_id: room.id, client_id, body });

await play({
  "a room that is made or joined by HTTP reaches the live tabs": async () => {
    const wish = { name: `room of ${ann.id}`, visibility: "public", topic: "strangers" };
    room = (await ann.post("/api/v1/rooms", wish)).room;
    const made = await anns.hears("room:joined", (told) => told.room.id === room.id);
    assert.deepEqual([made.room.role, made.room.topic], ["owner", "strangers"]);
    assert.ok((await bob.get("/api/v1/rooms")).rooms.some((one) => one.id === room.id));

    await bob.post(`/api/v1/rooms/${room.id}/join`);
    for (const tab of [bobs, bobsOther]) {
      const joined = await tab.hears("room:joined", (told) => told.room.id === room.id);
      assert.deepEqual([joined.room.role, joined.room.member_count], ["member", 2]);
    }
    const { room_id, member } = await anns.hears(
      "member:joined",
      (told) => told.member.user_id === bob.id,
    );
    assert.deepEqual([room_id, member.role], [room.id, "member"]);
  },

  "a post is acked with its seq and reaches every tab": async () => {
    first = await posts(anns, "ann-1", "hello *bob*");
    assert.equal(first.seq, 1);
    for (const tab of [anns, bobs, bobsOther]) {
      const told = await tab.learns(room.id, 1);
      assert.deepEqual(
        [told.room_id, told.seq, told.client_id, told.author.username, told.body],
        [room.id, 1, "ann-1", ann.username, "hello *bob*"],
      );
      assert.match(told.html, /<em>bob<\/em>/);
      assert.equal(told.rev, first.rev);
    }
    rev = first.rev;
  },

  "the same client id is the same message, by socket and by HTTP": async () => {
    assert.deepEqual(await posts(anns, "ann-1", "hello *bob*"), { ...first, again: true });
    const other = { room_id: room.id, client_id: "ann-1", body: "another body" };
    assert.equal((await anns.isRefused("message:post", other)).code, "client_id_used");
    const body = { client_id: "ann-1", body: "hello *bob*" };
    const again = await ann.post(`/api/v1/rooms/${room.id}/messages`, body);
    assert.equal(again.message.id, first.id);
    const { messages } = await bob.get(`/api/v1/rooms/${room.id}/messages`);
    assert.deepEqual(
      messages.map((one) => [one.seq, one.body]),
      [[1, "hello *bob*"]],
    );
  },

  "each change is told with the next rev": async () => {
    await changes("message:edit", { body: "hi" }, (now) => now.body === "hi" && now.edited_at_ms);
    await changes("message:react", { emoji: "👍", on: true }, (now) => {
      assert.deepEqual(now.reactions, [{ emoji: "👍", user_ids: [ann.id] }]);
      return true;
    });
    await changes("message:pin", { on: true }, (now) => now.pinned_by === ann.id);
    await changes("message:pin", { on: false }, (now) => !("pinned_at_ms" in now));
  },

  "message:since tells the tail and what changed": async () => {
    for (const at of [2, 3]) assert.equal((await posts(bobs, `bob-${at}`, `number ${at}`)).seq, at);
    const asked = { rooms: { [room.id]: 1, elsewhere: 7 }, revs: { [room.id]: first.rev } };
    const { rooms } = await bobs.sends("message:since", asked);
    assert.deepEqual(Object.keys(rooms), [room.id]);
    const tail = rooms[room.id];
    assert.deepEqual([tail.reset, tail.rev], [false, rev + 2]);
    assert.deepEqual(
      tail.messages.map((one) => [one.seq, one.body]),
      [
        [2, "number 2"],
        [3, "number 3"],
      ],
    );
    assert.deepEqual(
      tail.changed.map((one) => [one.seq, one.body, one.rev]),
      [[1, "hi", rev]],
    );

    const held = { rooms: { [room.id]: 3 }, revs: { [room.id]: tail.rev } };
    const nothing = (await bobs.sends("message:since", held)).rooms[room.id];
    assert.deepEqual([nothing.messages, nothing.changed ?? []], [[], []]);
    rev = tail.rev;
  },

  "a deleted message leaves its stub": async () => {
    await changes("message:delete", {}, (now) => now.deleted && now.body === "" && now.html === "");
  },

  "history comes by pages": async () => {
    const page = async (query) => {
      const got = await bob.get(`/api/v1/rooms/${room.id}/messages?${query}`);
      return [got.messages.map((one) => one.seq), got.has_more];
    };
    assert.deepEqual(await page("limit=2"), [[2, 3], true]);
    assert.deepEqual(await page("limit=2&before=2"), [[1], false]);
    assert.deepEqual(await page("limit=1&after=1"), [[2], true]);
  },

  "reading is told to one's own tabs and to the other": async () => {
    const answer = await anns.sends("message:read", { room_id: room.id, seq: 3 });
    assert.deepEqual([answer.seq, answer.unread, answer.mentions], [3, 0, 0]);
    await anns.hears("room:read", (told) => told.seq === 3 && told.version === answer.version);
    const receipt = await bobs.hears("receipt:read", (told) => told.user_id === ann.id);
    assert.deepEqual([receipt.room_id, receipt.seq], [room.id, 3]);
    const back = await anns.sends("message:unread", { room_id: room.id, seq: 2 });
    assert.deepEqual([back.seq, back.unread], [1, 2]);
  },

  "typing is told to the other, the end of it too": async () => {
    for (const typing of [true, false]) {
      await anns.sends("message:typing", { room_id: room.id, typing });
      const told = await bobs.hears("typing:now", (one) => one.typing === typing);
      assert.deepEqual([told.room_id, told.user_id], [room.id, ann.id]);
    }
  },

  "a draft and a saved message are told to one's own tabs": async () => {
    await bobs.sends("draft:set", { room_id: room.id, body: "to be", version: 1 });
    await bobsOther.hears(
      "draft:changed",
      (draft) => draft.body === "to be" && draft.version === 1,
    );
    const kept = bobs.all("message:new").find((message) => message.seq === 2);
    await bobs.sends("message:save", { message_id: kept.id, on: true });
    await bobsOther.hears("saved:changed", (told) => told.message_id === kept.id && told.on);
    assert.deepEqual([anns.all("draft:changed"), anns.all("saved:changed")], [[], []]);
  },

  "an answer in a thread shows at its root": async () => {
    const root = bobs.all("message:new").find((message) => message.seq === 3);
    const wish = {
      room_id: room.id,
      client_id: "ann-2",
      body: "in the thread",
      thread_id: root.id,
    };
    await anns.sends("message:post", wish);
    const told = await bobs.hears("message:changed", (one) => one.id === root.id && one.thread);
    assert.deepEqual([told.thread.replies, told.thread.user_ids], [1, [ann.id]]);
    const { messages } = await bob.get(`/api/v1/messages/${root.id}/thread`);
    assert.deepEqual(
      messages.map((one) => one.body),
      ["in the thread"],
    );
  },

  "who leaves is told so": async () => {
    await bob.post(`/api/v1/rooms/${room.id}/leave`);
    assert.equal((await bobs.hears("room:left")).room_id, room.id);
    assert.equal((await anns.hears("member:left")).user_id, bob.id);
  },
});
