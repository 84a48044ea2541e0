import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { caughtUpRoom, factsHeard, ownHeard } from "./rooms.js";
import { emptyRoster, membersByRoom, moved, roomRead, synced } from "./roster.js";
import {
  caughtUp,
  cut,
  emptyTimeline,
  gapOf,
  headed,
  loaded,
  received,
  revHeard,
  withOlder,
} from "./timeline.js";

/**
 * Old snapshot + events == new snapshot, of all that the page holds of a room: its messages with
 * edits, deletions, reactions and pins, its members, what it is called, from which message on it
 * keeps any, and whether the reader may write there. The server is a list of acts, each with the next rev; events are lost, doubled and
 * reordered, answers come late, and pages of older messages are loaded in between.
 *
 * @import {Message, Room} from "../types"
 * @import {Roster} from "./roster.js"
 * @import {Timeline} from "./timeline.js"
 * @typedef {{kind: string, which: number}} Act
 * @typedef {{messages: Message[], members: string[], facts: Room, rev: number, membersRev: number, factsRev: number}} State
 * @typedef {{timeline: Timeline, roster: Roster, room: Room}} Client
 */

const ROOM = "den";
const PEOPLE = ["ann", "bob", "cyd", "dan"];
const PAGE = 4;
const TAIL_MAX = 8;
const CHANGED_MAX = 6;

/** @type {Room} */
const FACTS = {
  id: ROOM,
  kind: "room",
  name: "Den",
  visibility: "public",
  topic: "",
  description: "",
  is_archived: false,
  slow_mode_s: 0,
  keep_days: 0,
  first_seq: 1,
  last_seq: 0,
  last_at_ms: null,
  is_member: true,
  role: "member",
  read_seq: 0,
  member_count: 0,
  rev: 0,
  unread: 0,
  mentions: 0,
  favourite: false,
  position: null,
  place_version: 1,
};

/** The room after these acts. @param {readonly Act[]} acts @returns {State} */
function lived(acts) {
  /** @type {State} */
  const state = {
    messages: [],
    members: ["ann"],
    facts: FACTS,
    rev: 0,
    membersRev: 0,
    factsRev: 0,
  };
  for (const act of acts) {
    state.rev += 1;
    does(state, act);
  }
  return state;
}

/** @param {State} state @param {Act} act */
function does(state, { kind, which }) {
  const { rev, messages } = state;
  if (kind === "member") {
    const name = PEOPLE[which % PEOPLE.length] ?? "";
    const isIn = !state.members.includes(name);
    state.members = isIn ? [...state.members, name] : state.members.filter((one) => one !== name);
    state.membersRev = rev;
  } else if (kind === "room" || kind === "cut") {
    const { first_seq: first } = state.facts;
    const next = kind === "cut" ? Math.min(first + (which % 6), messages.length + 1) : first;
    state.facts = { ...state.facts, topic: `topic ${rev}`, first_seq: next };
    state.factsRev = rev;
  } else if (kind === "own") {
    const untilMs = which % 2 ? rev : undefined;
    const role = which % 3 ? "member" : "read_only";
    state.facts = { ...state.facts, role, muted_until_ms: untilMs };
    state.factsRev = rev;
  } else if (kind === "post" || messages.length < state.facts.first_seq) {
    messages.push(posted(messages.length + 1, rev));
  } else {
    const gone = state.facts.first_seq - 1;
    const at = gone + (which % (messages.length - gone));
    const before = /** @type {Message} */ (messages[at]);
    messages[at] = { ...before, ...change(kind, before, rev), rev };
  }
}

/** @param {number} seq @param {number} rev @returns {Message} */
function posted(seq, rev) {
  const names = { id: `m${seq}`, client_id: `c${seq}`, author_id: "ann", room_id: ROOM };
  return { ...names, seq, body: `said ${rev}`, at_ms: rev, rev, body_rev: rev };
}

/** @param {string} kind @param {Message} before @param {number} rev @returns {Partial<Message>} */
function change(kind, before, rev) {
  if (kind === "edit") return { body: `edited ${rev}`, edited_at_ms: rev, body_rev: rev };
  if (kind === "delete") return { body: "", deleted: true, reactions: [] };
  if (kind === "pin") return { pinned_at_ms: rev };
  return { reactions: [...(before.reactions ?? []), { emoji: "👍", user_ids: [`u${rev}`] }] };
}

/** What the act told, as the client acts on it. @param {readonly Act[]} acts @param {number} at @returns {(client: Client) => Client} */
function eventOf(acts, at) {
  const { messages, members, facts, rev } = lived(acts.slice(0, at + 1));
  const act = /** @type {Act} */ (acts[at]);
  if (act.kind === "member") {
    const name = PEOPLE[act.which % PEOPLE.length] ?? "";
    const move = { room_id: ROOM, user_id: name, rev, isIn: members.includes(name) };
    return (client) => ({ ...heard(client, rev), roster: moved(client.roster, move) });
  }
  if (act.kind === "room" || act.kind === "cut")
    return (client) => ({
      ...client,
      timeline: cut(revHeard(client.timeline, rev), facts.first_seq),
      room: factsHeard(client.room, { room_id: ROOM, rev, room: onlyFacts(facts) }),
    });
  if (act.kind === "own")
    return (client) => ({
      ...heard(client, rev),
      room: ownHeard(client.room, { room_id: ROOM, rev, member: ownPlace(facts) }),
    });
  const told = /** @type {Message} */ (messages.find((one) => one.rev === rev));
  return (client) => ({ ...client, timeline: received(client.timeline, told) });
}

/** What is told to all: nothing of the reader. @param {Room} facts */
function onlyFacts({ id, name, visibility, topic, description, is_archived, ...facts }) {
  const { slow_mode_s, keep_days, first_seq } = facts;
  const words = { id, name, visibility, topic, description };
  return { ...words, is_archived, slow_mode_s, keep_days, first_seq };
}

/** @param {Room} facts @returns {import("../types").RoomMember} */
function ownPlace({ role, muted_until_ms }) {
  const names = { user_id: "me", username: "me", display_name: "Me", joined_at_ms: 0 };
  return { ...names, role: role ?? "member", muted_until_ms };
}

/** @param {Client} client @param {number} rev @returns {Client} */
function heard(client, rev) {
  return { ...client, timeline: revHeard(client.timeline, rev) };
}

/** What a fresh page holds: the newest messages, the members, the room. @param {readonly Act[]} acts @returns {Client} */
function fresh(acts) {
  const { members, facts, rev, membersRev } = lived(acts);
  const kept = keptIn(acts);
  const at = { rev, first_seq: facts.first_seq };
  return {
    timeline: loaded(emptyTimeline(ROOM), kept.slice(-PAGE), kept.length > PAGE, at),
    roster: roomRead(emptyRoster(), ROOM, { rev: membersRev, user_ids: members }),
    room: { ...facts, rev },
  };
}

/** What the room still has. @param {readonly Act[]} acts */
function keptIn(acts) {
  const { messages, facts } = lived(acts);
  return messages.slice(facts.first_seq - 1);
}

/** @param {readonly Act[]} acts @param {{upTo: number, rev: number}} held */
function since(acts, { upTo, rev }) {
  const { messages, facts, factsRev, rev: now } = lived(acts);
  const kept = keptIn(acts);
  const changed = kept.filter((one) => one.seq <= upTo && one.rev > rev);
  const room = factsRev > rev ? { room: { ...facts, rev: now } } : {};
  const told = { rev: now, first_seq: facts.first_seq, ...room };
  const isBehind = upTo + 1 < facts.first_seq;
  if (isBehind || changed.length > CHANGED_MAX || messages.length - upTo > TAIL_MAX)
    return { messages: kept.slice(-PAGE), reset: true, ...told };
  return { messages: messages.slice(upTo), changed, reset: false, ...told };
}

/** The answer reaches the client, who held that much when he asked. @param {Client} client @param {ReturnType<typeof since>} tail @param {{seq: number, rev: number}} asked @returns {Client} */
function answered(client, tail, asked) {
  const room = tail.room === undefined ? client.room : caughtUpRoom(client.room, tail.room);
  return { ...client, room, timeline: caughtUp(client.timeline, tail, asked) };
}

/** The page before what the client holds, as of so many acts; it may arrive later. @param {Client} client @param {readonly Act[]} acts @returns {(client: Client) => Client} */
function pageFor({ timeline: { messages: held, upTo } }, acts) {
  const first = held[0]?.seq ?? upTo + 1;
  const { rev, facts } = lived(acts);
  const older = keptIn(acts).filter(({ seq }) => seq < first);
  return (client) => ({
    ...client,
    timeline: withOlder(
      client.timeline,
      older.slice(-PAGE),
      older.length > PAGE,
      rev,
      facts.first_seq,
    ),
  });
}

/** @param {Client} client @param {readonly Act[]} acts @param {boolean} missed whether any act was not told */
function healed(client, acts, missed) {
  const { messages, members, rev, membersRev } = lived(acts);
  let next = { ...client, timeline: headed(client.timeline, messages.length, rev) };
  for (let tries = 0; gapOf(next.timeline) !== null; tries += 1) {
    assert.ok(tries < 3, "a resync ends");
    const { upTo, rev: held } = next.timeline;
    next = answered(next, since(acts, { upTo, rev: held }), { seq: upTo, rev: held });
  }
  const held = next.roster.rooms.get(ROOM);
  const moves = [...(held?.moves.values() ?? [])].map((move) => move.rev);
  const isBehind = missed || Math.max(held?.rev ?? 0, ...moves) < membersRev;
  /** @type {Record<string, import("../types").RoomMembers>} */
  const rooms = isBehind ? { [ROOM]: { rev: membersRev, user_ids: members } } : {};
  return { ...next, roster: synced(next.roster, { epoch: "e", rev: 1, people: [], rooms }) };
}

/** @param {Client} client */
function shown({ timeline, roster, room }) {
  return {
    messages: timeline.messages,
    members: [...(membersByRoom(roster).get(ROOM) ?? [])].toSorted(),
    topic: room.topic,
    place: [room.role, room.muted_until_ms],
    rev: timeline.rev,
  };
}

const KINDS = [
  ...["post", "post", "post", "edit", "delete", "react", "pin"],
  ...["member", "room", "own", "cut"],
];
const lives = fc.array(fc.record({ kind: fc.constantFrom(...KINDS), which: fc.nat({ max: 30 }) }), {
  maxLength: 40,
  size: "max",
});
/**
 * Steps of a client: an event as it happens, one that is not told then, an event (each may come
 * often, late, or never), a question, its answer, a page.
 */
const steps = fc.array(
  fc.record({
    what: fc.constantFrom(
      "live",
      "live",
      "live",
      "live",
      "quiet",
      "event",
      "ask",
      "page",
      "answer",
      "answer",
    ),
    at: fc.nat({ max: 39 }),
  }),
  { maxLength: 80, size: "max" },
);

test("Whatever of a room's whole life was lost, doubled or late, a resync gives a fresh load.", () => {
  fc.assert(
    fc.property(lives, fc.nat({ max: 40 }), steps, (life, opened, story) => {
      let client = fresh(life.slice(0, opened));
      /** @type {((client: Client) => Client)[]} */
      const onTheWay = [];
      const told = new Set();
      let now = Math.min(opened, life.length);
      for (const { what, at } of story) {
        if ((what === "live" || what === "quiet") && now < life.length) now += 1;
        const act = what === "live" ? now - 1 : at;
        const past = life.slice(0, now);
        const { upTo, rev } = client.timeline;
        const asked = { seq: upTo, rev };
        if ((what === "live" || what === "event") && act >= 0 && act < now) {
          client = eventOf(life, act)(client);
          told.add(act);
        }
        const tail = since(past, { upTo, rev });
        if (what === "ask") onTheWay.push((later) => answered(later, tail, asked));
        if (what === "page") onTheWay.push(pageFor(client, past));
        if (what === "answer")
          client = onTheWay.splice(at % onTheWay.length, 1)[0]?.(client) ?? client;
        isOneStretch(client.timeline);
      }
      const all = life.map((_, at) => at).slice(Math.min(opened, life.length));
      client = healed(client, life, !all.every((at) => told.has(at)));
      const { firstSeq } = client.timeline;
      assert.equal(client.timeline.hasMore, (client.timeline.messages[0]?.seq ?? 0) > firstSeq);
      for (let tries = 0; client.timeline.hasMore; tries += 1) {
        assert.ok(tries < 20, "the history ends");
        client = pageFor(client, life)(client);
      }

      const { members, facts, rev } = lived(life);
      const messages = keptIn(life);
      assert.deepEqual(shown(client), {
        messages,
        members: members.toSorted(),
        topic: facts.topic,
        place: [facts.role, facts.muted_until_ms],
        rev,
      });
    }),
    { numRuns: 150 },
  );
});

/** Each message once, in order, without a hole. @param {Timeline} timeline */
function isOneStretch({ messages, upTo }) {
  const first = upTo - messages.length + 1;
  assert.deepEqual(
    messages.map((one) => one.seq),
    messages.map((_, at) => first + at),
  );
}
