import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";

import { makeSender, TRIES_MAX } from "./sender.js";

/**
 * A browser with several tabs, one disk, and a server at the end of a line that loses things. Every
 * step of it happens when the scheduler says so.
 *
 * @import {Unsent} from "../store/outbox.js"
 * @typedef {{isLive: boolean, isGone: boolean, sender: ReturnType<typeof makeSender>}} Tab
 * @typedef {import("fast-check").Scheduler} Scheduler
 */

const ROOMS = ["a", "b"];
const REFUSED = { code: "muted", message: "", temporary: false };
const BUSY = { code: "unavailable", message: "", temporary: true };
const NO_ANSWER = { code: "no_answer", message: "", temporary: true };

class Refusal extends Error {
  /** @param {import("../types").ErrorBody} body */
  constructor(body) {
    super(body.code);
    this.body = body;
  }
}

class World {
  /** @param {Scheduler} steps @param {() => string} luck @param {boolean} hasLocks */
  constructor(steps, luck, hasLocks) {
    this.steps = steps;
    this.luck = luck;
    this.hasLocks = hasLocks;
    /** @type {Unsent[]} */
    this.disk = [];
    /** @type {string[]} */
    this.order = [];
    /** @type {Map<string, string[]>} */
    this.server = new Map(ROOMS.map((room) => [room, []]));
    /** @type {Map<string, Promise<unknown>>} */
    this.turns = new Map();
    /** @type {Tab[]} */
    this.tabs = [];
    this.number = 0;
  }

  opens() {
    /** @type {Tab} */
    const tab = { isLive: true, isGone: false, sender: /** @type {any} */ (null) };
    tab.sender = makeSender({
      keeper: {
        all: () => this.step(tab, () => [...this.disk]),
        change: (id, fields) =>
          this.step(tab, () => {
            this.disk = this.disk.map((one) =>
              one.client_id === id ? { ...one, ...fields } : one,
            );
          }),
        remove: (id) =>
          this.step(tab, () => {
            this.disk = this.disk.filter((one) => one.client_id !== id);
          }),
      },
      post: (payload) => this.posts(tab, /** @type {Unsent} */ (payload)),
      errorOf: (thrown) => /** @type {Refusal} */ (thrown).body,
      isLive: () => tab.isLive && !tab.isGone,
      turn: (room, act) => this.turn(tab, room, act),
      show: () => {},
      stored: () => {},
      told: () => this.tell(),
      after: (_seconds, act) => void this.step(tab, act),
      givesBack: () => false,
    });
    this.tabs.push(tab);
    return tab;
  }

  /** It happens some time, unless the tab is gone by then. @template T @param {Tab} tab @param {() => T} act @returns {Promise<T>} */
  async step(tab, act) {
    await this.steps.schedule(Promise.resolve());
    return tab.isGone ? await new Promise(() => {}) : act();
  }

  /** @param {Tab} tab @param {Unsent} entry */
  async posts(tab, entry) {
    const fate = this.luck();
    await this.steps.schedule(Promise.resolve()); // on its way, whether the tab lives or not
    if (fate === "busy") return await this.step(tab, () => this.throws(BUSY));
    if (fate === "lost") return await this.step(tab, () => this.throws(NO_ANSWER));
    if (entry.body.startsWith("bad")) return await this.step(tab, () => this.throws(REFUSED));
    const room = this.server.get(entry.room_id) ?? [];
    if (!room.includes(entry.client_id)) room.push(entry.client_id);
    if (fate === "ack lost") return await this.step(tab, () => this.throws(NO_ANSWER));
    const seq = room.indexOf(entry.client_id) + 1;
    return await this.step(tab, () => ({ seq }));
  }

  /** @param {import("../types").ErrorBody} error @returns {never} */
  throws(error) {
    throw new Refusal(error);
  }

  /** @param {Tab} tab @param {string} room @param {() => Promise<void>} act */
  async turn(tab, room, act) {
    if (!this.hasLocks) return await act();
    const before = this.turns.get(room) ?? Promise.resolve();
    const isOver = before.then(() => (tab.isGone ? undefined : Promise.race([act(), ended(tab)])));
    this.turns.set(room, isOver);
    return /** @type {Promise<void>} */ (isOver);
  }

  /** @param {Tab} tab @param {string} room @param {boolean} isBad */
  async writes(tab, room, isBad) {
    const clientId = `c${(this.number += 1)}`;
    /** @type {Unsent} */
    const entry = {
      client_id: clientId,
      room_id: room,
      body: `${isBad ? "bad" : "good"} ${clientId}`,
      at_ms: 1,
      state: "waiting",
    };
    await this.step(tab, () => {
      this.disk.push(entry);
      this.order.push(`${room} ${entry.body}`);
    });
    this.tell();
  }

  /** Every tab looks for what may leave. */
  tell() {
    for (const tab of this.tabs) if (!tab.isGone) tab.sender.flush();
  }

  /** @param {Tab} tab */
  crashes(tab) {
    tab.isGone = true;
    crashed.get(tab)?.();
    this.tabs = this.tabs.filter((one) => one !== tab);
  }
}

/** @type {WeakMap<Tab, () => void>} */
const crashed = new WeakMap();

/** Resolves when the tab is gone: a browser takes its locks. @param {Tab} tab @returns {Promise<void>} */
function ended(tab) {
  return new Promise((resolve) => {
    const before = crashed.get(tab);
    crashed.set(tab, () => {
      before?.();
      resolve();
    });
  });
}

const acts = fc.array(
  fc.record({
    what: fc.constantFrom("write", "write", "write", "bad", "open", "crash", "cut", "link"),
    who: fc.nat({ max: 2 }),
    room: fc.constantFrom(...ROOMS),
    steps: fc.nat({ max: 6 }),
  }),
  { maxLength: 40 },
);
const fates = fc.infiniteStream(fc.constantFrom("ack", "ack", "ack", "lost", "ack lost", "busy"));

for (const hasLocks of [true, false]) {
  test(`Whatever tabs, lines and answers do, each message is stored once and in order ${hasLocks ? "with" : "without"} locks.`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), acts, fates, async (steps, story, luck) => {
        let isKind = false;
        let losses = 0;
        const fate = () => {
          const next = isKind || losses >= TRIES_MAX - 2 ? "ack" : luck.next().value;
          losses = next === "ack" ? 0 : losses + 1; // never so many that a writer would be asked
          return next;
        };
        const world = new World(steps, fate, hasLocks);
        world.opens();
        for (const act of story) {
          play(world, act);
          for (let left = act.steps; left > 0 && steps.count() > 0; left -= 1)
            await steps.waitOne();
        }
        isKind = true;
        await heal(world);

        const good = world.order.filter((one) => one.includes(" good "));
        for (const [room, ids] of world.server) {
          const wanted = good.filter((one) => one.startsWith(`${room} `));
          assert.deepEqual(
            ids,
            wanted.map((one) => one.split(" ").at(-1)),
          );
        }
        assert.deepEqual(
          world.disk.map((one) => one.state),
          world.disk.map(() => "failed"),
        );
        assert.ok(world.disk.every((one) => one.body.startsWith("bad")));
      }),
      { numRuns: 150 },
    );
  });
}

/** @param {World} world @param {{what: string, who: number, room: string}} act */
function play(world, { what, who, room }) {
  const tab = world.tabs[who % Math.max(1, world.tabs.length)];
  if (what === "open" && world.tabs.length < 3) world.opens().sender.flush();
  if (tab === undefined) return;
  if (what === "write" || what === "bad") world.writes(tab, room, what === "bad");
  if (what === "crash") world.crashes(tab);
  if (what === "cut") tab.isLive = false;
  if (what === "link") {
    tab.isLive = true;
    tab.sender.flush();
  }
}

/** The next load of the page finds a server that answers. @param {World} world */
async function heal(world) {
  await quiet(world.steps);
  for (const tab of [...world.tabs]) world.crashes(tab);
  world.opens().sender.flush();
  await quiet(world.steps);
}

/** Nothing is left that could happen. @param {Scheduler} steps */
async function quiet(steps) {
  do {
    while (steps.count() > 0) await steps.waitOne();
    await new Promise(setImmediate);
  } while (steps.count() > 0);
}

const FOR_GOOD = new Set(["muted", "not_signed_in"]);

/** A browser in which the posts end so, in turn. @param {string[]} fates */
function withFates(...fates) {
  /** @type {string[]} */
  const asked = [];
  const kept = ["one", "two"].map((id) => ({
    client_id: id,
    room_id: "a",
    body: id,
    at_ms: 1,
    state: /** @type {"waiting" | "failed"} */ ("waiting"),
  }));
  /** @type {[number, () => void][]} */
  const later = [];
  let released = async () => {};
  /** @type {(entry: Unsent) => boolean} */
  let goesBack = () => false;
  const sender = makeSender({
    keeper: {
      all: async () => kept,
      change: async (id, fields) => {
        Object.assign(kept.find((one) => one.client_id === id) ?? {}, fields);
      },
      remove: async (id) => {
        kept.splice(
          kept.findIndex((one) => one.client_id === id),
          1,
        );
      },
    },
    post: async (payload) => {
      asked.push(/** @type {Unsent} */ (payload).client_id);
      const fate = fates.shift() ?? "ack";
      if (fate !== "ack")
        throw new Refusal({ code: fate, message: "", temporary: !FOR_GOOD.has(fate) });
      return { seq: 1 };
    },
    errorOf: (thrown) => /** @type {Refusal} */ (thrown).body,
    isLive: () => true,
    turn: async (_room, act) => {
      await act();
      await released();
    },
    show: () => {},
    stored: () => {},
    told: () => {},
    after: (seconds, act) => void later.push([seconds, act]),
    givesBack: (entry) => goesBack(entry),
  });
  /** @param {() => Promise<void>} act */
  const whenReleased = (act) => {
    released = act;
  };
  /** @param {string} id the entry is its writer's again when it is refused */
  const givesBack = (id) => {
    goesBack = (entry) => {
      if (entry.client_id !== id) return false;
      kept.splice(kept.indexOf(/** @type {any} */ (entry)), 1);
      return true;
    };
  };
  return { sender, kept, asked, later, whenReleased, givesBack };
}

test("A refusal for good is told at the message and does not hold back those behind it.", async () => {
  const { sender, kept, asked } = withFates("muted");
  await sender.flush();

  assert.deepEqual(asked, ["one", "two"]);
  assert.deepEqual(
    kept.map((one) => [one.client_id, one.state]),
    [["one", "failed"]],
  );
});

test("A temporary refusal holds back the room, and is tried again after its time.", async () => {
  const { sender, kept, asked, later } = withFates("slow_mode");
  await sender.flush();
  assert.deepEqual([asked, kept.length, later.length], [["one"], 2, 1]);

  later[0]?.[1]();
  await new Promise(setImmediate);
  assert.deepEqual([asked, kept], [["one", "one", "two"], []]);
});

test("What waits behind a text that was given back leaves when its time is over.", async () => {
  const { sender, kept, asked, later, givesBack } = withFates("slow_mode");
  givesBack("one");
  await sender.flush();
  assert.deepEqual([asked, kept.length, later.length], [["one"], 1, 1]);

  later[0]?.[1]();
  await new Promise(setImmediate);
  assert.deepEqual([asked, kept], [["one", "two"], []]);
});

test("After some tries without an answer the writer is asked, and the next one leaves.", async () => {
  const { sender, kept, asked, later } = withFates(...Array(TRIES_MAX).fill("no_answer"));
  await sender.flush();
  for (let next = later.shift(); next; next = later.shift()) {
    next[1]();
    await new Promise(setImmediate);
  }

  assert.deepEqual(asked, [...Array(TRIES_MAX).fill("one"), "two"]);
  assert.deepEqual(
    kept.map((one) => one.state),
    ["failed"],
  );
});

test("What is written just as the room's turn ends leaves too.", async () => {
  const { sender, kept, asked, whenReleased } = withFates();
  whenReleased(async () => {
    whenReleased(async () => {});
    kept.push({ client_id: "late", room_id: "a", body: "late", at_ms: 2, state: "waiting" });
    sender.drain("a");
  });
  await sender.flush();

  assert.deepEqual(asked, ["one", "two", "late"]);
});

test("What says that the session is over says nothing of the message: it waits.", async () => {
  const { sender, kept } = withFates("not_signed_in");
  await sender.flush();

  assert.deepEqual(
    kept.map((one) => one.state),
    ["waiting", "waiting"],
  );
});
