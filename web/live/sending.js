/**
 * Own messages: shown at once, sent in order, kept until the server has them.
 *
 * Rule of the file: it joins what the page shows (store/outbox.js), what the browser keeps
 * (live/unsent.js) and how it leaves (live/sender.js). What is taken out of the page's list is
 * deleted from what is kept; tabs tell each other that something changed.
 *
 * @import {ErrorBody} from "../types"
 * @import {Outbox, Unsent} from "../store/outbox.js"
 */

import { batch } from "@preact/signals";

import { errorOf } from "../api.js";
import { boot } from "../boot.js";
import { ask, isLive } from "../socket.js";
import {
  acked,
  dropped,
  givenBack,
  interrupted,
  keptNow,
  merged,
  waiting,
  written,
} from "../store/outbox.js";
import { giveBack } from "./drafts.js";
import { freshId } from "./keep.js";
import { wrote } from "./reading.js";
import { makeSender } from "./sender.js";
import { heldBack, newFrom, openId, outbox } from "./state.js";
import { openedThread } from "./thread.js";
import { reachedBy } from "./timelines.js";
import * as unsent from "./unsent.js";

/** What a rate limit that names no time asks for. */
const LIMITED_S = 3;

/** Written in this page: a text that was too fast goes back to its own composer. @type {Set<string>} */
const mine = new Set();

/** What the page showed last. @type {Outbox} */
let shown = [];

const tabs = new BroadcastChannel(`rollcall:unsent:${boot.user.id}`);

const sender = makeSender({
  keeper: unsent,
  post: (payload) => ask("message:post", payload),
  errorOf,
  isLive,
  turn,
  show,
  stored: ({ client_id, room_id }, seq) => {
    reachedBy(room_id, seq);
    tell({ client_id, seq });
  },
  told: () => tell(),
  after: (seconds, act) => setTimeout(act, seconds * 1000),
  givesBack,
});

/** What earlier pages and other tabs could not send is shown, and on its way. */
export async function begin() {
  outbox.subscribe(letGo);
  tabs.onmessage = ({ data }) => toldByTab(data);
  addEventListener("beforeunload", (event) => {
    if (!unsent.isKept.value || outbox.value.some(isBeingKept)) event.preventDefault();
  });
  await look();
}

/**
 * The message is in the room's list, greyed until the server has it.
 *
 * @param {string} roomId
 * @param {string} body
 * @param {string} [threadId]
 */
export async function write(roomId, body, threadId) {
  const place = threadId === undefined ? {} : { thread_id: threadId };
  wrote();
  const entry = { client_id: freshId(), room_id: roomId, body, at_ms: Date.now(), ...place };
  mine.add(entry.client_id);
  batch(() => {
    outbox.value = written(outbox.value, entry);
    newFrom.value = new Map([...newFrom.value].filter(([id]) => id !== roomId));
  });
  await unsent.add({ ...entry, state: "waiting" });
  show((entries) => keptNow(entries, entry.client_id));
  tell();
  sender.drain(roomId);
}

/** Everything that may leave now is sent. */
export function flush() {
  sender.flush();
}

/** The line is down: what was under way waits again. */
export function unlinked() {
  show(interrupted);
}

/** @param {string} clientId */
export async function retry(clientId) {
  show((entries) => waiting(entries, clientId));
  await unsent.change(clientId, { state: "waiting", error: undefined });
  tell();
  flush();
}

/** The message is not wanted any more. @param {string} clientId */
export function drop(clientId) {
  show((entries) => dropped(entries, clientId));
}

/** What is kept is shown, and what may leave does. */
async function look() {
  const kept = await unsent.all();
  shown = merged(outbox.value, kept);
  outbox.value = shown;
  flush();
}

/** What was taken out of the list is kept no longer; what was sent is so already. @param {Outbox} entries */
function letGo(entries) {
  const left = new Set(entries.map((entry) => entry.client_id));
  const taken = shown.filter((entry) => !left.has(entry.client_id) && entry.state !== "sent");
  for (const { client_id: clientId } of taken) unsent.remove(clientId).then(() => tell());
  shown = entries;
}

/** @param {{client_id: string, seq: number} | null} told what was sent; null: something changed */
function toldByTab(told) {
  if (told) show((entries) => acked(entries, told.client_id, told.seq));
  look();
}

/** Other tabs of this user look again. @param {{client_id: string, seq: number} | null} [sent] */
function tell(sent = null) {
  tabs.postMessage(sent);
}

/** Whether the browser is still writing it down. @param {import("../types").Pending} entry */
function isBeingKept(entry) {
  return entry.state === "waiting" && !entry.is_kept;
}

/** @param {(entries: Outbox) => Outbox} step */
function show(step) {
  outbox.value = step(outbox.value);
}

/**
 * Where the browser has no locks (plain http on a network name) two tabs may send the same: the
 * client id makes it one message.
 *
 * @param {string} roomId
 * @param {() => Promise<void>} act
 */
async function turn(roomId, act) {
  if (!navigator.locks) return await act();
  await navigator.locks.request(`rollcall:unsent:${boot.user.id}:${roomId}`, act);
}

/**
 * Too fast: what was written here goes back to the composers that are open, all that waits behind it
 * too; both composers of the room wait, for both count.
 *
 * @param {Unsent} entry
 * @param {ErrorBody} error
 */
function givesBack(entry, error) {
  if (!hasComposer(entry)) return false;
  const { left, texts } = givenBack(outbox.value, hasComposer);
  batch(() => {
    show(() => left);
    for (const [place, text] of texts) giveBack(place, text);
    heldBack.value = {
      room_id: entry.room_id,
      until_ms: Date.now() + (error.retry_after_s ?? LIMITED_S) * 1000,
      is_slow: error.code === "slow_mode",
    };
  });
  return true;
}

/** It was written here, and what it was written in is open. @param {Unsent | import("../types").Pending} entry */
function hasComposer({ client_id: clientId, room_id: roomId, thread_id: threadId }) {
  const isThere = threadId === undefined || openedThread.value?.rootId === threadId;
  return mine.has(clientId) && openId.value === roomId && isThere;
}
