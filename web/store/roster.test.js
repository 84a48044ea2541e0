import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import {
  begunAnew,
  changed,
  emptyRoster,
  headed,
  introduced,
  isHere,
  lost,
  membersByRoom,
  moved,
  roomRead,
  statusOf,
  syncFrom,
  synced,
} from "./roster.js";

/** @import {Change, Diff, RoomMembers, Status} from "../types" */

const PEOPLE = ["ann", "bob", "cleo", "dan"];
const STATUSES = /** @type {Status[]} */ (["online", "away", "busy", "offline"]);

/** @typedef {{user_id: string, status: Status}} Step the transition with rev = its place + 1 */

const steps = fc.array(
  fc.record({ user_id: fc.constantFrom(...PEOPLE), status: fc.constantFrom(...STATUSES) }),
  { maxLength: 40 },
);

/** The server's truth after the first `rev` transitions. */
function truth(/** @type {Step[]} */ log, /** @type {number} */ rev) {
  const statuses = new Map(PEOPLE.map((id) => [id, /** @type {Status} */ ("offline")]));
  for (const step of log.slice(0, rev)) statuses.set(step.user_id, step.status);
  return statuses;
}

/** @param {Step[]} log @param {number} rev @param {string} [epoch] */
function snapshot(log, rev, epoch = "e") {
  const people = [...truth(log, rev)].map(([user_id, status]) => ({ user_id, status }));
  return { epoch, rev, people, reset: true };
}

/** What the server answers from `from`: the latest status of whoever changed since. */
function since(/** @type {Step[]} */ log, /** @type {number} */ from, /** @type {number} */ rev) {
  const whole = truth(log, rev);
  const ids = new Set(log.slice(from, rev).map((step) => step.user_id));
  const people = [...ids].map((user_id) => ({ user_id, status: whole.get(user_id) ?? "offline" }));
  return { epoch: "e", rev, people };
}

/** Diffs as a server makes them: each covers the transitions after the one before, coalesced. */
function diffsOf(/** @type {Step[]} */ log, /** @type {Set<number>} */ cuts) {
  /** @type {Diff[]} */
  const diffs = [];
  /** @type {Map<string, Change>} */
  let open = new Map();
  log.forEach((step, at) => {
    open.set(step.user_id, { user_id: step.user_id, status: step.status });
    if (cuts.has(at) || at === log.length - 1) {
      diffs.push({ epoch: "e", rev: at + 1, changes: [...open.values()] });
      open = new Map();
    }
  });
  return diffs;
}

const stories = steps.chain((log) => {
  const place = fc.nat({ max: log.length });
  return fc.record({
    log: fc.constant(log),
    start: place,
    cuts: fc.uniqueArray(fc.nat({ max: Math.max(0, log.length - 1) })).map((all) => new Set(all)),
    order: fc.array(fc.nat({ max: 60 }), { maxLength: 80 }),
  });
});

/** @param {import("./roster.js").Roster} roster */
function shown(roster) {
  return new Map(PEOPLE.map((id) => [id, statusOf(roster, id)]));
}

test("Whatever is lost, doubled or reordered, a resync equals a fresh snapshot.", () => {
  fc.assert(
    fc.property(stories, ({ log, start, cuts, order }) => {
      const diffs = diffsOf(log, cuts);
      const arrived = order.flatMap((at) => diffs[at] ?? []);
      const lossy = arrived.reduce(changed, synced(emptyRoster(), snapshot(log, start)));
      const from = /** @type {{rev: number}} */ (syncFrom(lossy)).rev;

      const resynced = synced(lossy, since(log, from, log.length));
      assert.deepEqual(shown(resynced), truth(log, log.length));
      assert.deepEqual(shown(synced(lossy, snapshot(log, log.length))), truth(log, log.length));
    }),
  );
});

test("Diffs before their snapshot, in any order and number, end in the same roster.", () => {
  fc.assert(
    fc.property(stories, ({ log, start, cuts, order }) => {
      const diffs = diffsOf(log, cuts);
      const early = order.flatMap((at) => diffs[at] ?? []);
      const parked = [...early, ...diffs].reduce(changed, emptyRoster());
      assert.deepEqual(shown(synced(parked, snapshot(log, start))), truth(log, log.length));
    }),
  );
});

test("A diff that comes twice, or after a newer one, changes nothing.", () => {
  fc.assert(
    fc.property(stories, ({ log, cuts, order }) => {
      const diffs = diffsOf(log, cuts);
      const whole = diffs.reduce(changed, synced(emptyRoster(), snapshot(log, 0)));
      const again = order.flatMap((at) => diffs[at] ?? []).reduce(changed, whole);
      assert.deepEqual(shown(again), shown(whole));
    }),
  );
});

test("While the connection is lost nobody is shown as online, and a sync brings all back.", () => {
  const roster = synced(emptyRoster(), snapshot([{ user_id: "ann", status: "online" }], 1));
  assert.equal(statusOf(roster, "ann"), "online");
  assert.equal(statusOf(lost(roster), "ann"), "unknown");
  const back = synced(lost(roster), { epoch: "e", rev: 1, people: [] });
  assert.equal(statusOf(back, "ann"), "online");
});

test("A new life of the store begins from a whole snapshot, not from the old revs.", () => {
  const old = synced(emptyRoster(), snapshot([{ user_id: "ann", status: "online" }], 1));
  const anew = begunAnew(old);
  assert.deepEqual(syncFrom(anew), {});
  const kept = changed(anew, { epoch: "f", rev: 2, changes: [{ user_id: "bob", status: "away" }] });
  const roster = synced(kept, { ...snapshot([], 0, "f"), rev: 1 });
  assert.deepEqual([statusOf(roster, "ann"), statusOf(roster, "bob")], ["offline", "away"]);
});

test("A room's own roster adds people without moving the place a resync asks from.", () => {
  const roster = synced(emptyRoster(), snapshot([], 0));
  const members = [{ user_id: "eve", status: /** @type {const} */ ("online"), username: "eve" }];
  const met = introduced(roster, { epoch: "e", rev: 7, members });
  assert.equal(statusOf(met, "eve"), "online");
  assert.deepEqual(syncFrom(met), { epoch: "e", rev: 0 });
});

test("An older answer about a room does not undo a newer diff.", () => {
  const roster = changed(synced(emptyRoster(), snapshot([], 0)), {
    epoch: "e",
    rev: 5,
    changes: [{ user_id: "ann", status: "busy" }],
  });
  const late = introduced(roster, {
    epoch: "e",
    rev: 3,
    members: [{ user_id: "ann", status: "online" }],
  });
  assert.equal(statusOf(late, "ann"), "busy");
});

test("Who was told of before he was introduced has a name, and the newer status, in the end.", () => {
  const known = synced(emptyRoster(), { epoch: "e", rev: 1, people: [], reset: true });
  const early = changed(known, {
    epoch: "e",
    rev: 3,
    changes: [{ user_id: "bob", status: "online" }],
  });
  const line = { user_id: "bob", username: "bob", display_name: "Bob", status: "offline" };
  const met = introduced(early, { epoch: "e", rev: 2, members: [/** @type {Change} */ (line)] });
  const { username, display_name, status } = met.people.get("bob") ?? {};
  assert.deepEqual([username, display_name, status], ["bob", "Bob", "online"]);
});

test("A change is all that is shown: text and emoji left out are gone.", () => {
  const said = {
    user_id: "ann",
    status: /** @type {const} */ ("busy"),
    text: "Lunch",
    emoji: "🍜",
  };
  const whole = synced(emptyRoster(), { epoch: "e", rev: 1, people: [said], reset: true });
  const words = (/** @type {typeof whole} */ roster) => {
    const ann = roster.people.get("ann");
    return [ann?.text, ann?.emoji];
  };
  assert.deepEqual(words(whole), ["Lunch", "🍜"]);
  const changes = [{ user_id: "ann", status: /** @type {const} */ ("busy"), emoji: "☕" }];
  assert.deepEqual(words(changed(whole, { epoch: "e", rev: 2, changes })), [null, "☕"]);
});

test("Here is what was told last, and unknown while presence is.", () => {
  const ann = { user_id: "ann", status: /** @type {const} */ ("online"), here: ["den"] };
  const whole = synced(emptyRoster(), { epoch: "e", rev: 1, people: [ann], reset: true });
  assert.equal(isHere(whole, "ann", "den"), true);
  assert.equal(isHere(whole, "ann", "attic"), false);
  assert.equal(isHere(lost(whole), "ann", "den"), false);
  const changes = [{ user_id: "ann", status: /** @type {const} */ ("online") }];
  assert.equal(isHere(changed(whole, { epoch: "e", rev: 2, changes }), "ann", "den"), false);
});

/** @typedef {{user_id: string, isIn: boolean}} Move the change of the room with rev = place + 1 */

const comings = fc.array(fc.record({ user_id: fc.constantFrom(...PEOPLE), isIn: fc.boolean() }), {
  maxLength: 30,
});
const roomStories = comings.chain((log) =>
  fc.record({
    log: fc.constant(log),
    start: fc.nat({ max: log.length }),
    order: fc.array(fc.nat({ max: Math.max(0, log.length - 1) }), { maxLength: 60 }),
  }),
);

/** The members after the first `rev` changes. @param {Move[]} log @param {number} rev */
function membersAt(log, rev) {
  const ids = new Set(["self"]);
  for (const { user_id: id, isIn } of log.slice(0, rev)) isIn ? ids.add(id) : ids.delete(id);
  return { rev, user_ids: [...ids].toSorted() };
}

/** @param {import("./roster.js").Roster} roster @param {{step: Move, rev: number}} told */
function hears(roster, { step, rev }) {
  return moved(roster, { room_id: "den", rev, ...step });
}

/** @param {import("./roster.js").Roster} roster */
function membersShown(roster) {
  return [...(membersByRoom(roster).get("den") ?? [])].toSorted();
}

test("Comings and goings in any order, some twice, end in the members of now.", () => {
  fc.assert(
    fc.property(roomStories, ({ log, start, order }) => {
      const all = log.map((step, at) => ({ step, rev: at + 1 }));
      const told = [...order.map((at) => all[at]), ...all].filter((one) => one !== undefined);
      const first = roomRead(emptyRoster(), "den", membersAt(log, start));
      const now = membersAt(log, log.length).user_ids;
      assert.deepEqual(membersShown(told.reduce(hears, first)), now);
      const late = roomRead(told.reduce(hears, first), "den", membersAt(log, start));
      assert.deepEqual(membersShown(late), now);
    }),
  );
});

test("Whatever was lost of comings and goings, a resync gives the members of now.", () => {
  fc.assert(
    fc.property(roomStories, ({ log, start, order }) => {
      const all = log.map((step, at) => ({ step, rev: at + 1 }));
      const told = order.map((at) => all[at]).filter((one) => one !== undefined);
      const lossy = told.reduce(hears, roomRead(emptyRoster(), "den", membersAt(log, start)));
      const held = syncFrom(lossy).rooms?.["den"];
      /** @type {Record<string, RoomMembers>} */
      const rooms = held === log.length ? {} : { den: membersAt(log, log.length) };
      const answer = { epoch: "e", rev: 1, people: [], rooms };
      assert.deepEqual(
        membersShown(synced(lossy, answer)),
        rooms["den"]?.user_ids ?? membersAt(log, start).user_ids,
      );
    }),
  );
});

test("A room that is not the reader's any more has no members; heads move the place.", () => {
  const roster = roomRead(synced(emptyRoster(), snapshot([], 0)), "den", membersAt([], 4));
  assert.deepEqual(syncFrom(roster), { epoch: "e", rev: 0, rooms: { den: 4 } });
  const told = changed(roster, {
    epoch: "e",
    rev: 5,
    changes: [{ user_id: "ann", status: "away" }],
  });
  assert.equal(syncFrom(headed(told, { epoch: "e", rev: 5 })).rev, 5);
  assert.equal(syncFrom(headed(told, { epoch: "e", rev: 6 })).rev, 0);
  const gone = synced(roster, {
    epoch: "e",
    rev: 1,
    people: [],
    rooms: { den: { rev: 0, user_ids: [] } },
  });
  assert.equal(membersByRoom(gone).has("den"), false);
});
