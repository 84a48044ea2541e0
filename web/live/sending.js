/**
 * Own messages: shown at once, sent in order, kept until the server has them.
 *
 * Rule of the file: it decides when to send, store/outbox.js what follows. What is not acknowledged
 * outlives a reload under the tab's own name, with the same client id; a tab that is gone leaves
 * its messages to the next one that starts.
 *
 * @import {ErrorBody, Pending} from "../types"
 */

import { batch } from "@preact/signals";

import { errorOf } from "../api.js";
import { ask, isLive } from "../socket.js";
import {
  acked,
  dropped,
  due,
  interrupted,
  refused,
  retried,
  sending,
  toKeep,
  unanswered,
  written,
} from "../store/outbox.js";
import { freshId, keep, kept, keptNames } from "./keep.js";
import { wrote } from "./reading.js";
import { heldBack, newFrom, outbox } from "./state.js";
import { reachedBy } from "./timelines.js";

const PREFIX = "outbox:";
const TEMPORARY_MS = 2000;
/** What a rate limit that names no time asks for. */
const LIMITED_S = 3;

let tab = "";

/** What earlier pages could not send is on its way again. */
export async function begin() {
  tab = await ownTab();
  const left = await abandoned();
  outbox.value = [...left.flatMap(storedUnder), ...outbox.value];
  for (const name of left) if (name !== PREFIX + tab) keep(name, "");
  outbox.subscribe((entries) => {
    const open = toKeep(entries);
    keep(PREFIX + tab, open.length === 0 ? "" : JSON.stringify(open));
  });
  flush();
}

/**
 * The message is in the room's list, greyed until the server has it.
 *
 * @param {string} roomId
 * @param {string} body
 * @param {string} [threadId]
 */
export function write(roomId, body, threadId) {
  const place = threadId === undefined ? {} : { thread_id: threadId };
  wrote();
  const entry = { client_id: freshId(), room_id: roomId, body, at_ms: Date.now(), ...place };
  batch(() => {
    outbox.value = written(outbox.value, entry);
    newFrom.value = new Map([...newFrom.value].filter(([id]) => id !== roomId));
  });
  flush();
}

/** Everything that may leave now is sent. */
export function flush() {
  if (!isLive()) return;
  for (const entry of due(outbox.value)) send(entry);
}

/** The line is down: what was under way waits again. */
export function unlinked() {
  outbox.value = interrupted(outbox.value);
}

/** @param {string} clientId */
export function retry(clientId) {
  outbox.value = retried(outbox.value, clientId);
  flush();
}

/** The message is not wanted any more. @param {string} clientId */
export function drop(clientId) {
  outbox.value = dropped(outbox.value, clientId);
  flush();
}

/** @param {Pending} entry */
async function send(entry) {
  const { client_id, room_id, body, thread_id } = entry;
  outbox.value = sending(outbox.value, client_id);
  try {
    const answer = await ask("message:post", { room_id, client_id, body, thread_id });
    outbox.value = acked(outbox.value, client_id, answer.seq);
    reachedBy(room_id, answer.seq);
    flush();
  } catch (thrown) {
    settle(entry, errorOf(thrown));
  }
}

/** @param {Pending} entry @param {ErrorBody} error */
function settle(entry, error) {
  if (error.code === "rate_limited") return giveBack(entry, error);
  const step = error.code === "no_answer" ? unanswered : refused;
  outbox.value = step(outbox.value, entry.client_id, error);
  if (error.temporary) setTimeout(flush, (error.retry_after_s ?? TEMPORARY_MS / 1000) * 1000);
  else flush();
}

/** Too fast: the text goes back to the composer. @param {Pending} entry @param {ErrorBody} error */
function giveBack(entry, error) {
  const later = outbox.value.filter(
    (one) => one.room_id === entry.room_id && one.state === "waiting",
  );
  const bodies = [entry, ...later].map((one) => one.body);
  batch(() => {
    for (const one of [entry, ...later]) outbox.value = dropped(outbox.value, one.client_id);
    heldBack.value = {
      room_id: entry.room_id,
      body: bodies.join("\n"),
      until_ms: Date.now() + (error.retry_after_s ?? LIMITED_S) * 1000,
    };
  });
}

/** The tab's own name, the same after a reload; a duplicated tab gets a new one. */
async function ownTab() {
  const before = sessionStorage.getItem("rollcall:tab");
  const name = before !== null && (await isFree(before)) ? before : freshId();
  sessionStorage.setItem("rollcall:tab", name);
  // Held as long as the page lives: by this other tabs know that its messages are in hand.
  navigator.locks?.request(lockOf(name), () => new Promise(() => {}));
  return name;
}

/** Names under which messages lie that no living tab will send. @returns {Promise<string[]>} */
async function abandoned() {
  const names = keptNames(PREFIX);
  const free = await Promise.all(
    names.map((name) => name === PREFIX + tab || isFree(name.slice(PREFIX.length))),
  );
  return names.filter((_, at) => free[at]);
}

/**
 * Whether no living tab has the name. Where the browser has no locks (plain http on a network
 * name) two tabs may both send; the client id makes it one message.
 *
 * @param {string} name
 * @returns {Promise<boolean>}
 */
async function isFree(name) {
  if (!navigator.locks) return true;
  return navigator.locks.request(
    lockOf(name),
    { ifAvailable: true },
    async (lock) => lock !== null,
  );
}

/** @param {string} name */
function lockOf(name) {
  return `rollcall-tab-${name}`;
}

/** @param {string} name @returns {Pending[]} */
function storedUnder(name) {
  try {
    return JSON.parse(kept(name) ?? "[]");
  } catch {
    return [];
  }
}
