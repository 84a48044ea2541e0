/**
 * What was written and not sent, by place: a room, or a thread of it. It outlives a reload and the
 * end of the session, and is on all of the reader's devices.
 *
 * Rule of the file: store/drafts.js says which text stays; here is when it is told, and when
 * another device's text may be shown: not while somebody is writing on this one.
 *
 * @import {ServerDraft} from "../types"
 * @import {Draft} from "../store/drafts.js"
 */

import { signal } from "@preact/signals";

import { errorOf, get } from "../api.js";
import { ask, isLive } from "../socket.js";
import { heard, joined, met, next, noDraft, telling, written } from "../store/drafts.js";
import { keep, kept, keptNames } from "./keep.js";

const PREFIX = "draft:";
/** The server's version of it, with a sign when it has not been told what stands here. */
const TOLD_PREFIX = "draft-told:";
const UNTOLD = "*";
const TELL_MS = 700;
const AGAIN_MS = 3000;
/** Who has not typed for this long is not writing. */
const QUIET_MS = 2500;

/** Rooms that hold a draft. */
export const draftRooms = signal(
  new Set(keptNames(PREFIX).map((name) => name.slice(PREFIX.length))),
);

/** The place whose draft was changed last by something else than typing: another device, a text given back. */
export const draftFromAfar = signal({ place: "" });

/** @type {Map<string, Draft>} */
const drafts = new Map();
/** When something was last typed there. @type {Map<string, number>} */
const typedAtMs = new Map();
/** What came while somebody was writing here. @type {Map<string, ServerDraft>} */
const held = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {Promise<void>} */
let meeting = Promise.resolve();
addEventListener("pagehide", () => tellAll());

/** @param {string} place */
export function draftOf(place) {
  return known(place).text;
}

/**
 * The text is the draft of the place, here at once and soon everywhere.
 *
 * @param {string} place
 * @param {string} text
 */
export function keepDraft(place, text) {
  typedAtMs.set(place, Date.now());
  set(place, written(known(place), text));
  clearTimeout(timer);
  timer = setTimeout(tellAll, text === "" ? 0 : TELL_MS);
}

/** A text that was not sent is in its place again. @param {string} place @param {string} body */
export function giveBack(place, body) {
  keepDraft(place, joined(known(place), body));
  draftFromAfar.value = { place };
}

/** Another device wrote, or sent; or it is this one's own word. @param {ServerDraft} told */
export function draftChanged(told) {
  const place = placeOf(told);
  const after = heard(known(place), told);
  const quietInMs = (typedAtMs.get(place) ?? 0) + QUIET_MS - Date.now();
  if (after.text !== known(place).text && quietInMs > 0) hold(place, told, quietInMs);
  else show(place, after);
}

/** What an earlier page left meets what the server has. */
export function begin() {
  meeting = meet(met);
}

/** The line is up: both sides know of each other's drafts. @param {{isFirst: boolean}} how */
export function linked({ isFirst }) {
  if (isFirst) tellAll();
  else meet(heard);
}

/** @param {typeof heard} step */
async function meet(step) {
  const answer = await get("/api/v1/drafts").catch(() => null);
  if (answer === null) return;
  for (const told of answer.drafts) show(placeOf(told), step(known(placeOf(told)), told));
  const there = new Set(answer.drafts.map(placeOf));
  for (const name of keptNames(PREFIX)) {
    const place = name.slice(PREFIX.length);
    // Not in the list: it was sent, or emptied, elsewhere.
    if (!there.has(place) && known(place).isTold) show(place, { ...known(place), text: "" });
  }
  tellAll();
}

/** @param {string} place @param {Draft} draft */
function show(place, draft) {
  const isOther = draft.text !== known(place).text;
  set(place, draft);
  if (isOther) draftFromAfar.value = { place };
}

/** @param {string} place @param {ServerDraft} told @param {number} waitMs */
function hold(place, told, waitMs) {
  if (!held.has(place))
    setTimeout(() => {
      const last = held.get(place);
      held.delete(place);
      if (last) draftChanged(last);
    }, waitMs);
  held.set(place, told);
}

async function tellAll() {
  clearTimeout(timer);
  await meeting; // a text that was left is not told over the other one
  if (!isLive()) return;
  const untold = [...drafts].filter(([, draft]) => !draft.isTold);
  const waits = await Promise.all(untold.map(([place]) => tell(place)));
  const againMs = Math.max(0, ...waits);
  if (againMs === 0) return;
  clearTimeout(timer);
  timer = setTimeout(tellAll, againMs);
}

/** @param {string} place @returns {Promise<number>} when to tell again, in ms; 0: not at all */
async function tell(place) {
  const [room_id = "", thread_id] = place.split("/");
  set(place, telling(known(place)));
  try {
    const answer = await ask("draft:set", { room_id, thread_id, ...next(known(place)) });
    set(place, heard(known(place), answer));
    return known(place).isTold ? 0 : TELL_MS;
  } catch (thrown) {
    const error = errorOf(thrown);
    if (!error.temporary) set(place, { ...known(place), isTold: true }); // it stays on this device
    return error.temporary && error.code !== "no_answer" ? AGAIN_MS : 0;
  }
}

/** @param {string} place @returns {Draft} */
function known(place) {
  const draft = drafts.get(place) ?? stored(place);
  drafts.set(place, draft);
  return draft;
}

/** @param {string} place @returns {Draft} */
function stored(place) {
  const text = kept(PREFIX + place) ?? "";
  const told = kept(TOLD_PREFIX + place) ?? UNTOLD;
  const isTold = text === "" || !told.endsWith(UNTOLD);
  return { ...noDraft(), text, version: Number.parseInt(told, 10) || 0, isTold };
}

/** @param {string} place @param {Draft} draft */
function set(place, draft) {
  drafts.set(place, draft);
  const isBlank = draft.text.trim() === "";
  keep(PREFIX + place, isBlank ? "" : draft.text);
  keep(TOLD_PREFIX + place, isBlank ? "" : `${draft.version}${draft.isTold ? "" : UNTOLD}`);
  if (draftRooms.value.has(place) !== isBlank) return;
  const places = new Set(draftRooms.value);
  if (isBlank) places.delete(place);
  else places.add(place);
  draftRooms.value = places;
}

/** @param {Pick<ServerDraft, "room_id" | "thread_id">} of */
function placeOf({ room_id: roomId, thread_id: threadId }) {
  return threadId === undefined ? roomId : `${roomId}/${threadId}`;
}
